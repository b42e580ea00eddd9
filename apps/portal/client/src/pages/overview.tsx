import {
  useCodebaseBranchWatchList,
  useCodebaseWatchList,
  usePipelineRunWatchList,
} from "@portal/shared/hooks";
import { useMemo } from "react";
import { RunsChart } from "@/components/charts/runsChart";
import { ShareRing } from "@/components/charts/shareRing";
import { PageHeader } from "@/components/page";
import { DeniedState, ErrorState } from "@/components/pageStates";
import { useNamespace } from "@/components/shell/useNamespace";
import { Card, CardHeader } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { useNow } from "@/lib/clock";
import { formatDuration } from "@/lib/time";
import { useIsBehind } from "@/lib/watchHealth";
import { toBranchRow, toCodebaseRow } from "@/resources/codebase";
import type { Phase } from "@/resources/phase";
import { toPipelineRunRow } from "@/resources/pipelineRun";
import { bucketRuns, countPhases, medianDuration, successRate } from "@/resources/statistics";
import { operatorPhaseLabels } from "./codebaseColumns";
import { AttentionList, RecentRuns } from "./overviewLists";
import { StatTile } from "./statTile";

const HOUR = 3_600_000;
const HOURS = 24;
const codebasePhases: readonly Phase[] = ["succeeded", "running", "pending", "failed", "stopping"];

export function OverviewPage() {
  const [namespace] = useNamespace();
  const runList = usePipelineRunWatchList({ namespace });
  const codebaseList = useCodebaseWatchList({ namespace });
  const branchList = useCodebaseBranchWatchList({ namespace });
  const runs = useMemo(() => runList.items.map(toPipelineRunRow), [runList.items]);
  const codebases = useMemo(() => codebaseList.items.map(toCodebaseRow), [codebaseList.items]);
  const branches = useMemo(() => branchList.items.map(toBranchRow), [branchList.items]);
  const until = useHourEnd();
  useIsBehind(runList);
  useIsBehind(codebaseList);
  useIsBehind(branchList);

  const lists = [runList, codebaseList, branchList];
  const denied = lists.find((list) => list.status === "denied");
  const failed = lists.find((list) => list.status === "error" && list.items.length === 0);
  const loading = lists.some((list) => list.status === "loading");
  const header = (
    <PageHeader
      title="Overview"
      description={
        namespace ? `What happens in ${namespace}.` : "What happens across all namespaces."
      }
    />
  );
  if (denied) {
    return (
      <>
        {header}
        <DeniedState
          noun="this overview"
          reason={denied.error?.message ?? "Your role does not allow it."}
        />
      </>
    );
  }
  if (failed) {
    return (
      <>
        {header}
        <ErrorState
          noun="overview"
          error={failed.error ?? new Error("The server gave no reason.")}
          retry={failed.refetch}
        />
      </>
    );
  }
  if (loading) {
    return (
      <>
        {header}
        <OverviewSkeleton />
      </>
    );
  }

  const since = until - HOURS * HOUR;
  const recent = runs.filter((run) => (run.started ?? 0) >= since);
  const counts = countPhases(recent);
  const now = countPhases(runs);
  const rate = successRate(recent);
  const median = medianDuration(recent);
  const states = countPhases(codebases);
  return (
    <div className="scroll-thin min-h-0 flex-1 overflow-y-auto">
      {header}
      <div className="grid gap-4 px-4 pb-6 sm:px-6 lg:grid-cols-12">
        <div className="grid grid-cols-2 gap-4 lg:col-span-12 lg:grid-cols-5">
          <StatTile
            label="Running now"
            value={String(now.get("running") ?? 0)}
            hint={`${now.get("pending") ?? 0} pending`}
            phase="running"
            to={{ status: "running,pending,stopping" }}
          />
          <StatTile
            label="Succeeded"
            value={String(counts.get("succeeded") ?? 0)}
            hint="last 24 hours"
            phase="succeeded"
            to={{ status: "succeeded" }}
          />
          <StatTile
            label="Failed"
            value={String(counts.get("failed") ?? 0)}
            hint="last 24 hours"
            phase="failed"
            to={{ status: "failed" }}
          />
          <StatTile
            label="Success rate"
            value={rate === null ? "–" : `${Math.round(rate * 100)}%`}
            hint="of finished runs, 24 hours"
          />
          <StatTile
            label="Median duration"
            value={median === null ? "–" : formatDuration(median)}
            hint="of finished runs, 24 hours"
            className="col-span-2 lg:col-span-1"
          />
        </div>
        <Card className="lg:col-span-8">
          <CardHeader title="Pipeline runs" hint="Started per hour, last 24 hours" />
          <RunsChart buckets={bucketRuns(runs, { until, width: HOUR, count: HOURS })} />
        </Card>
        <Card className="lg:col-span-4">
          <CardHeader title="Codebases" hint={`${branches.length} branches in all`} />
          <ShareRing
            value={String(codebases.length)}
            caption={codebases.length === 1 ? "codebase" : "codebases"}
            shares={codebasePhases.map((phase) => ({
              phase,
              count: states.get(phase) ?? 0,
              ...(phase in operatorPhaseLabels
                ? { label: operatorPhaseLabels[phase as keyof typeof operatorPhaseLabels] }
                : {}),
            }))}
          />
        </Card>
        <Card className="lg:col-span-8">
          <RecentRuns runs={runs} />
        </Card>
        <Card className="lg:col-span-4">
          <AttentionList runs={recent} codebases={codebases} branches={branches} />
        </Card>
      </div>
    </div>
  );
}

/** The end of the current hour: the chart's edge moves once an hour, not at each tick. */
function useHourEnd(): number {
  return Math.ceil(useNow() / HOUR) * HOUR;
}

const tiles = ["a", "b", "c", "d", "e"];

function OverviewSkeleton() {
  return (
    <div
      role="status"
      aria-label="Loading overview"
      className="grid gap-4 px-4 sm:px-6 lg:grid-cols-12"
    >
      <div className="grid grid-cols-2 gap-4 lg:col-span-12 lg:grid-cols-5">
        {tiles.map((tile) => (
          <Card key={tile} className="gap-3 p-5">
            <Skeleton className="h-3 w-20" />
            <Skeleton className="h-7 w-14" />
            <Skeleton className="h-3 w-24" />
          </Card>
        ))}
      </div>
      <Card className="h-80 p-5 lg:col-span-8">
        <Skeleton className="h-full" />
      </Card>
      <Card className="h-80 p-5 lg:col-span-4">
        <Skeleton className="h-full" />
      </Card>
    </div>
  );
}
