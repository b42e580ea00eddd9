import { applyMergePatch, createMergePatch, mergeThreeWay } from "@fairlead/react/writes";
import { expect, test } from "vitest";

test.each([
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])("RFC 7396: %o patched with %o is %o", (target, patch, expected) => {
  expect(applyMergePatch(target, patch)).toEqual(expected);
});

test("a patch made from two objects turns one into the other, and is small", () => {
  const from = { spec: { size: 1, tags: ["a"], gone: true }, same: { deep: [1] } };
  const to = { spec: { size: 2, tags: ["a", "b"] }, same: { deep: [1] } };
  const patch = createMergePatch(from, to);
  expect(patch).toEqual({ spec: { size: 2, tags: ["a", "b"], gone: null } });
  expect(applyMergePatch(from, patch)).toEqual(to);
});

test("a three-way merge takes each side's change, and mine where they clash", () => {
  const base = { size: 1, color: "red", old: true, nested: { a: 1, b: 1 } };
  const mine = { size: 2, color: "red", old: true, nested: { a: 2, b: 1 } };
  const theirs = { size: 3, color: "blue", nested: { a: 1, b: 2 } };
  const { merged, conflicts } = mergeThreeWay<object>(base, mine, theirs);
  expect(merged).toEqual({ size: 2, color: "blue", nested: { a: 2, b: 2 } });
  expect(conflicts).toEqual(["size"]);
});

test("one side's deletion of what the other changed is a conflict", () => {
  const { conflicts } = mergeThreeWay<object>({ a: 1 }, { a: 2 }, {});
  expect(conflicts).toEqual(["a"]);
});

test("the same change on both sides is none", () => {
  const { merged, conflicts } = mergeThreeWay<object>({ a: 1 }, { a: 2 }, { a: 2 });
  expect([merged, conflicts]).toEqual([{ a: 2 }, []]);
});
