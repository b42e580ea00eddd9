import type { Header, ReactTable, Row, TableState } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react";
import {
  type KeyboardEvent,
  memo,
  type ReactNode,
  useEffect,
  useLayoutEffect,
  useRef,
} from "react";
import { Checkbox } from "@/components/ui/checkbox";
import { cn } from "@/lib/cn";
import { flash } from "@/lib/flash";
import type { ColumnMeta, Features, TableRow } from "./features";

export const ROW_HEIGHT = 48;
// Below this, all rows are in the document: the browser's own search then finds them.
const VIRTUAL_FROM = 120;

const fromClass = {
  sm: "hidden @lg:table-cell",
  md: "hidden @2xl:table-cell",
  lg: "hidden @4xl:table-cell",
  xl: "hidden @6xl:table-cell",
};
const colClass = {
  sm: "hidden @lg:table-column",
  md: "hidden @2xl:table-column",
  lg: "hidden @4xl:table-column",
  xl: "hidden @6xl:table-column",
};

export type DataTableInstance<Data extends TableRow> = ReactTable<
  Features,
  Data,
  TableState<Features>
>;

type Props<Data extends TableRow> = {
  table: DataTableInstance<Data>;
  label: string;
  selectable?: boolean;
  openId: string | undefined;
  onOpen: (id: string) => void;
  /** Names a row for the selection box. */
  rowLabel: (row: Data) => string;
  rowClass?: (row: Data) => string | undefined;
  footer?: ReactNode;
};

/** A sortable, selectable table that draws only the rows in view once there are many. */
export function DataTable<Data extends TableRow>(props: Props<Data>) {
  const { table, label, selectable = false, openId, onOpen, rowLabel, rowClass } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const isFresh = useFreshness(table);
  const rows = table.getRowModel().rows;
  const virtual = rows.length > VIRTUAL_FROM;
  const virtualizer = useVirtualizer({
    count: rows.length,
    enabled: virtual,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 12,
  });
  const items = virtual ? virtualizer.getVirtualItems() : null;
  const shown = items
    ? items.flatMap(({ index }) => {
        const row = rows[index];
        return row ? [{ row, index }] : [];
      })
    : rows.map((row, index) => ({ row, index }));
  const before = items?.[0]?.start ?? 0;
  const after = items ? virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0) : 0;
  const columnKey = table
    .getVisibleLeafColumns()
    .map((column) => column.id)
    .join();

  const moveFocus = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const current = (event.target as HTMLElement).closest("tr")?.dataset["index"];
    if (step === 0 || current === undefined || !scroller.current) return;
    const next = Number(current) + step;
    if (next < 0 || next >= rows.length) return;
    event.preventDefault();
    if (virtual) virtualizer.scrollToIndex(next);
    // The next row may have to be drawn first.
    requestAnimationFrame(() => {
      scroller.current
        ?.querySelector<HTMLElement>(`tr[data-index="${next}"] [data-row-link]`)
        ?.focus();
    });
  };

  return (
    <div
      ref={scroller}
      className="scroll-thin @container min-h-0 flex-1 overflow-auto overscroll-contain"
    >
      <table
        aria-label={label}
        aria-rowcount={rows.length + 1}
        className="w-full table-fixed border-separate border-spacing-0 text-[13px]"
      >
        <colgroup>
          {selectable ? <col style={{ width: 44 }} /> : null}
          {table.getVisibleLeafColumns().map((column) => {
            const meta = column.columnDef.meta;
            return (
              <col
                key={column.id}
                className={cn(
                  meta?.from && colClass[meta.from],
                  meta?.iconWhenNarrow && "@max-lg:w-12!",
                )}
                style={meta?.width === undefined ? undefined : { width: meta.width }}
              />
            );
          })}
        </colgroup>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} aria-rowindex={1}>
              {selectable ? (
                <th scope="col" className={cn(headClass, "pr-0 pl-4")}>
                  <Checkbox
                    aria-label="Select all rows"
                    checked={
                      table.getIsAllRowsSelected()
                        ? true
                        : table.getIsSomeRowsSelected()
                          ? "indeterminate"
                          : false
                    }
                    onCheckedChange={(checked) => table.toggleAllRowsSelected(checked === true)}
                  />
                </th>
              ) : null}
              {group.headers.map((header) => (
                <HeaderCell key={header.id} header={header} />
              ))}
            </tr>
          ))}
        </thead>
        <tbody onKeyDown={moveFocus}>
          <Spacer height={before} />
          {shown.map(({ row, index }) => (
            <MemoRow
              key={row.id}
              row={row}
              index={index}
              table={table}
              columnKey={columnKey}
              selectable={selectable}
              selected={row.getIsSelected()}
              open={row.id === openId}
              onOpen={onOpen}
              label={rowLabel(row.original)}
              extraClass={rowClass?.(row.original)}
              isFresh={isFresh}
            />
          ))}
          <Spacer height={after} />
        </tbody>
      </table>
      {props.footer}
    </div>
  );
}

