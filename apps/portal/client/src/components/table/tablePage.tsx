import type { ColumnDef } from "@tanstack/react-table";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { PageHeader, TableFrame } from "@/components/page";
import type { DataTableInstance } from "./dataTable";
import type { Features, TableRow } from "./features";
import { type ListState, LiveTable } from "./liveTable";
import { TableToolbar, type ToolbarFacet } from "./tableToolbar";
import { type FacetConfig, useDataTable } from "./useDataTable";
import { type TableSearchState, useTableSearch } from "./useTableSearch";

/** What a page that is one big live table is made of. */
export type TablePageProps<Row extends TableRow> = {
  title: string;
  description: string;
  /** What the rows are, in the plural: "pods". */
  noun: string;
  list: ListState;
  rows: Row[];
  // The helper's columns carry each accessor's own value type, which no single type names.
  columns: ColumnDef<Features, Row>[];
  /** Columns to sort by at first, as in the address. */
  sort: string;
  facets?: readonly (ToolbarFacet & FacetConfig)[];
  empty: { icon: LucideIcon; title: string; text: string; action?: ReactNode };
  rowLabel: (row: Row) => string;
  rowClass?: (row: Row) => string | undefined;
  /** What a click on a row does; without it, the row's details open beside the table. */
  onOpen?: (id: string) => void;
  /** Buttons beside the heading. */
  actions?: ReactNode;
  /** Rows can be chosen; what is shown in the toolbar while some are. */
  selection?: (table: DataTableInstance<Row>) => ReactNode;
  /** The opened row's details, and dialogs. */
  children?: (opened: { row: Row | undefined; state: TableSearchState }) => ReactNode;
};

const none: readonly (ToolbarFacet & FacetConfig)[] = [];

/** A page that is one big live table, with the opened row's details beside it. */
export function TablePage<Row extends TableRow>(props: TablePageProps<Row>) {
  const { list, rows, noun, facets = none, selection } = props;
  const state = useTableSearch(props.sort);
  const table = useDataTable({ rows, columns: props.columns, state, facets });
  return (
    <>
      <PageHeader title={props.title} description={props.description}>
        {props.actions}
      </PageHeader>
      <TableFrame
        toolbar={
          <TableToolbar
            table={table}
            state={state}
            list={list}
            noun={noun}
            total={rows.length}
            facets={facets}
          >
            {selection?.(table)}
          </TableToolbar>
        }
      >
        <LiveTable
          list={list}
          table={table}
          state={state}
          noun={noun}
          total={rows.length}
          rowLabel={props.rowLabel}
          empty={props.empty}
          {...(props.rowClass ? { rowClass: props.rowClass } : {})}
          {...(props.onOpen ? { onOpen: props.onOpen } : {})}
          {...(selection ? { selectable: true } : {})}
        />
      </TableFrame>
      {props.children?.({ row: rows.find((row) => row.id === state.search.open), state })}
    </>
  );
}
