const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export type TimeRangeId = "1h" | "24h" | "7d";

export type TimeRange = {
  id: TimeRangeId;
  /** Fits after "in" and "last". */
  label: string;
  each: string;
  /** The width of one bar of a chart, and how many of them make the range. */
  width: number;
  count: number;
};

export const timeRanges: readonly TimeRange[] = [
  { id: "1h", label: "hour", each: "5 minutes", width: 5 * MINUTE, count: 12 },
  { id: "24h", label: "24 hours", each: "hour", width: HOUR, count: 24 },
  { id: "7d", label: "7 days", each: "6 hours", width: 6 * HOUR, count: 28 },
];

const fallback: TimeRange = { id: "24h", label: "24 hours", each: "hour", width: HOUR, count: 24 };

export function findTimeRange(id: unknown): TimeRange {
  return timeRanges.find((range) => range.id === id) ?? fallback;
}
