import type { SortingState } from "@tanstack/react-table";

/** What a table keeps in the address: the view can be linked, reloaded and gone back to. */
export type TableSearch = {
  q?: string | undefined;
  /** Column names in order of weight; a leading dash sorts downwards. */
  sort?: string | undefined;
  /** The columns not shown. */
  hide?: string | undefined;
  /** The columns shown that are not shown at first. */
  show?: string | undefined;
  status?: string | undefined;
  type?: string | undefined;
  /** The row whose details are shown, as `namespace/name`. */
  open?: string | undefined;
  /** The tab of the details. */
  tab?: string | undefined;
  create?: true | undefined;
};

/** Reads one text out of an address; the router has turned `?q=123` into a number. */
export function readText(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Reads what it knows; a mangled address shows the table as if that part were not there. */
export function validateTableSearch(search: { [key: string]: unknown }): TableSearch {
  return {
    q: readText(search["q"]),
    sort: readText(search["sort"]),
    hide: readText(search["hide"]),
    show: readText(search["show"]),
    status: readText(search["status"]),
    type: readText(search["type"]),
    open: readText(search["open"]),
    tab: readText(search["tab"]),
    create: search["create"] === true ? true : undefined,
  };
}

export type FacetKey = "status" | "type";

export function parseSort(sort: string | undefined): SortingState {
  if (!sort) return [];
  return sort.split(",").map((part) => ({
    id: part.replace(/^-/, ""),
    desc: part.startsWith("-"),
  }));
}

export function formatSort(sorting: SortingState): string | undefined {
  return sorting.map(({ id, desc }) => (desc ? `-${id}` : id)).join(",") || undefined;
}

/** The columns whose visibility the address, or the column itself, says. `extra` are those not shown at first. */
export function readVisibility(
  { hide, show }: Pick<TableSearch, "hide" | "show">,
  extra: readonly string[],
): { [column: string]: boolean } {
  const shown = new Set(parseList(show));
  const hidden = [...parseList(hide), ...extra.filter((id) => !shown.has(id))];
  return Object.fromEntries(hidden.map((id) => [id, false]));
}

/** The same as the address keeps it. */
export function formatVisibility(
  visibility: { readonly [column: string]: boolean },
  extra: readonly string[],
): Pick<TableSearch, "hide" | "show"> {
  const hidden = Object.keys(visibility).filter((id) => visibility[id] === false);
  return {
    hide: hidden.filter((id) => !extra.includes(id)).join(",") || undefined,
    show: extra.filter((id) => !hidden.includes(id)).join(",") || undefined,
  };
}

export function parseList(value: string | undefined): string[] {
  return value ? value.split(",").filter(Boolean) : [];
}
