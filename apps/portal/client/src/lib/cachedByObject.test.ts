import { expect, test } from "vitest";
import { cachedByObject } from "./cachedByObject";

test("the same object is made into the same result, an equal one into another", () => {
  const toRow = cachedByObject(({ name }: { name: string }) => ({ label: name.toUpperCase() }));
  const run = { name: "build" };
  expect(toRow(run)).toBe(toRow(run));
  expect(toRow({ ...run })).not.toBe(toRow(run));
  expect(toRow({ ...run })).toEqual({ label: "BUILD" });
});
