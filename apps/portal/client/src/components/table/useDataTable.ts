import {
  type ColumnDef,
  functionalUpdate,
  type RowSelectionState,
  useTable,
} from "@tanstack/react-table";
import { useMemo, useState } from "react";
import { useNamespace } from "@/components/shell/useNamespace";
import { type Features, features, type TableRow } from "./features";
import {
  type FacetKey,
  formatSort,
  formatVisibility,
  parseList,
  readVisibility,
} from "./tableSearch";
import type { TableSearchState } from "./useTableSearch";

const NAMESPACE_COLUMN = "namespace";

export type FacetConfig = { key: FacetKey; column: string };

type Options<Row extends TableRow> = {
  rows: Row[];
  // The helper's columns carry each accessor's own value type, which no single type names.
  columns: ColumnDef<Features, Row>[];
  state: TableSearchState;
  facets: readonly FacetConfig[];
  /** The rows come sorted and filtered. */
  isArranged?: boolean;
};

/** A table whose sorting, filters and columns live in the address and whose selection does not. */
export function useDataTable<Row extends TableRow>(options: Options<Row>) {
  const { rows, columns, state, facets, isArranged = false } = options;
  const [namespace] = useNamespace();
  // In one namespace, a column that says which one would only take room.
  const shown = useMemo(
    () => (namespace === null ? columns : columns.filter(({ id }) => id !== NAMESPACE_COLUMN)),
    [columns, namespace],
  );
  const [chosen, setChosen] = useState<RowSelectionState>({});
  const { search, set, sorting } = state;
  const { hide, show } = search;
  const extra = useMemo(
    () => columns.flatMap(({ id, meta }) => (meta?.extra && id ? [id] : [])),
    [columns],
  );
  const visibility = useMemo(() => readVisibility({ hide, show }, extra), [hide, show, extra]);
  const columnFilters = useMemo(
    () =>
      facets.flatMap(({ key, column }) => {
        const value = parseList(search[key]);
        return value.length > 0 ? [{ id: column, value }] : [];
      }),
    [facets, search],
  );
  // Something selected may be deleted by someone else; it must not linger in a bulk action.
  const rowSelection = useMemo(() => keepExisting(chosen, rows), [chosen, rows]);
  return useTable({
    features,
    data: rows,
    columns: shown,
    getRowId: (row) => row.id,
    globalFilterFn: "includesString",
    getColumnCanGlobalFilter: (column) => column.accessorFn !== undefined,
    manualSorting: isArranged,
    manualFiltering: isArranged,
    enableSortingRemoval: false,
    sortDescFirst: false,
    state: {
      sorting,
      columnFilters,
      rowSelection,
      columnVisibility: visibility,
      globalFilter: search.q ?? "",
    },
    onSortingChange: (updater) => set({ sort: formatSort(functionalUpdate(updater, sorting)) }),
    onRowSelectionChange: setChosen,
    onColumnVisibilityChange: (updater) => {
      set(formatVisibility(functionalUpdate(updater, visibility), extra));
    },
  });
}

function keepExisting<Row extends TableRow>(chosen: RowSelectionState, rows: readonly Row[]) {
  const ids = Object.keys(chosen);
  if (ids.length === 0) return chosen;
  const existing = new Set(rows.map((row) => row.id));
  if (ids.every((id) => existing.has(id))) return chosen;
  const kept: RowSelectionState = {};
  for (const id of ids) if (existing.has(id)) kept[id] = true;
  return kept;
}
