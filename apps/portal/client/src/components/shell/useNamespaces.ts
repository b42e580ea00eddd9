import type { Namespace } from "@portal/shared";
import { useNamespaceWatchList } from "@portal/shared/hooks";

/** The names of the namespaces the user may see; none where listing them is not permitted. */
export function useNamespaces(): readonly string[] {
  return useNamespaceWatchList({ select: names }).data;
}

function names(namespaces: readonly Namespace[]): string[] {
  return namespaces.map(({ metadata }) => metadata.name ?? "").sort();
}
