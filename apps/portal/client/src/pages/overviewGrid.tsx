import { lazy, Suspense } from "react";
import { type Missing, MissingNote } from "@/components/missing";
import { Card, CardHeader } from "@/components/ui/card";
import { counted } from "@/lib/counted";
import { formatDuration } from "@/lib/time";
import type { BranchRow, CodebaseRow } from "@/resources/codebase";
import { type ShareNames, sharesOf, successRate } from "@/resources/statistics";
import type { TimeRange } from "@/resources/timeRange";
import { operatorPhaseLabels } from "./codebaseColumns";
import { AttentionList, RecentRuns } from "./overviewLists";
import { StatTile } from "./statTile";
import type { RunStatistics } from "./useRunStatistics";

// The numbers do not wait for the library that draws them.
const RunsChart = lazy(async () => {
  const { RunsChart } = await import("@/components/charts/runsChart");
  return { default: RunsChart };
});
const ShareRing = lazy(async () => {
  const { ShareRing } = await import("@/components/charts/shareRing");
  return { default: ShareRing };
});

// Seldom needed: a cluster with pipelines shows those.
const WorkloadsCard = lazy(async () => {
  const { WorkloadsCard } = await import("./overviewWorkloads");
  return { default: WorkloadsCard };
});

type Runs = { range: TimeRange; runs: RunStatistics };

/** What the overview lacks, if anything. */
export type OverviewMissing = {
  readonly [source in "runs" | "codebases" | "branches"]: Missing | null;
};

export function OverviewGrid({
  range,
  runs,
  codebases,
  branches,
  missing,
}: Runs & {
  codebases: readonly CodebaseRow[];
  branches: readonly BranchRow[];
  missing: OverviewMissing;
}) {
  return (
    <div className="grid gap-4 px-4 pb-6 sm:px-6 lg:grid-cols-12">
      {missing.runs ? (
        <Card className="lg:col-span-8">
          <CardHeader title="Pipeline runs" />
          <MissingNote missing={missing.runs} />
        </Card>
      ) : (
        <>
          <Tiles range={range} runs={runs} />
          <Card className="lg:col-span-8">
            <CardHeader
              title="Pipeline runs"
              hint={`Started per ${range.each}, last ${range.label}`}
            />
            <Suspense fallback={<div className="h-64" />}>
              <RunsChart range={range} buckets={runs.buckets} />
            </Suspense>
          </Card>
        </>
      )}
      <Card className="lg:col-span-4">
        <CardHeader
          title="Codebases"
          {...(missing.branches ? {} : { hint: `${counted(branches.length, "branches")} in all` })}
        />
        {missing.codebases ? (
          <MissingNote missing={missing.codebases} />
        ) : (
          <Suspense fallback={<div className="h-41" />}>
            <ShareRing
              value={String(codebases.length)}
              caption={codebases.length === 1 ? "codebase" : "codebases"}
              shares={sharesOf(codebases, shown)}
            />
          </Suspense>
        )}
      </Card>
      {missing.runs ? (
        <Suspense fallback={<Card className="h-64 lg:col-span-8" />}>
          <WorkloadsCard />
        </Suspense>
      ) : (
        <Card className="lg:col-span-8">
          <RecentRuns runs={runs.recent} />
        </Card>
      )}
      <Card className="lg:col-span-4">
        <AttentionList
          range={range}
          runs={runs}
          codebases={codebases}
          branches={branches}
          missing={Object.values(missing).filter((each) => each !== null)}
        />
      </Card>
    </div>
  );
}

function Tiles({ range, runs }: Runs) {
  const inRange = `last ${range.label}`;
  const { now, counts, median } = runs;
  const rate = successRate(counts);
  return (
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
        hint={inRange}
        phase="succeeded"
        to={{ status: "succeeded" }}
      />
      <StatTile
        label="Failed"
        value={String(counts.get("failed") ?? 0)}
        hint={inRange}
        phase="failed"
        to={{ status: "failed" }}
      />
      <StatTile
        label="Success rate"
        value={rate === null ? "–" : `${Math.round(rate * 100)}%`}
        hint={`of finished runs, ${inRange}`}
      />
      <StatTile
        label="Median duration"
        value={median === null ? "–" : formatDuration(median)}
        hint={`of finished runs, ${inRange}`}
        className="col-span-2 lg:col-span-1"
      />
    </div>
  );
}

const shown: ShareNames = [
  { phase: "succeeded", label: operatorPhaseLabels.succeeded },
  { phase: "running", label: operatorPhaseLabels.running },
  { phase: "pending" },
  { phase: "failed" },
  { phase: "stopping", label: operatorPhaseLabels.stopping },
  { phase: "unknown" },
];
