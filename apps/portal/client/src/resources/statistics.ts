import type { Phase } from "./phase";

type Finished = { phase: Phase; started: number | null; ended: number | null };

export function countPhases(rows: readonly { phase: Phase }[]): Map<Phase, number> {
  const counts = new Map<Phase, number>();
  for (const { phase } of rows) counts.set(phase, (counts.get(phase) ?? 0) + 1);
  return counts;
}

/** Succeeded out of all that ended by themselves; cancelled runs say nothing about the code. */
export function successRate(rows: readonly { phase: Phase }[]): number | null {
  const counts = countPhases(rows);
  const succeeded = counts.get("succeeded") ?? 0;
  const ended = succeeded + (counts.get("failed") ?? 0);
  return ended === 0 ? null : succeeded / ended;
}

/** The median of finished runs' durations in milliseconds. */
export function medianDuration(rows: readonly Finished[]): number | null {
  const durations = rows
    .flatMap(({ started, ended }) => (started === null || ended === null ? [] : [ended - started]))
    .sort((a, b) => a - b);
  const middle = Math.floor(durations.length / 2);
  const upper = durations[middle];
  if (upper === undefined) return null;
  const lower = durations.length % 2 === 0 ? (durations[middle - 1] ?? upper) : upper;
  return (lower + upper) / 2;
}

export type Bucket = { from: number; to: number; counts: Map<Phase, number>; total: number };

/** Counts runs by the time they started, in `count` equal buckets that end at `until`. */
export function bucketRuns(
  rows: readonly Finished[],
  { until, width, count }: { until: number; width: number; count: number },
): Bucket[] {
  const start = until - width * count;
  const buckets = Array.from({ length: count }, (_, index): Bucket => {
    const from = start + index * width;
    return { from, to: from + width, counts: new Map(), total: 0 };
  });
  for (const { started, phase } of rows) {
    if (started === null) continue;
    const bucket = buckets[Math.floor((started - start) / width)];
    if (!bucket) continue;
    bucket.counts.set(phase, (bucket.counts.get(phase) ?? 0) + 1);
    bucket.total += 1;
  }
  return buckets;
}
