import type { Header } from "@tanstack/react-table";
import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react";
import { Checkbox } from "@/components/ui/checkbox";
import { cn } from "@/lib/cn";
import { cellClasses, columnClasses, headClass } from "./columnClasses";
import type { DataTableInstance } from "./dataTable";
import type { ColumnMeta, Features, TableRow } from "./features";

type Props<Data extends TableRow> = { table: DataTableInstance<Data>; selectable: boolean };

/** The widths: fixed ones as the columns say, what is left shared by the others. */
export function TableColumns<Data extends TableRow>({ table, selectable }: Props<Data>) {
  return (
    <colgroup>
      {selectable ? <col style={{ width: 44 }} /> : null}
      {table.getVisibleLeafColumns().map((column) => {
        const meta: ColumnMeta | undefined = column.columnDef.meta;
        const style = meta?.width === undefined ? undefined : { width: meta.width };
        return <col key={column.id} className={cn(columnClasses(meta))} style={style} />;
      })}
    </colgroup>
  );
}

export function TableHead<Data extends TableRow>({ table, selectable }: Props<Data>) {
  return (
    <thead>
      {table.getHeaderGroups().map((group) => (
        <tr key={group.id} aria-rowindex={1}>
          {selectable ? (
            <th scope="col" className={cn(headClass, "pr-0 pl-4")}>
              <SelectAll table={table} />
            </th>
          ) : null}
          {group.headers.map((header) => (
            <HeaderCell key={header.id} header={header} />
          ))}
        </tr>
      ))}
    </thead>
  );
}

function SelectAll<Data extends TableRow>({ table }: { table: DataTableInstance<Data> }) {
  const some = table.getIsSomeRowsSelected() ? "indeterminate" : false;
  return (
    <Checkbox
      aria-label="Select all rows"
      checked={table.getIsAllRowsSelected() ? true : some}
      onCheckedChange={(checked) => table.toggleAllRowsSelected(checked === true)}
    />
  );
}

const directions = {
  asc: { label: "ascending", icon: ArrowUp },
  desc: { label: "descending", icon: ArrowDown },
} as const;

function HeaderCell<Data extends TableRow>({ header }: { header: Header<Features, Data> }) {
  const { column } = header;
  const meta: ColumnMeta | undefined = column.columnDef.meta;
  const sorted = column.getIsSorted();
  const direction = sorted ? directions[sorted] : null;
  const Arrow = direction?.icon ?? ChevronsUpDown;
  return (
    <th scope="col" aria-sort={direction?.label} className={cn(headClass, cellClasses(meta))}>
      <button
        type="button"
        onClick={column.getToggleSortingHandler()}
        className={cn(
          "group/sort -mx-1.5 inline-flex h-7 max-w-full items-center gap-1 rounded px-1.5 hover:bg-accent hover:text-foreground",
          meta?.align === "end" && "flex-row-reverse",
          direction && "text-foreground",
        )}
      >
        <span className={cn("truncate", meta?.iconWhenNarrow && "@max-lg:sr-only")}>
          {meta?.label ?? column.id}
        </span>
        <Arrow
          className={cn(
            "size-3.5 shrink-0",
            !direction &&
              "opacity-0 group-hover/sort:opacity-60 group-focus-visible/sort:opacity-60",
          )}
        />
      </button>
    </th>
  );
}
