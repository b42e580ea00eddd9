import { expect, test } from "vitest";
import type { Phase } from "./phase";
import { bucketRuns, countPhases, medianDuration, successRate } from "./statistics";

const run = (phase: Phase, started: number | null = 0, ended: number | null = null) => ({
  phase,
  started,
  ended,
});

test("phases are counted", () => {
  const counts = countPhases([run("failed"), run("running"), run("failed")]);
  expect([...counts]).toEqual([
    ["failed", 2],
    ["running", 1],
  ]);
});

test("the success rate leaves out what has not ended by itself", () => {
  const runs = [
    run("succeeded"),
    run("succeeded"),
    run("failed"),
    run("cancelled"),
    run("running"),
  ];
  expect(successRate(runs)).toBeCloseTo(2 / 3);
});

test("there is no success rate before anything ended", () => {
  expect(successRate([run("running")])).toBeNull();
});

test.each([
  [[], null],
  [[run("running", 0, null)], null],
  [[run("succeeded", 0, 30), run("failed", 0, 10), run("succeeded", 0, 20)], 20],
  [[run("succeeded", 0, 10), run("succeeded", 0, 20)], 15],
])("the median duration of %j is %j", (runs, median) => {
  expect(medianDuration(runs)).toBe(median);
});

test("runs fall into the bucket they started in, and old ones into none", () => {
  const runs = [run("failed", 0), run("succeeded", 9), run("succeeded", 10), run("failed", -1)];
  const buckets = bucketRuns([...runs, run("pending", null)], { until: 20, width: 10, count: 2 });
  expect(buckets.map(({ from, total }) => [from, total])).toEqual([
    [0, 2],
    [10, 1],
  ]);
});
