import type { ApprovalTask, PipelineRun, TaskRun } from "@portal/shared";
import { parseTime } from "@/lib/time";
import type { Phase, StatusView } from "./phase";

/** One task of a run: what is known of it, whether it has started or not. */
export type RunTask = StatusView & {
  name: string;
  taskRun: TaskRun | null;
  approval: ApprovalTask | null;
  started: number | null;
  ended: number | null;
};

export type RunGraph = {
  /** Tasks in columns: each comes after some of the column before it. */
  columns: readonly (readonly RunTask[])[];
  /** Pairs of names, from what comes first to what waits for it. */
  edges: readonly (readonly [string, string])[];
};

const TASK_LABEL = "tekton.dev/pipelineTask";
const cancelled = new Set(["TaskRunCancelled", "Cancelled"]);

export function taskStatus(taskRun: TaskRun): StatusView {
  const condition = taskRun.status?.conditions?.find(({ type }) => type === "Succeeded");
  if (!condition) return { phase: "pending", reason: "Pending", message: null };
  const reason = condition.reason ?? condition.status;
  const message = condition.message ?? null;
  if (condition.status === "True") return { phase: "succeeded", reason, message };
  if (condition.status === "False") {
    return { phase: cancelled.has(reason) ? "cancelled" : "failed", reason, message };
  }
  return { phase: reason === "Pending" ? "pending" : "running", reason, message };
}

const approvalPhase: { [action: string]: Phase } = {
  Pending: "pending",
  Approved: "succeeded",
  Rejected: "failed",
  Canceled: "cancelled",
};

export function approvalStatus(approval: ApprovalTask): StatusView {
  const { action = "Pending", approve } = approval.spec;
  const reason = action === "Pending" ? "Waits for approval" : action;
  const by = approve ? `by ${approve.approvedBy}` : null;
  const message = approve?.comment ? `${by}: ${approve.comment}` : by;
  return { phase: approvalPhase[action] ?? "unknown", reason, message };
}

/** The tasks of a run in the order in which they depend on each other. */
export function runGraph(
  run: PipelineRun,
  taskRuns: readonly TaskRun[],
  approvals: readonly ApprovalTask[],
): RunGraph {
  const tasks = collect(run, taskRuns, approvals);
  const planned = run.status?.pipelineSpec?.tasks ?? [];
  const before = planned.some(({ runAfter }) => (runAfter?.length ?? 0) > 0)
    ? new Map(planned.map(({ name, runAfter }) => [name, runAfter ?? []]))
    : byTime(tasks);
  return arrange(tasks, before);
}

function collect(
  run: PipelineRun,
  taskRuns: readonly TaskRun[],
  approvals: readonly ApprovalTask[],
): RunTask[] {
  const byTask = new Map(taskRuns.map((each) => [each.metadata.labels?.[TASK_LABEL], each]));
  const asked = new Map(approvals.map((each) => [each.metadata.labels?.[TASK_LABEL], each]));
  const names = new Set<string>();
  for (const { name } of run.status?.pipelineSpec?.tasks ?? []) names.add(name);
  for (const { pipelineTaskName, name } of run.status?.childReferences ?? []) {
    names.add(pipelineTaskName ?? name ?? "");
  }
  for (const name of [...byTask.keys(), ...asked.keys()]) if (name) names.add(name);
  names.delete("");
  return [...names].map((name) => toTask(name, byTask.get(name), asked.get(name)));
}

function toTask(
  name: string,
  taskRun: TaskRun | undefined,
  approval: ApprovalTask | undefined,
): RunTask {
  const status = approval
    ? approvalStatus(approval)
    : taskRun
      ? taskStatus(taskRun)
      : { phase: "pending" as const, reason: "Not started", message: null };
  return {
    name,
    taskRun: taskRun ?? null,
    approval: approval ?? null,
    ...status,
    started: parseTime(
      taskRun?.status?.startTime ?? (approval ?? taskRun)?.metadata.creationTimestamp,
    ),
    ended: parseTime(taskRun?.status?.completionTime),
  };
}

/** Where the pipeline itself is not known: what had ended when a task began came before it. */
function byTime(tasks: readonly RunTask[]): Map<string, string[]> {
  const place = new Map(tasks.map(({ name }, index) => [name, index]));
  return new Map(
    tasks.map((task) => {
      const start = task.started ?? Number.MAX_SAFE_INTEGER;
      const earlier = tasks.filter(
        (other) =>
          other.ended !== null &&
          other.ended <= start &&
          // Two that took no time at all: the order in which the run names them decides.
          (other.ended < start ||
            (other.started ?? 0) < start ||
            (place.get(other.name) ?? 0) < (place.get(task.name) ?? 0)),
      );
      const last = Math.max(...earlier.map(({ started }) => started ?? 0));
      // Only those that ran last: the ones before them are reached through them.
      const direct = earlier.filter((other) => (other.ended ?? 0) > last);
      return [task.name, (direct.length > 0 ? direct : earlier).map(({ name }) => name)];
    }),
  );
}

function arrange(tasks: readonly RunTask[], before: Map<string, string[]>): RunGraph {
  const known = new Map(tasks.map((task) => [task.name, task]));
  const depths = new Map<string, number>();
  const depthOf = (name: string, seen: readonly string[]): number => {
    const found = depths.get(name);
    if (found !== undefined) return found;
    const parents = (before.get(name) ?? []).filter(
      (parent) => known.has(parent) && !seen.includes(parent),
    );
    const depth = Math.max(-1, ...parents.map((parent) => depthOf(parent, [...seen, name]))) + 1;
    depths.set(name, depth);
    return depth;
  };
  const columns: RunTask[][] = [];
  for (const task of tasks) {
    const depth = depthOf(task.name, [task.name]);
    while (columns.length <= depth) columns.push([]);
    columns[depth]?.push(task);
  }
  const edges = tasks.flatMap(({ name }) =>
    (before.get(name) ?? [])
      .filter((parent) => known.has(parent))
      .map((parent): [string, string] => [parent, name]),
  );
  return { columns: columns.filter((column) => column.length > 0), edges };
}
