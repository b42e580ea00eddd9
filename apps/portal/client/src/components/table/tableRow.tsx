import type { Row } from "@tanstack/react-table";
import { type MouseEvent, memo, type ReactNode, useLayoutEffect, useRef } from "react";
import { Checkbox } from "@/components/ui/checkbox";
import { Skeleton } from "@/components/ui/skeleton";
import { cn } from "@/lib/cn";
import { appear } from "@/lib/flash";
import { bodyCellClass, cellClass } from "./columnClasses";
import type { DataTableInstance } from "./dataTable";
import type { ColumnMeta, Features, TableRow } from "./features";

export const ROW_HEIGHT = 48;

type Props<Data extends TableRow> = {
  row: Row<Features, Data>;
  index: number;
  table: DataTableInstance<Data>;
  /** The visible columns; another text means another set of cells. */
  columnKey: string;
  selectable: boolean;
  selected: boolean;
  open: boolean;
  onOpen: (id: string) => void;
  label: string;
  extraClass: string | undefined;
  isFresh: (id: string) => boolean;
};

/** A click on a control in the row, or one that ends a text selection, is not for the row. */
function isForRow(event: MouseEvent): boolean {
  if (!(event.target instanceof Element)) return false;
  if (event.target.closest("a,button,input,[role=checkbox]")) return false;
  return getSelection()?.isCollapsed !== false;
}

function BodyRow<Data extends TableRow>(props: Props<Data>) {
  const { row, index, table, selectable, selected, open, onOpen, label, isFresh } = props;
  const element = useRef<HTMLTableRowElement>(null);
  useLayoutEffect(() => {
    if (isFresh(row.id)) appear(element.current);
  }, [row.id, isFresh]);
  return (
    <tr
      ref={element}
      data-index={index}
      data-testid={`row-${row.id}`}
      data-state={selected ? "selected" : undefined}
      aria-rowindex={index + 2}
      style={{ height: ROW_HEIGHT }}
      onClick={(event) => {
        if (isForRow(event)) onOpen(row.id);
      }}
      className={cn(
        "cursor-pointer hover:[&>td]:bg-accent/60",
        selected && "[&>td]:bg-primary/8",
        open && "[&>td]:bg-accent",
        props.extraClass,
      )}
    >
      {selectable ? (
        <td className={cn(cellClass, "pr-0 pl-4")}>
          <Checkbox
            aria-label={`Select ${label}`}
            checked={selected}
            onClick={row.getToggleSelectedHandler()}
          />
        </td>
      ) : null}
      <Cells row={row} table={table} columnKey={props.columnKey} />
    </tr>
  );
}

type CellsProps<Data extends TableRow> = Pick<Props<Data>, "row" | "table" | "columnKey">;

function BodyCells<Data extends TableRow>({ row, table }: CellsProps<Data>): ReactNode {
  return row.getVisibleCells().map((cell) => {
    const meta: ColumnMeta | undefined = cell.column.columnDef.meta;
    return (
      <td key={cell.id} className={meta ? bodyCellClass(meta) : cellClass}>
        <table.FlexRender cell={cell} />
      </td>
    );
  });
}

// A new row on top moves all others on by one: their lines learn their number, their cells stay as they are.
const Cells = memo(
  BodyCells,
  (a, b) => a.row.original === b.row.original && a.columnKey === b.columnKey,
) as typeof BodyCells;

/** The place of a row that is on its way. */
export function BlankRow({ index, cells }: { index: number; cells: number }) {
  return (
    <tr data-testid="blank-row" aria-rowindex={index + 2} style={{ height: ROW_HEIGHT }}>
      <td colSpan={cells} className={cellClass}>
        <span className="sr-only">Loading</span>
        <Skeleton className="h-3 w-2/5" />
      </td>
    </tr>
  );
}

// Row instances are rebuilt on every change of the data; the object behind an unchanged row is not.
export const TableBodyRow = memo(
  BodyRow,
  (a, b) =>
    a.row.original === b.row.original &&
    a.index === b.index &&
    a.columnKey === b.columnKey &&
    a.selected === b.selected &&
    a.open === b.open &&
    a.extraClass === b.extraClass,
) as typeof BodyRow;
