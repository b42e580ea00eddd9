import { describe, expect, test } from "vitest";
import {
  formatSort,
  formatVisibility,
  parseList,
  parseSort,
  readVisibility,
  validateTableSearch,
} from "./tableSearch";

describe("sorting in the address", () => {
  test.each([
    [undefined, []],
    ["name", [{ id: "name", desc: false }]],
    [
      "-started,name",
      [
        { id: "started", desc: true },
        { id: "name", desc: false },
      ],
    ],
  ])("%s is read and written back", (text, sorting) => {
    expect(parseSort(text)).toEqual(sorting);
    expect(formatSort(sorting)).toBe(text);
  });
});

test("a column that is not shown at first is shown when the address says so, and only then", () => {
  const extra = ["host", "node"];
  expect(readVisibility({}, extra)).toEqual({ host: false, node: false });
  const chosen = readVisibility({ hide: "age", show: "node" }, extra);
  expect(chosen).toEqual({ age: false, host: false });
  expect(formatVisibility(chosen, extra)).toEqual({ hide: "age", show: "node" });
  expect(formatVisibility({}, [])).toEqual({ hide: undefined, show: undefined });
});

test("a list in the address leaves out empty parts", () => {
  expect(parseList("failed,,running,")).toEqual(["failed", "running"]);
});

test("a search that looks like a number is a text", () => {
  expect(validateTableSearch({ q: 42 }).q).toBe("42");
});

test("what an address cannot hold is ignored", () => {
  const search = validateTableSearch({ q: { deep: 1 }, sort: "", create: "yes", other: "x" });
  expect(Object.values(search).filter((value) => value !== undefined)).toEqual([]);
});
