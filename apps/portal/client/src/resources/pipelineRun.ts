import type { Condition, PipelineRun } from "@portal/shared";
import { cachedByObject } from "@/lib/cachedByObject";
import { parseTime } from "@/lib/time";
import type { Phase, StatusView } from "./phase";

export const pipelineRunLabels = {
  codebase: "app.edp.epam.com/codebase",
  branch: "app.edp.epam.com/codebasebranch",
  type: "app.edp.epam.com/pipelinetype",
  author: "app.edp.epam.com/gitauthor",
  pipeline: "tekton.dev/pipeline",
} as const;

/** What a pipeline is for, by its label. */
export const pipelineTypes = [
  "build",
  "review",
  "deploy",
  "clean",
  "release",
  "security",
  "tests",
] as const;

const RESULT_ANNOTATIONS = "results.tekton.dev/resultAnnotations";
const cancelReasons = new Set(["Cancelled", "CancelledRunFinally", "StoppedRunFinally"]);
const stoppingReasons = new Set([
  "PipelineRunStopping",
  "CancelledRunningFinally",
  "StoppedRunningFinally",
]);
const pendingReasons = new Set(["PipelineRunPending", "Pending", "ResolvingPipelineRef"]);

/** The condition that decides. Tekton promises no order, so it is found by its type, never by place. */
export function findSucceeded(run: PipelineRun): Condition | null {
  return run.status?.conditions?.find((condition) => condition.type === "Succeeded") ?? null;
}

/** A run's state, from its `Succeeded` condition and from what its spec asks for. */
export function pipelineRunStatus(run: PipelineRun): StatusView {
  const condition = findSucceeded(run);
  if (!condition) {
    const cancelling = cancelReasons.has(run.spec.status ?? "");
    return { phase: cancelling ? "stopping" : "pending", reason: "Pending", message: null };
  }
  const reason = condition.reason ?? "";
  const phase = phaseOf(condition.status, reason, run.spec.status ?? "");
  // Tekton prefixes some reasons with the kind, which says nothing in a list of that kind.
  const short = reason.replace(/^PipelineRun(?=[A-Z])/, "");
  return { phase, reason: short || condition.status, message: condition.message ?? null };
}

function phaseOf(status: string, reason: string, asked: string): Phase {
  if (status === "True") return "succeeded";
  if (status === "False") return cancelReasons.has(reason) ? "cancelled" : "failed";
  if (status !== "Unknown") return "unknown";
  // A finished cancellation is "False"; while it goes on, the run still counts as running.
  if (stoppingReasons.has(reason) || cancelReasons.has(reason) || cancelReasons.has(asked)) {
    return "stopping";
  }
  return pendingReasons.has(reason) || asked === "PipelineRunPending" ? "pending" : "running";
}

export type RunTimes = { started: number | null; ended: number | null };

/** When a run began and ended; `ended` is `null` while it goes on, and only then. */
export function pipelineRunTimes(run: PipelineRun): RunTimes {
  const started = parseTime(run.status?.startTime);
  const completed = parseTime(run.status?.completionTime);
  const condition = findSucceeded(run);
  const isOver = condition?.status === "True" || condition?.status === "False";
  if (completed !== null || !isOver) return { started, ended: completed };
  // Refused before it began, a run has no completion time; its last transition is its end.
  return { started, ended: parseTime(condition.lastTransitionTime) ?? started };
}

/** One line of the pipeline table: everything sorted, searched or shown, worked out once. */
export type PipelineRunRow = {
  id: string;
  run: PipelineRun;
  name: string;
  namespace: string;
  phase: Phase;
  reason: string;
  message: string | null;
  pipeline: string;
  type: string;
  codebase: string;
  branch: string;
  author: string;
  commit: string;
  commitMessage: string;
  started: number | null;
  ended: number | null;
};

export const toPipelineRunRow = cachedByObject((run: PipelineRun): PipelineRunRow => {
  const { name = "", namespace, labels, creationTimestamp } = run.metadata;
  const label = (key: string) => labels?.[key] ?? "";
  const times = pipelineRunTimes(run);
  const codebase = label(pipelineRunLabels.codebase);
  const change = readChange(run);
  return {
    id: `${namespace ?? ""}/${name}`,
    run,
    name,
    namespace: namespace ?? "",
    ...pipelineRunStatus(run),
    pipeline: run.spec.pipelineRef?.name ?? label(pipelineRunLabels.pipeline),
    type: label(pipelineRunLabels.type),
    codebase,
    // A label holds no slash: the change knows the branch and the author as Git does.
    branch: change["branch"] || shortBranch(label(pipelineRunLabels.branch), codebase),
    author: change["author"] || label(pipelineRunLabels.author),
    commit: change["commit"] ?? "",
    commitMessage: change["message"] ?? "",
    started: times.started ?? parseTime(creationTimestamp),
    ended: times.ended,
  };
});

/** The label holds the CodebaseBranch's name, `<codebase>-<branch>`; beside the codebase, the rest is enough. */
function shortBranch(branch: string, codebase: string): string {
  return codebase && branch.startsWith(`${codebase}-`) ? branch.slice(codebase.length + 1) : branch;
}

/** What the trigger wrote down of the change behind a run: texts only, whatever else is in there. */
function readChange(run: PipelineRun): { [name: string]: string } {
  const text = run.metadata.annotations?.[RESULT_ANNOTATIONS];
  if (!text) return {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null) return {};
    return Object.fromEntries(
      Object.entries(parsed).filter(
        (entry): entry is [string, string] => typeof entry[1] === "string",
      ),
    );
  } catch {
    // The annotation is written by other tools; a broken one costs no more than what it would tell.
    return {};
  }
}
