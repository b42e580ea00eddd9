import { expect, test } from "vitest";
import { appendLines, noLines } from "./logLines";

test("lines are numbered from one on, whatever comes together", () => {
  const log = appendLines(appendLines(noLines, ["a", "b"]), ["c"]);
  expect(log.lines).toEqual([
    { number: 1, text: "a" },
    { number: 2, text: "b" },
    { number: 3, text: "c" },
  ]);
});

test("of a long log the oldest lines go, and their count is known", () => {
  const log = appendLines(appendLines(noLines, ["a", "b", "c"], 3), ["d", "e"], 3);
  expect(log.dropped).toBe(2);
  expect(log.lines.map(({ number, text }) => `${number}${text}`)).toEqual(["3c", "4d", "5e"]);
});

test("nothing new is the same log", () => {
  expect(appendLines(noLines, [])).toBe(noLines);
});
