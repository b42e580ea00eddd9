import {
  useCDPipelineWatchList,
  useCodebaseBranchWatchList,
  useCodebaseWatchList,
  usePipelineRunsRowsView,
} from "@portal/shared/hooks";
import type { NavigateOptions } from "@tanstack/react-router";
import { GitBranch, type LucideIcon, Package, Rocket, Workflow } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { useNamespaceScope } from "@/components/shell/useNamespace";
import { inNamespaces } from "@/components/table/rowWindow";

const MOST = 12;
const SETTLE = 150;

export type Found = {
  key: string;
  kind: string;
  name: string;
  namespace: string;
  icon: LucideIcon;
  target: NavigateOptions;
};

type Named = {
  readonly metadata: { readonly name?: string; readonly namespace?: string | null };
};
type Source = {
  kind: string;
  icon: LucideIcon;
  items: readonly Named[];
  target: (namespace: string, name: string) => NavigateOptions;
};

/** Objects whose name holds the text, from live lists that are shared with the pages. */
export function useSearchResults(text: string): readonly Found[] {
  const { watched: namespace, names } = useNamespaceScope();
  const wanted = text.trim().toLowerCase();
  const enabled = wanted.length > 1;
  const codebases = useCodebaseWatchList({ namespace, enabled }).items;
  const pipelines = useCDPipelineWatchList({ namespace, enabled }).items;
  const branches = useCodebaseBranchWatchList({ namespace, enabled }).items;
  // Of runs there may be thousands: the server finds those that are meant, by their name alone.
  const { filters, ...place } = inNamespaces(names);
  const settled = useSettled(wanted);
  const named = { field: "metadata.name", operator: "contains", value: settled } as const;
  const runs = usePipelineRunsRowsView({
    ...place,
    enabled: settled.length > 1,
    filters: [...filters, named],
    sort: ["-started"],
    limit: MOST,
  }).rows;
  return useMemo(() => {
    if (!enabled) return [];
    const sources: readonly Source[] = [
      { kind: "Codebase", icon: Package, items: codebases, target: opened("/codebases") },
      { kind: "CD pipeline", icon: Rocket, items: pipelines, target: opened("/deployments") },
      { kind: "Branch", icon: GitBranch, items: branches, target: opened("/branches") },
      {
        kind: "Run",
        icon: Workflow,
        items: runs,
        target: (namespace, name) => ({
          to: "/pipelines/$namespace/$name",
          params: { namespace, name },
        }),
      },
    ];
    return sources.flatMap((source) => findIn(source, wanted)).slice(0, MOST);
  }, [enabled, wanted, codebases, pipelines, branches, runs]);
}

/** A text as it was before the last keystrokes: each one is a question to the server. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), SETTLE);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

function opened(to: "/codebases" | "/deployments" | "/branches") {
  return (namespace: string, name: string): NavigateOptions => ({
    to,
    search: { open: `${namespace}/${name}` },
  });
}

function findIn({ kind, icon, items, target }: Source, wanted: string): Found[] {
  const found: Found[] = [];
  for (const { metadata } of items) {
    const { name = "", namespace } = metadata;
    if (!name.includes(wanted)) continue;
    const place = namespace ?? "";
    const key = `${kind} ${place}/${name}`;
    found.push({ key, kind, name, namespace: place, icon, target: target(place, name) });
    if (found.length === MOST) break;
  }
  return found;
}
