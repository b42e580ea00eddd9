import { usePipelineRunsRowsView } from "@portal/shared/hooks";
import { useMemo } from "react";
import { inNamespaces } from "@/components/table/rowWindow";
import { useFromNow } from "@/lib/clock";
import { toRunRow } from "@/resources/runRow";
import { bucketRuns, medianDuration, sumPhases } from "@/resources/statistics";
import type { TimeRange } from "@/resources/timeRange";

export const RECENT = 8;
export const ATTENTION = 6;

const DURATION_STEP = 1000;
const PACE = { maxFramesPerSecond: 4 };

/** All that the overview says of runs, counted by the server: of ten thousand runs a dozen come here. */
export function useRunStatistics(names: readonly string[], range: TimeRange) {
  const { width, count } = range;
  // Up to the end of the current bar: the edge moves once a bar, not at each tick.
  const until = useFromNow((now) => Math.ceil(now / width) * width);
  const { namespace, filters } = inNamespaces(names);
  const newest = usePipelineRunsRowsView({
    ...PACE,
    namespace,
    filters,
    sort: ["-started"],
    limit: RECENT,
    facets: [{ by: ["phase"] }],
  });
  // The rows are those that failed; the facets, by phase among others, count all that began in the range.
  const inRange = usePipelineRunsRowsView({
    ...PACE,
    namespace,
    filters: [
      ...filters,
      { field: "started", operator: "greaterThan", value: until - width * count - 1 },
      { field: "phase", operator: "equals", value: "failed" },
    ],
    sort: ["-started"],
    limit: ATTENTION,
    facets: [
      { by: ["started", "phase"], step: width },
      { by: ["duration", "phase"], step: DURATION_STEP },
    ],
  });
  const [now = []] = newest.counts ?? [];
  const [begun = [], durations = []] = inRange.counts ?? [];
  const statistics = useMemo(
    () => ({
      now: sumPhases(now),
      counts: sumPhases(begun),
      buckets: bucketRuns(begun, { until, width, count }),
      median: medianDuration(durations),
    }),
    [now, begun, durations, until, width, count],
  );
  const runs = {
    ...statistics,
    recent: newest.rows.map(toRunRow),
    failed: inRange.rows.map(toRunRow),
    failures: inRange.total,
  };
  return { runs, lists: [newest, inRange] as const };
}

export type RunStatistics = ReturnType<typeof useRunStatistics>["runs"];
