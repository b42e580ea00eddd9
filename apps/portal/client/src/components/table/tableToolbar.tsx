import type { ReactNode } from "react";
import type { DataTableInstance } from "./dataTable";
import type { TableRow } from "./features";
import type { ListState } from "./liveTable";
import type { FacetKey } from "./tableSearch";
import { ColumnMenu, FacetFilter, type FacetOption, RowCount, SearchField } from "./toolbar";
import type { TableSearchState } from "./useTableSearch";

export type ToolbarFacet = { key: FacetKey; label: string; options: readonly FacetOption[] };

/** Search, filters, what the page adds, the count and the columns: the line above every table. */
export function TableToolbar<Row extends TableRow>({
  table,
  state,
  list,
  noun,
  total,
  shown,
  facets,
  children,
}: {
  table: DataTableInstance<Row>;
  state: TableSearchState;
  list: ListState;
  /** What the rows are, in the plural. */
  noun: string;
  total: number;
  /** How many rows the filters leave; without it, those that the table has left. */
  shown?: number;
  facets: readonly ToolbarFacet[];
  children?: ReactNode;
}) {
  return (
    <>
      <SearchField
        label={`Search ${noun}`}
        value={state.search.q ?? ""}
        onChange={(q) => state.set({ q: q || undefined })}
      />
      {facets.map((facet) => (
        <FacetFilter
          key={facet.key}
          facet={facet.key}
          label={facet.label}
          options={facet.options}
          state={state}
        />
      ))}
      {children}
      <div className="ml-auto flex items-center gap-3">
        {list.status === "ready" ? (
          <RowCount shown={shown ?? table.getRowModel().rows.length} total={total} noun={noun} />
        ) : null}
        <ColumnMenu table={table} />
      </div>
    </>
  );
}
