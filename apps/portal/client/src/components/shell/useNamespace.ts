import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

/** The namespace the page shows (`null`: all of them), kept in the address. */
export function useNamespace(): [string | null, (namespace: string | null) => void] {
  const { ns } = useSearch({ strict: false });
  const navigate = useNavigate();
  const setNamespace = useCallback(
    (namespace: string | null) => {
      void navigate({
        to: ".",
        // What was open belonged to the namespace that was left.
        search: (previous) => ({ ...previous, ns: namespace ?? undefined, open: undefined }),
      });
    },
    [navigate],
  );
  return [ns ?? null, setNamespace];
}
