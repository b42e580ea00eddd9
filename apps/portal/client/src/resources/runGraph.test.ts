import type { PipelineRun, TaskRun } from "@portal/shared";
import { expect, test } from "vitest";
import { runGraph } from "./runGraph";

function run(status: PipelineRun["status"]): PipelineRun {
  return {
    apiVersion: "tekton.dev/v1",
    kind: "PipelineRun",
    metadata: { name: "r", uid: "", resourceVersion: "" },
    spec: {},
    ...(status ? { status } : {}),
  };
}

function task(name: string, start: string, end?: string): TaskRun {
  const at = (time: string) => `2026-11-28T00:00:${time}Z`;
  return {
    apiVersion: "tekton.dev/v1",
    kind: "TaskRun",
    metadata: { name, uid: "", resourceVersion: "", labels: { "tekton.dev/pipelineTask": name } },
    spec: {},
    status: { startTime: at(start), ...(end ? { completionTime: at(end) } : {}) },
  };
}

function names(graph: ReturnType<typeof runGraph>): string[][] {
  return graph.columns.map((column) => column.map((each) => each.name));
}

test("a pipeline that is known decides the order, also of what has not started", () => {
  const tasks = [
    { name: "fetch" },
    { name: "test", runAfter: ["fetch"] },
    { name: "scan", runAfter: ["fetch"] },
    { name: "push", runAfter: ["test", "scan"] },
  ];
  const graph = runGraph(run({ pipelineSpec: { tasks } }), [task("fetch", "00", "05")], []);
  expect(names(graph)).toEqual([["fetch"], ["test", "scan"], ["push"]]);
  expect(graph.edges).toContainEqual(["scan", "push"]);
  expect(graph.columns[2]?.[0]?.reason).toBe("Not started");
});

test("without it, what had ended before came before, and what overlaps stands side by side", () => {
  const graph = runGraph(
    run({}),
    [task("a", "00", "02"), task("b", "02", "06"), task("c", "03", "08"), task("d", "08")],
    [],
  );
  expect(names(graph)).toEqual([["a"], ["b", "c"], ["d"]]);
  expect(graph.edges).toEqual([
    ["a", "b"],
    ["a", "c"],
    ["b", "d"],
    ["c", "d"],
  ]);
});

test("a circle in what a pipeline says does not hang the page", () => {
  const tasks = [
    { name: "a", runAfter: ["b"] },
    { name: "b", runAfter: ["a"] },
  ];
  const graph = runGraph(run({ pipelineSpec: { tasks } }), [], []);
  expect(names(graph).flat().sort()).toEqual(["a", "b"]);
});
