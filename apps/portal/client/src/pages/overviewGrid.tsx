import { lazy, Suspense } from "react";
import type { Share } from "@/components/charts/shareRing";
import { Card, CardHeader } from "@/components/ui/card";
import { formatDuration } from "@/lib/time";
import type { BranchRow, CodebaseRow } from "@/resources/codebase";
import type { Phase } from "@/resources/phase";
import { countPhases, successRate } from "@/resources/statistics";
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

type Runs = { range: TimeRange; runs: RunStatistics };

export function OverviewGrid({
  range,
  runs,
  codebases,
  branches,
}: Runs & {
  codebases: readonly CodebaseRow[];
  branches: readonly BranchRow[];
}) {
  return (
    <div className="grid gap-4 px-4 pb-6 sm:px-6 lg:grid-cols-12">
      <Tiles range={range} runs={runs} />
      <Card className="lg:col-span-8">
        <CardHeader title="Pipeline runs" hint={`Started per ${range.each}, last ${range.label}`} />
        <Suspense fallback={<div className="h-64" />}>
          <RunsChart range={range} buckets={runs.buckets} />
        </Suspense>
      </Card>
      <Card className="lg:col-span-4">
        <CardHeader title="Codebases" hint={`${branches.length} branches in all`} />
        <Suspense fallback={<div className="h-41" />}>
          <ShareRing
            value={String(codebases.length)}
            caption={codebases.length === 1 ? "codebase" : "codebases"}
            shares={sharesOf(codebases)}
          />
        </Suspense>
      </Card>
      <Card className="lg:col-span-8">
        <RecentRuns runs={runs.recent} />
      </Card>
      <Card className="lg:col-span-4">
        <AttentionList range={range} runs={runs} codebases={codebases} branches={branches} />
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

const shown: readonly { phase: Phase; label?: string }[] = [
  { phase: "succeeded", label: operatorPhaseLabels.succeeded },
  { phase: "running", label: operatorPhaseLabels.running },
  { phase: "pending" },
  { phase: "failed" },
  { phase: "stopping", label: operatorPhaseLabels.stopping },
  { phase: "unknown" },
];

function sharesOf(codebases: readonly CodebaseRow[]): Share[] {
  const counts = countPhases(codebases);
  return shown.map((share) => ({ ...share, count: counts.get(share.phase) ?? 0 }));
}
