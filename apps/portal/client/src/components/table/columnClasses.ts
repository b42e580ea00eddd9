import { cachedByObject } from "@/lib/cachedByObject";
import { cn } from "@/lib/cn";
import type { ColumnMeta } from "./features";

// Measured against the table itself, not the window: the sidebar may be open or folded.
const cellFrom = {
  sm: "hidden @lg:table-cell",
  md: "hidden @2xl:table-cell",
  lg: "hidden @4xl:table-cell",
  xl: "hidden @6xl:table-cell",
};
const columnFrom = {
  sm: "hidden @lg:table-column",
  md: "hidden @2xl:table-column",
  lg: "hidden @4xl:table-column",
  xl: "hidden @6xl:table-column",
};

export const headClass =
  "sticky top-0 z-10 h-9 border-b bg-card px-3 text-left text-xs font-medium text-muted-foreground first:pl-4 last:pr-4";
/** Of each cell of the body. */
export const cellClass = "h-12 truncate border-b px-3 first:pl-4 last:pr-4";

export function cellClasses(meta: ColumnMeta | undefined): (string | undefined)[] {
  return [meta?.from && cellFrom[meta.from], meta?.align === "end" ? "text-right" : undefined];
}

/** A column's cells of the body are all alike: joined once, not once for each of them. */
export const bodyCellClass = cachedByObject((meta: ColumnMeta): string =>
  cn(cellClass, cellClasses(meta), meta.align === "end" && "tabular-nums"),
);

export function columnClasses(meta: ColumnMeta | undefined): (string | undefined)[] {
  const narrow = meta?.iconWhenNarrow ? "@max-lg:w-12!" : "@max-lg:w-28!";
  return [
    meta?.from && columnFrom[meta.from],
    meta?.iconWhenNarrow || meta?.iconsWhenNarrow ? narrow : undefined,
  ];
}