const headClass =
  "sticky top-0 z-10 h-9 border-b bg-card px-3 text-left text-xs font-medium text-muted-foreground first:pl-4 last:pr-4";

function Spacer({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: an empty spacer row holds nothing to focus.
    <tr aria-hidden="true">
      <td style={{ height, padding: 0 }} />
    </tr>
  );
}

function HeaderCell<Data extends TableRow>({ header }: { header: Header<Features, Data> }) {
  const { column } = header;
  const meta: ColumnMeta | undefined = column.columnDef.meta;
  const label = meta?.label ?? column.id;
  const sorted = column.getIsSorted();
  const Arrow = sorted === "asc" ? ArrowUp : sorted === "desc" ? ArrowDown : ChevronsUpDown;
  return (
    <th
      scope="col"
      aria-sort={sorted === "asc" ? "ascending" : sorted === "desc" ? "descending" : undefined}
      className={cn(
        headClass,
        meta?.from && fromClass[meta.from],
        meta?.align === "end" && "text-right",
      )}
    >
      {column.getCanSort() ? (
        <button
          type="button"
          onClick={column.getToggleSortingHandler()}
          className={cn(
            meta?.align === "end" && "flex-row-reverse",
            "group/sort -mx-1.5 inline-flex h-7 max-w-full items-center gap-1 rounded px-1.5 hover:bg-accent hover:text-foreground",
            sorted && "text-foreground",
          )}
        >
          <span className={cn("truncate", meta?.iconWhenNarrow && "@max-lg:sr-only")}>{label}</span>
          <Arrow
            className={cn(
              "size-3.5 shrink-0",
              !sorted &&
                "opacity-0 group-hover/sort:opacity-60 group-focus-visible/sort:opacity-60",
            )}
          />
        </button>
      ) : (
        <span className={meta ? undefined : "sr-only"}>{label}</span>
      )}
    </th>
  );
}

type RowProps<Data extends TableRow> = {
  row: Row<Features, Data>;
  index: number;
  table: DataTableInstance<Data>;
  columnKey: string;
  selectable: boolean;
  selected: boolean;
  open: boolean;
  onOpen: (id: string) => void;
  label: string;
  extraClass: string | undefined;
  isFresh: (id: string) => boolean;
};

function BodyRow<Data extends TableRow>(props: RowProps<Data>) {
  const { row, index, table, selectable, selected, open, onOpen, label, isFresh } = props;
  const element = useRef<HTMLTableRowElement>(null);
  useLayoutEffect(() => {
    if (isFresh(row.id)) flash(element.current);
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
        // A click on a control in the row, or one that ends a text selection, is not for the row.
        if ((event.target as HTMLElement).closest("a,button,input,[role=checkbox]")) return;
        if (getSelection()?.isCollapsed === false) return;
        onOpen(row.id);
      }}
      className={cn(
        "group/row cursor-pointer hover:[&>td]:bg-accent/60",
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
      {row.getVisibleCells().map((cell) => {
        const meta: ColumnMeta | undefined = cell.column.columnDef.meta;
        return (
          <td
            key={cell.id}
            className={cn(
              cellClass,
              meta?.from && fromClass[meta.from],
              meta?.align === "end" && "text-right tabular-nums",
            )}
          >
            <table.FlexRender cell={cell} />
          </td>
        );
      })}
    </tr>
  );
}

const cellClass = "h-12 truncate border-b px-3 first:pl-4 last:pr-4";

// Row instances are rebuilt on every change of the data; the object behind an unchanged row is not.
const MemoRow = memo(
  BodyRow,
  (a, b) =>
    a.row.original === b.row.original &&
    a.index === b.index &&
    a.columnKey === b.columnKey &&
    a.selected === b.selected &&
    a.open === b.open &&
    a.extraClass === b.extraClass &&
    a.table === b.table,
) as typeof BodyRow;

/** Tells rows that appeared while the table was open from those it started with or scrolled to. */
function useFreshness<Data extends TableRow>(table: DataTableInstance<Data>) {
  const known = useRef<Set<string> | null>(null);
  const isFresh = useRef((id: string) => known.current !== null && !known.current.has(id));
  const data = table.getCoreRowModel().rows;
  useEffect(() => {
    known.current = new Set(data.map((row) => row.id));
  }, [data]);
  return isFresh.current;
}
