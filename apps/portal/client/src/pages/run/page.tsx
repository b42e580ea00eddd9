import type { ApprovalTask, PipelineRun, TaskRun } from "@portal/shared";
import {
  useApprovalTaskWatchList,
  usePipelineRunPermissions,
  usePipelineRunWatchItem,
  useTaskRunWatchList,
} from "@portal/shared/hooks";
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ArrowLeft, CircleStop, RotateCcw, SearchX } from "lucide-react";
import { useMemo } from "react";
import { toast } from "sonner";
import { trpc } from "@/app/client";
import { DetailTabs } from "@/components/details";
import { Labels, Section } from "@/components/drawer";
import { useTitle } from "@/components/page";
import { DeniedState, EmptyState, ErrorState } from "@/components/pageStates";
import { PermittedButton } from "@/components/permittedButton";
import { Status } from "@/components/status";
import { Duration } from "@/components/times";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { useIsBehind } from "@/lib/watchHealth";
import { toPipelineRunRow } from "@/resources/pipelineRun";
import { type RunGraph, type RunTask, runGraph } from "@/resources/runGraph";
import { Graph } from "./graph";
import { Conditions, Params, Summary } from "./parts";
import { TaskPanel } from "./taskPanel";

/** One pipeline run: its tasks as a graph, their logs, and what can be done with it. */
export function RunPage() {
  const { namespace, name } = useParams({ from: "/pipelines/$namespace/$name" });
  const found = usePipelineRunWatchItem({ name, namespace });
  // Asked for by the address, beside the run: they do not wait for it.
  const ofRun = { namespace, labelSelector: `tekton.dev/pipelineRun=${name}` };
  const taskRuns = useTaskRunWatchList(ofRun);
  const approvals = useApprovalTaskWatchList(ofRun);
  useTitle(name);
  useIsBehind({ status: found.status, isStale: found.isStale });
  if (found.item) {
    // A graph that grew as its tasks came would push away what is below it.
    const isLoading = taskRuns.status === "loading" || approvals.status === "loading";
    const parts = { taskRuns: taskRuns.items, approvals: approvals.items, isLoading };
    return <Run key={`${namespace}/${name}`} run={found.item} {...parts} />;
  }
  switch (found.status) {
    case "denied":
      return (
        <DeniedState
          noun="this run"
          reason={found.error?.message ?? "Your role does not allow it."}
        />
      );
    case "error":
      return (
        <ErrorState
          noun="run"
          error={found.error ?? new Error("The server gave no reason.")}
          retry={found.refetch}
        />
      );
    case "notFound":
    case "deleted":
      return (
        <EmptyState
          icon={SearchX}
          title={`There is no run ${name}`}
          action={
            <Button asChild>
              <Link to="/pipelines">All runs</Link>
            </Button>
          }
        >
          It was deleted, or it never was in {namespace}.
        </EmptyState>
      );
    default:
      return (
        <div role="status" aria-label="Loading run" className="flex flex-col gap-4 p-6">
          <Skeleton className="h-8 w-96" />
          <Skeleton className="h-32" />
          <Skeleton className="h-64" />
        </div>
      );
  }
}

type Parts = {
  taskRuns: readonly TaskRun[];
  approvals: readonly ApprovalTask[];
  isLoading: boolean;
};

