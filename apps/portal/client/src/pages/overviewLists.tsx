import { Link } from "@tanstack/react-router";
import { ArrowRight, PartyPopper } from "lucide-react";
import type { ReactNode } from "react";
import type { Missing } from "@/components/missing";
import { EmptyState } from "@/components/pageStates";
import { PhaseIcon, Status } from "@/components/status";
import { Age, Duration } from "@/components/times";
import { Button } from "@/components/ui/button";
import { CardHeader } from "@/components/ui/card";
import type { BranchRow, CodebaseRow } from "@/resources/codebase";
import { statusOf } from "@/resources/phase";
import type { RunRow } from "@/resources/runRow";
import type { TimeRange } from "@/resources/timeRange";
import { ATTENTION } from "./runQueries";
import type { RunStatistics } from "./useRunStatistics";

export function RecentRuns({ runs }: { runs: readonly RunRow[] }) {
  return (
    <>
      <CardHeader title="Recent runs" hint="Newest first">
        <Button asChild variant="ghost" size="sm" className="-mr-2 text-muted-foreground">
          <Link to="/pipelines">
            All runs <ArrowRight />
          </Link>
        </Button>
      </CardHeader>
      {runs.length === 0 ? (
        <p className="px-5 pb-5 text-[13px] text-muted-foreground">No pipeline has run here yet.</p>
      ) : null}
      <ul className="@container divide-y border-t">
        {runs.map((run) => (
          <li
            key={run.id}
            data-testid={`recent-${run.id}`}
            className="grid grid-cols-[auto_minmax(0,1fr)_auto] items-center gap-3 @lg:grid-cols-[7.5rem_minmax(0,1fr)_auto] px-5 py-2 text-[13px]"
          >
            <Status iconWhenNarrow {...statusOf(run)} />
            <span className="min-w-0">
              <Link
                to="/pipelines/$namespace/$name"
                params={{ namespace: run.namespace, name: run.name }}
                className="block truncate font-medium underline-offset-4 hover:underline"
              >
                {run.name}
              </Link>
              <span className="block truncate text-xs text-muted-foreground">
                {[run.type, run.author, run.namespace].filter(Boolean).join(" · ")}
              </span>
            </span>
            <span className="text-right">
              <span className="block">
                <Duration {...run} />
              </span>
              <span className="block text-xs text-muted-foreground">
                <Age time={run.started} suffix=" ago" />
              </span>
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

type Problem = { key: string; link: ReactNode; text: string };

/** What somebody should look at: codebases and branches that failed, and the range's failed runs. */
export function AttentionList({
  range,
  runs,
  codebases,
  branches,
  missing,
}: {
  range: TimeRange;
  runs: RunStatistics;
  codebases: readonly CodebaseRow[];
  branches: readonly BranchRow[];
  /** What could not be looked at. */
  missing: readonly Missing[];
}) {
  const linkClass = "block truncate font-medium underline-offset-4 hover:underline";
  const problems: Problem[] = [
    ...codebases.filter(failed).map((row) => ({
      key: `codebase ${row.id}`,
      text: row.message ?? `Codebase in ${row.namespace}`,
      link: (
        <Link to="/codebases" search={{ open: row.id }} className={linkClass}>
          {row.name}
        </Link>
      ),
    })),
    ...branches.filter(failed).map((row) => ({
      key: `branch ${row.id}`,
      text: row.message ?? `Branch in ${row.namespace}`,
      link: (
        <Link to="/branches" search={{ open: row.id }} className={linkClass}>
          {row.codebase} / {row.branchName}
        </Link>
      ),
    })),
    ...runs.failed.map((row) => ({
      key: `run ${row.id}`,
      text: row.message ?? row.reason,
      link: (
        <Link
          to="/pipelines/$namespace/$name"
          params={{ namespace: row.namespace, name: row.name }}
          className={linkClass}
        >
          {row.name}
        </Link>
      ),
    })),
  ];
  const rest = problems.length - runs.failed.length + runs.failures - ATTENTION;
  return (
    <>
      <CardHeader
        title="Needs attention"
        hint={`Failed resources, and runs of the last ${range.label}`}
      />
      {problems.length === 0 && missing.length === 0 ? (
        <EmptyState icon={PartyPopper} title="All clear">
          Nothing has failed.
        </EmptyState>
      ) : (
        <ul className="divide-y border-t">
          {problems.slice(0, ATTENTION).map((problem) => (
            <li key={problem.key} className="flex items-start gap-2.5 px-5 py-2 text-[13px]">
              <PhaseIcon phase="failed" className="mt-0.5" />
              <span className="min-w-0">
                {problem.link}
                <span className="line-clamp-2 text-xs text-muted-foreground" title={problem.text}>
                  {problem.text}
                </span>
              </span>
            </li>
          ))}
          {rest > 0 ? (
            <li className="px-5 py-2.5 text-xs text-muted-foreground">and {rest} more</li>
          ) : null}
          {missing.map(({ noun, reason }) => (
            <li key={noun} className="px-5 py-2.5 text-xs text-muted-foreground">
              Without {noun}: {reason}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function failed(row: { phase: string }): boolean {
  return row.phase === "failed";
}
