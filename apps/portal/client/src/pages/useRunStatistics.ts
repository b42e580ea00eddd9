import { usePipelineRunsRowsView } from "@portal/shared/hooks";
import { useMemo } from "react";
import { useFromNow } from "@/lib/clock";
import { toRunRow } from "@/resources/runRow";
import { bucketRuns, medianDuration, sumPhases } from "@/resources/statistics";
import type { TimeRange } from "@/resources/timeRange";
import { endOfBar, overviewQueries } from "./runQueries";

/** All that the overview says of runs, counted by the server: of ten thousand runs a dozen come here. */
export function useRunStatistics(names: readonly string[], range: TimeRange) {
  const { width, count } = range;
  const until = useFromNow((now) => endOfBar(now, range));
  const asked = overviewQueries(names, range, until);
  const newest = usePipelineRunsRowsView(asked.newest);
  const inRange = usePipelineRunsRowsView(asked.inRange);
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
