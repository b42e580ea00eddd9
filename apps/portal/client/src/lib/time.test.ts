import { describe, expect, test } from "vitest";
import { formatAge, formatDuration, parseDuration, parseTime } from "./time";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

describe("formatDuration", () => {
  test.each([
    [0, "0s"],
    [-5 * second, "0s"],
    [59.9 * second, "59s"],
    [minute, "1m"],
    [3 * minute + 20 * second, "3m 20s"],
    [hour + 59 * second, "1h"],
    [5 * hour + minute, "5h 1m"],
    [12 * day + 4 * hour + 59 * minute, "12d 4h"],
  ])("writes %d ms as %s", (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});

describe("formatAge", () => {
  test.each([
    [-hour, "now"],
    [4 * second, "now"],
    [42 * second, "42s"],
    [119 * second, "1m"],
    [23 * hour, "23h"],
    [400 * day, "400d"],
  ])("writes %d ms as %s", (milliseconds, text) => {
    expect(formatAge(milliseconds)).toBe(text);
  });
});

test.each([
  ["42s", 42],
  ["5m10s", 310],
  ["3d4h", 273_600],
  ["2y8d", 63_763_200],
  ["<unknown>", null],
  ["", null],
  ["5 m", null],
])("what the cluster prints as %s is so many seconds", (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

describe("parseTime", () => {
  test("reads RFC 3339", () => {
    expect(parseTime("2026-11-23T10:00:00Z")).toBe(Date.UTC(2026, 10, 23, 10));
  });

  test.each([undefined, null, "", "yesterday"])("has no time for %s", (value) => {
    expect(parseTime(value)).toBeNull();
  });
});
