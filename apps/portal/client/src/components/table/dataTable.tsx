import type { ReactTable, TableState } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type KeyboardEvent,
  type RefObject,
  useCallback,
  useEffect,
  useRef,
  useState,
} from "react";
import type { Features, TableRow } from "./features";
import type { RowWindow } from "./rowWindow";
import { TableColumns, TableHead } from "./tableHead";
import { BlankRow, ROW_HEIGHT, TableBodyRow } from "./tableRow";

// Below this, all rows are in the document: the browser's own search then finds them.
const VIRTUAL_FROM = 120;

// Drawn beyond what is seen, so that the next ones are there when they are scrolled to.
const OVERSCAN = 12;

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
  /** The table's rows are only a part of the whole. */
  window?: RowWindow | undefined;
};

/** A sortable, selectable table that draws only the rows in view once there are many. */
export function DataTable<Data extends TableRow>(props: Props<Data>) {
  const { table, label, selectable = false, openId, onOpen, rowLabel, rowClass } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const isFresh = useFreshness(table, props.window?.key ?? "");
  const { shown, before, after, count, scrollTo } = useShownRows(table, scroller, props.window);
  const columns = table.getVisibleLeafColumns();
  return (
    <div
      ref={scroller}
      className="scroll-thin @container min-h-0 flex-1 overflow-auto overscroll-contain"
    >
      <table
        aria-label={label}
        aria-rowcount={count + 1}
        className="w-full table-fixed border-separate border-spacing-0 text-[13px]"
      >
        <TableColumns table={table} selectable={selectable} />
        <TableHead table={table} selectable={selectable} />
        <tbody onKeyDown={(event) => moveFocus(event, { scroller, count, scrollTo })}>
          <Spacer height={before} />
          {shown.map(({ row, index }) =>
            row ? (
              <TableBodyRow
                key={row.id}
                row={row}
                index={index}
                table={table}
                columnKey={columns.map((column) => column.id).join()}
                selectable={selectable}
                selected={row.getIsSelected()}
                open={row.id === openId}
                onOpen={onOpen}
                label={rowLabel(row.original)}
                extraClass={rowClass?.(row.original)}
                isFresh={isFresh}
              />
            ) : (
              <BlankRow
                key={`blank ${index}`}
                index={index}
                cells={columns.length + (selectable ? 1 : 0)}
              />
            ),
          )}
          <Spacer height={after} />
        </tbody>
      </table>
    </div>
  );
}

/** The rows to draw, and how much room those above and below them take. */
function useShownRows<Data extends TableRow>(
  table: DataTableInstance<Data>,
  scroller: RefObject<HTMLDivElement | null>,
  window: RowWindow | undefined,
) {
  const rows = table.getRowModel().rows;
  const count = window?.total ?? rows.length;
  const offset = window?.offset ?? 0;
  const enabled = count > VIRTUAL_FROM;
  const isPainted = useIsPainted();
  const virtualizer = useVirtualizer({
    count,
    enabled,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => rows[index - offset]?.id ?? index,
    overscan: isPainted ? OVERSCAN : 0,
  });
  const items = enabled ? virtualizer.getVirtualItems() : [];
  const first = items[0]?.index ?? 0;
  const onRange = window?.onRange;
  useEffect(() => onRange?.(first), [onRange, first]);
  if (!enabled) {
    const shown = rows.map((row, index) => ({ row, index: index + offset }));
    return { shown, before: 0, after: 0, count, scrollTo: () => undefined };
  }
  return {
    shown: items.map(({ index }) => ({ row: rows[index - offset], index })),
    before: items[0]?.start ?? 0,
    after: virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0),
    count,
    scrollTo: (index: number) => virtualizer.scrollToIndex(index),
  };
}

/** Whether something was on the screen already: what is seen comes first, and what lies beyond it a frame later. */
function useIsPainted(): boolean {
  const [isPainted, setIsPainted] = useState(false);
  useEffect(() => {
    const frame = requestAnimationFrame(() => setIsPainted(true));
    return () => cancelAnimationFrame(frame);
  }, []);
  return isPainted;
}

type FocusContext = {
  scroller: RefObject<HTMLDivElement | null>;
  count: number;
  scrollTo: (index: number) => void;
};

/** Arrow keys walk from row to row, over those not drawn yet too. */
function moveFocus(event: KeyboardEvent, { scroller, count, scrollTo }: FocusContext): void {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (step === 0 || !(event.target instanceof Element)) return;
  const current = event.target.closest("tr")?.dataset["index"];
  const next = Number(current) + step;
  if (current === undefined || next < 0 || next >= count) return;
  event.preventDefault();
  scrollTo(next);
  // The next row may have to be drawn first.
  requestAnimationFrame(() => {
    const link = `tr[data-index="${next}"] [data-row-link]`;
    scroller.current?.querySelector<HTMLElement>(link)?.focus();
  });
}

function Spacer({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: an empty spacer row holds nothing to focus.
    <tr aria-hidden="true">
      <td style={{ height, padding: 0 }} />
    </tr>
  );
}

/** Tells rows that appeared while the table was open from those it started with or scrolled to. */
function useFreshness<Data extends TableRow>(table: DataTableInstance<Data>, windowKey: string) {
  const known = useRef<{ windowKey: string; ids: Set<string> } | null>(null);
  const data = table.getCoreRowModel().rows;
  useEffect(() => {
    known.current = { windowKey, ids: new Set(data.map((row) => row.id)) };
  }, [data, windowKey]);
  return useCallback(
    (id: string) => known.current?.windowKey === windowKey && !known.current.ids.has(id),
    [windowKey],
  );
}
