import { cachedByObject } from "@/lib/cachedByObject";
import { cn } from "@/lib/cn";
import type { ColumnMeta } from "./features";

// Measured against the table itself, not the window: the sidebar may be open or folded. A table of so many pixels (576, 768,
// 960, 1120, 1344) has room for its columns of fixed width up to there, and for a name that can be read.
const cellFrom = {
  sm: "hidden @xl:table-cell",
  md: "hidden @3xl:table-cell",
  lg: "hidden @min-[60rem]:table-cell",
  xl: "hidden @min-[70rem]:table-cell",
  "2xl": "hidden @min-[84rem]:table-cell",
};
const columnFrom = {
  sm: "hidden @xl:table-column",
  md: "hidden @3xl:table-column",
  lg: "hidden @min-[60rem]:table-column",
  xl: "hidden @min-[70rem]:table-column",
  "2xl": "hidden @min-[84rem]:table-column",
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
