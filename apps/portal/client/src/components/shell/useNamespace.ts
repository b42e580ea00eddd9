import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";

/** What the page shows: one namespace, several, or all. It is kept in the address. */
export type NamespaceScope = {
  /** The chosen ones, sorted; empty stands for all. */
  readonly names: readonly string[];
  /** The same as the hooks of live lists take it. */
  readonly watched: string | readonly string[] | null;
  /** The only one, where there is one; `null` otherwise. */
  readonly sole: string | null;
  readonly label: string;
  readonly set: (names: readonly string[]) => void;
};

export function useNamespaceScope(): NamespaceScope {
  const { ns } = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = useCallback(
    (names: readonly string[]) => {
      void navigate({
        to: ".",
        // What was open belonged to the namespaces that were left.
        search: (previous) => ({
          ...previous,
          ns: [...new Set(names)].sort().join(",") || undefined,
          open: undefined,
        }),
      });
    },
    [navigate],
  );
  return useMemo(() => {
    const names = (ns ?? "").split(",").filter(Boolean);
    const [sole = null] = names.length === 1 ? names : [];
    const watched = names.length === 0 ? null : (sole ?? names);
    const label = sole ?? (names.length === 0 ? "All namespaces" : `${names.length} namespaces`);
    return { names, watched, sole, label, set };
  }, [ns, set]);
}

/** The one namespace that the page shows, and how to change it; `null` for several and for all. */
export function useNamespace(): [string | null, (namespace: string | null) => void] {
  const { sole, set } = useNamespaceScope();
  const setSole = useCallback(
    (namespace: string | null) => set(namespace === null ? [] : [namespace]),
    [set],
  );
  return [sole, setSole];
}
