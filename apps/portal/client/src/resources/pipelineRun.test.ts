import type { PipelineRun } from "@portal/shared";
import { describe, expect, test } from "vitest";
import { findSucceeded, pipelineRunStatus, toPipelineRunRow } from "./pipelineRun";

type Condition = NonNullable<NonNullable<PipelineRun["status"]>["conditions"]>[number];

function runWith(conditions: Condition[], asked?: PipelineRun["spec"]["status"]): PipelineRun {
  return {
    apiVersion: "tekton.dev/v1",
    kind: "PipelineRun",
    metadata: { name: "build-main-x7k2", namespace: "team-a", uid: "u1", resourceVersion: "7" },
    spec: asked ? { status: asked } : {},
    status: { conditions },
  };
}

const notified: Condition = { type: "Notified", status: "False", reason: "Failed" };

function phaseOf(status: Condition["status"], reason: string) {
  return pipelineRunStatus(runWith([{ type: "Succeeded", status, reason }])).phase;
}

describe("the deciding condition", () => {
  test("is the one of type Succeeded, wherever it stands", () => {
    const run = runWith([notified, { type: "Succeeded", status: "True", reason: "Completed" }]);
    expect(findSucceeded(run)?.reason).toBe("Completed");
    expect(pipelineRunStatus(run).phase).toBe("succeeded");
  });

  test("is not replaced by another that happens to be first", () => {
    expect(findSucceeded(runWith([notified]))).toBeNull();
    expect(pipelineRunStatus(runWith([notified])).phase).toBe("pending");
  });
});

test.each([
  ["True", "Succeeded", "succeeded"],
  ["True", "Completed", "succeeded"],
  ["False", "Failed", "failed"],
  ["False", "PipelineRunTimeout", "failed"],
  ["False", "CreateRunFailed", "failed"],
  ["False", "Cancelled", "cancelled"],
  ["False", "CancelledRunFinally", "cancelled"],
  ["Unknown", "Started", "running"],
  ["Unknown", "Running", "running"],
  ["Unknown", "PipelineRunPending", "pending"],
  ["Unknown", "Cancelled", "stopping"],
  ["Unknown", "PipelineRunStopping", "stopping"],
  ["Unknown", "StoppedRunningFinally", "stopping"],
] as const)("%s with %s is %s", (status, reason, phase) => {
  expect(phaseOf(status, reason)).toBe(phase);
});

test("a run without any status waits", () => {
  const { status: _, ...run } = runWith([]);
  expect(pipelineRunStatus(run)).toEqual({ phase: "pending", reason: "Pending", message: null });
});

test("a running run that was asked to stop is stopping", () => {
  const run = runWith([{ type: "Succeeded", status: "Unknown", reason: "Running" }], "Cancelled");
  expect(pipelineRunStatus(run).phase).toBe("stopping");
});

test("a reason loses the kind's name, not its meaning", () => {
  const run = runWith([{ type: "Succeeded", status: "False", reason: "PipelineRunTimeout" }]);
  expect(pipelineRunStatus(run).reason).toBe("Timeout");
});

describe("a table row", () => {
  const run: PipelineRun = {
    ...runWith([{ type: "Succeeded", status: "True", reason: "Succeeded" }]),
    metadata: {
      name: "build-main-x7k2",
      namespace: "team-a",
      uid: "u1",
      resourceVersion: "7",
      creationTimestamp: "2026-11-23T10:00:00Z",
      labels: {
        "app.edp.epam.com/codebase": "api",
        "app.edp.epam.com/codebasebranch": "api-feature-x",
        "app.edp.epam.com/pipelinetype": "build",
      },
      annotations: { "results.tekton.dev/resultAnnotations": '{"author":"maria"}' },
    },
  };

  test("is keyed by namespace and name", () => {
    expect(toPipelineRunRow(run).id).toBe("team-a/build-main-x7k2");
  });

  test("shortens the branch by its codebase and takes the author from the annotation", () => {
    expect(toPipelineRunRow(run)).toMatchObject({ branch: "feature-x", author: "maria" });
  });

  test("counts from creation until the run has started", () => {
    expect(toPipelineRunRow(run).started).toBe(Date.UTC(2026, 10, 23, 10));
  });

  test("never counts on for a run that is over", () => {
    const condition = { type: "Succeeded", status: "False", reason: "CreateRunFailed" } as const;
    const lastTransitionTime = "2026-11-23T10:00:05Z";
    const refused = { ...run, status: { conditions: [{ ...condition, lastTransitionTime }] } };
    expect(toPipelineRunRow(refused).ended).toBe(Date.UTC(2026, 10, 23, 10, 0, 5));
  });

  test("survives an annotation that is not JSON", () => {
    const annotations = { "results.tekton.dev/resultAnnotations": "{" };
    const broken = { ...run, metadata: { ...run.metadata, annotations } };
    expect(toPipelineRunRow(broken).author).toBe("");
  });
});
