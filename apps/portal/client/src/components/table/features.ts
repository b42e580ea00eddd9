import {
  columnFilteringFeature,
  columnVisibilityFeature,
  constructFilterFn,
  createColumnHelper,
  createFilteredRowModel,
  createSortedRowModel,
  filterFn_includesString,
  globalFilteringFeature,
  metaHelper,
  type RowData,
  rowSelectionFeature,
  rowSortingFeature,
  sortFn_alphanumeric,
  sortFn_basic,
  tableFeatures,
} from "@tanstack/react-table";

export type ColumnMeta = {
  /** What the column is called in its header, in menus and for screen readers. */
  label: string;
  /** Fixed width in pixels; columns without one share what is left. */
  width?: number;
  /** The narrowest table that still shows the column. */
  from?: "sm" | "md" | "lg" | "xl" | "2xl";
  align?: "end";
  /** Offered in the menu of columns, and not shown until it is chosen there. */
  extra?: true;
  /** On a narrow screen the column shrinks to its icon. */
  iconWhenNarrow?: true;
  /** On a narrow screen the column's buttons are icons, and it takes less. */
  iconsWhenNarrow?: true;
};

/** Keeps rows whose value is among the chosen ones. */
const oneOf = constructFilterFn({
  filter: (value: unknown, chosen: readonly unknown[]) => chosen.includes(value),
});

/** The parts of TanStack Table that the portal's tables use; the rest stays out of the bundle. */
export const features = tableFeatures({
  rowSortingFeature,
  columnFilteringFeature,
  globalFilteringFeature,
  columnVisibilityFeature,
  rowSelectionFeature,
  filteredRowModel: createFilteredRowModel(),
  sortedRowModel: createSortedRowModel(),
  filterFns: { includesString: filterFn_includesString, oneOf },
  sortFns: { alphanumeric: sortFn_alphanumeric, basic: sortFn_basic },
  columnMeta: metaHelper<ColumnMeta>(),
});

export type Features = typeof features;

/** A table's line: it has an identity that outlives sorting, filtering and updates. */
export type TableRow = RowData & { id: string };

export function columnsFor<Row extends TableRow>() {
  return createColumnHelper<Features, Row>();
}
