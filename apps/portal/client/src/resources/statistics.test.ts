import { expect, test } from "vitest";
import { bucketRuns, countPhases, medianDuration, successRate, sumPhases } from "./statistics";

const counted = (count: number, ...values: (string | number | null)[]) => ({ values, count });

test("phases are counted", () => {
  const counts = countPhases([{ phase: "failed" }, { phase: "running" }, { phase: "failed" }]);
  expect([...counts]).toEqual([
    ["failed", 2],
    ["running", 1],
  ]);
});

test("the server's counts are summed by phase, whatever else they are by", () => {
  const counts = sumPhases([
    counted(2, 0, "failed"),
    counted(3, 10, "failed"),
    counted(1, 0, null),
  ]);
  expect([...counts]).toEqual([["failed", 5]]);
});

test("the success rate leaves out what has not ended by itself", () => {
  const counts = sumPhases([
    counted(2, "succeeded"),
    counted(1, "failed"),
    counted(1, "cancelled"),
    counted(1, "running"),
  ]);
  expect(successRate(counts)).toBeCloseTo(2 / 3);
});

test("there is no success rate before anything ended", () => {
  expect(successRate(sumPhases([counted(1, "running")]))).toBeNull();
});

test.each([
  [[], null],
  [[counted(1, null)], null],
  [[counted(1, 30), counted(1, 10), counted(1, 20), counted(5, null)], 20],
  [[counted(1, 10), counted(1, 20)], 15],
  [[counted(3, 10), counted(1, 20)], 10],
])("the median duration of %j is %j", (counts, median) => {
  expect(medianDuration(counts)).toBe(median);
});

test("runs fall into the bucket they started in, and old ones into none", () => {
  const counts = [
    counted(1, 0, "failed"),
    counted(2, 0, "succeeded"),
    counted(1, 10, "failed"),
    counted(1, -10, "failed"),
    counted(1, null, "pending"),
  ];
  const buckets = bucketRuns(counts, { until: 20, width: 10, count: 2 });
  expect(buckets.map(({ from, total }) => [from, total])).toEqual([
    [0, 3],
    [10, 1],
  ]);
});