function Run({ run, taskRuns, approvals, isLoading }: Parts & { run: PipelineRun }) {
  const row = toPipelineRunRow(run);
  const graph = useMemo(() => runGraph(run, taskRuns, approvals), [run, taskRuns, approvals]);
  const params = run.spec.params ?? [];
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <header className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-b px-4 py-4 sm:px-6">
        <div className="min-w-0">
          <Link
            to="/pipelines"
            className="mb-1 inline-flex items-center gap-1 text-xs text-muted-foreground hover:text-foreground"
          >
            <ArrowLeft aria-hidden="true" className="size-3.5" /> Pipelines
          </Link>
          <h1 className="text-lg font-semibold tracking-tight break-all">{row.name}</h1>
          <p className="mt-0.5 flex flex-wrap items-center gap-x-3 gap-y-1 text-[13px] text-muted-foreground">
            <Status phase={row.phase} reason={row.reason} message={row.message} />
            <Duration {...row} />
            <span>in {row.namespace}</span>
            {row.codebase ? (
              <span>
                {row.codebase} / {row.branch}
              </span>
            ) : null}
            {row.author ? <span>by {row.author}</span> : null}
          </p>
        </div>
        <RunActions run={run} />
      </header>
      <DetailTabs
        object={run}
        tabs={[
          {
            id: "tasks",
            label: "Tasks",
            fill: true,
            content: isLoading ? <TasksSkeleton /> : <Tasks run={run} graph={graph} />,
          },
          {
            id: "summary",
            label: "Summary",
            content: (
              <>
                <Summary row={row} />
                <Conditions row={row} />
                <Section title="Labels" heading="h2">
                  <Labels labels={run.metadata.labels} />
                </Section>
              </>
            ),
          },
          {
            id: "params",
            label: "Parameters",
            count: params.length,
            content: <Params params={params} />,
          },
        ]}
      />
    </div>
  );
}

function TasksSkeleton() {
  return (
    <div role="status" aria-label="Loading tasks" className="flex flex-col gap-4 p-6">
      <Skeleton className="h-32" />
      <Skeleton className="h-64" />
    </div>
  );
}

function Tasks({ run, graph }: { run: PipelineRun; graph: RunGraph }) {
  const { task } = useSearch({ from: "/pipelines/$namespace/$name" });
  const navigate = useNavigate();
  const tasks = graph.columns.flat();
  const chosen = tasks.find(({ name }) => name === task) ?? mostTelling(tasks);
  if (!chosen) {
    return <p className="p-5 text-[13px] text-muted-foreground">No task has started yet.</p>;
  }
  const choose = (name: string) =>
    void navigate({
      to: ".",
      search: (previous) => ({ ...previous, task: name }),
      replace: true,
    });
  return (
    <div className="scroll-thin flex min-h-0 flex-1 flex-col overflow-y-auto">
      <Graph graph={graph} chosen={chosen.name} onChoose={choose} />
      <TaskPanel task={chosen} namespace={run.metadata.namespace ?? ""} />
    </div>
  );
}

/** The task that somebody who opens the run most likely wants: what failed, waits or goes on. */
function mostTelling(tasks: readonly RunTask[]): RunTask | undefined {
  const last = tasks.findLast(({ started }) => started !== null);
  return (
    tasks.find(({ phase }) => phase === "failed") ??
    tasks.find(({ approval, phase }) => approval !== null && phase === "pending") ??
    tasks.find(({ phase }) => phase === "running") ??
    last ??
    tasks[0]
  );
}

function RunActions({ run }: { run: PipelineRun }) {
  const navigate = useNavigate();
  const { name = "", namespace = null } = run.metadata;
  const permissions = usePipelineRunPermissions({ namespace });
  const { phase } = toPipelineRunRow(run);
  const goesOn = phase === "running" || phase === "pending";
  const cancel = useMutation(
    trpc.pipelineRuns.cancel.mutationOptions({
      onSuccess: () => toast.success(`${name} is being cancelled`),
      onError: (error) => toast.error(`${name} was not cancelled`, { description: error.message }),
    }),
  );
  const rerun = useMutation(
    trpc.pipelineRuns.rerun.mutationOptions({
      onSuccess: (next) => {
        toast.success(`${next.metadata.name} has started`);
        void navigate({
          to: "/pipelines/$namespace/$name",
          params: { namespace: next.metadata.namespace ?? "", name: next.metadata.name ?? "" },
        });
      },
      onError: (error) => toast.error(`${name} was not run again`, { description: error.message }),
    }),
  );
  return (
    <div className="flex items-center gap-2">
      {goesOn ? (
        <PermittedButton
          permission={permissions.patch}
          size="sm"
          className="text-danger"
          disabled={cancel.isPending}
          onClick={() => cancel.mutate({ name, namespace })}
        >
          <CircleStop /> Cancel
        </PermittedButton>
      ) : null}
      <PermittedButton
        permission={permissions.create}
        size="sm"
        disabled={rerun.isPending}
        onClick={() => rerun.mutate({ name, namespace })}
      >
        <RotateCcw /> Run again
      </PermittedButton>
    </div>
  );
}
