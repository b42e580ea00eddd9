import { backoffDelay } from "@fairlead/react/core";
import { expect, test } from "vitest";

test("delays double up to the longest", () => {
  const random = () => 1;
  const delays = [0, 1, 2, 3, 10, 1_000].map((attempt) =>
    backoffDelay(attempt, { baseMs: 100, maxMs: 500, random }),
  );
  expect(delays).toEqual([100, 200, 400, 500, 500, 500]);
});

test("delays are spread over half of their bound", () => {
  const options = { baseMs: 1_000, maxMs: 1_000 };
  expect(backoffDelay(0, { ...options, random: () => 0 })).toBe(500);
  expect(backoffDelay(0, { ...options, random: () => 1 })).toBe(1_000);
});
