import type { FacetCount } from "@fairlead/react";
import { type Phase, phaseLabel } from "./phase";

export type PhaseCounts = ReadonlyMap<Phase, number>;

export function countPhases(rows: readonly { phase: Phase }[]): PhaseCounts {
  const counts = new Map<Phase, number>();
  for (const { phase } of rows) counts.set(phase, (counts.get(phase) ?? 0) + 1);
  return counts;
}

function isPhase(value: unknown): value is Phase {
  return typeof value === "string" && value in phaseLabel;
}

/** Counts by phase out of the server's, whose last value is the phase. */
export function sumPhases(found: readonly FacetCount[]): PhaseCounts {
  const counts = new Map<Phase, number>();
  for (const { values, count } of found) {
    const phase = values.at(-1);
    if (isPhase(phase)) counts.set(phase, (counts.get(phase) ?? 0) + count);
  }
  return counts;
}

/** Succeeded out of all that ended by themselves; cancelled runs say nothing about the code. */
export function successRate(counts: PhaseCounts): number | null {
  const succeeded = counts.get("succeeded") ?? 0;
  const ended = succeeded + (counts.get("failed") ?? 0);
  return ended === 0 ? null : succeeded / ended;
}

/** The median of finished runs' durations in milliseconds, of counts by duration. */
export function medianDuration(found: readonly FacetCount[]): number | null {
  const counts = found
    .flatMap(({ values: [value], count }) => (typeof value === "number" ? [{ value, count }] : []))
    .sort((a, b) => a.value - b.value);
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  const at = (place: number) => {
    let passed = 0;
    for (const { value, count } of counts) {
      passed += count;
      if (passed > place) return value;
    }
    return 0;
  };
  return total === 0 ? null : (at(Math.floor((total - 1) / 2)) + at(Math.floor(total / 2))) / 2;
}

export type Bucket = { from: number; to: number; counts: Map<Phase, number>; total: number };

/** Counts by start and phase, in `count` equal buckets that end at `until`. */
export function bucketRuns(
  found: readonly FacetCount[],
  { until, width, count }: { until: number; width: number; count: number },
): Bucket[] {
  const start = until - width * count;
  const buckets = Array.from({ length: count }, (_, index): Bucket => {
    const from = start + index * width;
    return { from, to: from + width, counts: new Map(), total: 0 };
  });
  for (const { values, count: runs } of found) {
    const [started, phase] = values;
    if (typeof started !== "number" || !isPhase(phase)) continue;
    const bucket = buckets[Math.floor((started - start) / width)];
    if (!bucket) continue;
    bucket.counts.set(phase, (bucket.counts.get(phase) ?? 0) + runs);
    bucket.total += runs;
  }
  return buckets;
}

/** A part of a whole, and what it is called. */
export type Share = { phase: Phase; count: number; label?: string };

/** The parts there can be, in their order. */
export type ShareNames = readonly Omit<Share, "count">[];

export function sharesOf(rows: readonly { phase: Phase }[], names: ShareNames): Share[] {
  const counts = countPhases(rows);
  return names.map((share) => ({ ...share, count: counts.get(share.phase) ?? 0 }));
}
