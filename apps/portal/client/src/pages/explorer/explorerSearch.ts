import { readText } from "@/components/table/tableSearch";

/** What the explorer keeps in the address. */
export type ExplorerSearch = {
  /** The kind shown, as `plural.version.group`. */
  kind?: string | undefined;
  q?: string | undefined;
  sort?: string | undefined;
  hide?: string | undefined;
  show?: string | undefined;
  open?: string | undefined;
};

export function validateExplorerSearch(search: { [key: string]: unknown }): ExplorerSearch {
  return {
    kind: readText(search["kind"]),
    q: readText(search["q"]),
    sort: readText(search["sort"]),
    hide: readText(search["hide"]),
    show: readText(search["show"]),
    open: readText(search["open"]),
  };
}

export type KindName = { group: string; version: string; plural: string };

/** As kubectl writes a kind in full; the group may be empty. */
export function formatKind({ group, version, plural }: KindName): string {
  return `${plural}.${version}.${group}`;
}

export function parseKind(text: string | undefined): KindName | null {
  const [, plural, version, group] = /^([^.]+)\.([^.]+)\.(.*)$/.exec(text ?? "") ?? [];
  if (plural === undefined || version === undefined || group === undefined) return null;
  return { group, version, plural };
}
