import { expect, test } from "vitest";
import { findTimeRange, timeRanges } from "./timeRange";

test.each(timeRanges)("$id is as long as its label says", ({ id, width, count }) => {
  const hours = { "1h": 1, "24h": 24, "7d": 7 * 24 };
  expect(width * count).toBe(hours[id] * 3_600_000);
});

test.each([undefined, "", "1y", 7])("%j is the last day", (id) => {
  expect(findTimeRange(id).id).toBe("24h");
});
