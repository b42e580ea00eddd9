import type { ViewFilter, ViewOptions } from "@fairlead/react";
import type { SortingState } from "@tanstack/react-table";
import { parseList, type TableSearch } from "./tableSearch";

/** Rows are asked for in spans that begin at a multiple of this, with as many again on either side. */
const SPAN = 50;
const WINDOW_ROWS = 3 * SPAN;

// What changes at once is shown at once; of a hundred changes a second no eye follows more than this.
const FRAMES = 10;

/** The part of a long table that is here: the server counts, sorts and cuts. */
export type RowWindow = {
  /** Where the first of the rows stands in the whole. */
  readonly offset: number;
  /** How many rows fit the filters. */
  readonly total: number;
  /** The same text as long as rows come and go by themselves, not because another part was asked for. */
  readonly key: string;
  readonly onRange: (first: number) => void;
};

/** The beginning of the span to ask for when the row `first` is the topmost to be seen. */
export function spanFor(first: number): number {
  return Math.max(0, (Math.floor(first / SPAN) - 1) * SPAN);
}

export type WindowFacet = { key: "status" | "type"; column: string };

/** What one page shows: the row's field behind a column, where it has another name, and what it can be narrowed by. */
export type WindowFields = {
  readonly fields: { readonly [column: string]: string };
  readonly facets: readonly WindowFacet[];
};

type Asked = WindowFields & {
  search: TableSearch;
  sorting: SortingState;
  names: readonly string[];
};

function oneOf(field: string, value: readonly string[]): ViewFilter {
  return { field, operator: "in", value };
}

/** The rows of some namespaces, or of all where none is named. */
export function inNamespaces(names: readonly string[]): {
  namespace: string | null;
  filters: readonly ViewFilter[];
} {
  const [sole = null, ...others] = names;
  return others.length === 0
    ? { namespace: sole, filters: [] }
    : { namespace: null, filters: [oneOf("metadata.namespace", names)] };
}

/** What the address says, as the server's views are asked. */
export function toQuery({
  search,
  sorting,
  fields,
  facets,
  names,
}: Asked): Pick<ViewOptions, "namespace" | "filters" | "search" | "sort" | "facets"> {
  const fieldOf = (column: string) => fields[column] ?? column;
  const chosen = facets.flatMap(({ key, column }) => {
    const value = parseList(search[key]);
    return value.length > 0 ? [oneOf(fieldOf(column), value)] : [];
  });
  const { namespace, filters } = inNamespaces(names);
  return {
    namespace,
    search: search.q ?? null,
    sort: sorting.map(({ id, desc }) => `${desc ? "-" : ""}${fieldOf(id)}`),
    facets: facets.map(({ column }) => ({ by: [fieldOf(column)] })),
    filters: [...filters, ...chosen],
  };
}

/** The rows from `offset` on. */
export function windowFrom(offset: number, asked: Asked): ViewOptions {
  return { ...toQuery(asked), offset, limit: WINDOW_ROWS, maxFramesPerSecond: FRAMES };
}
