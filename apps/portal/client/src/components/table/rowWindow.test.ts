import { expect, test } from "vitest";
import { spanFor, toQuery } from "./rowWindow";

test.each([
  [0, 0],
  [49, 0],
  [99, 0],
  [100, 50],
  [9_999, 9_900],
])("with row %i on top, rows are asked for from %i on", (first, offset) => {
  expect(spanFor(first)).toBe(offset);
});

const fields = { name: "metadata.name" };
const facets = [{ key: "status", column: "phase" }] as const;

test("what the address says is asked of the server by the row's own fields", () => {
  const search = { q: "main", status: "failed,running" };
  const sorting = [
    { id: "name", desc: false },
    { id: "started", desc: true },
  ];
  expect(toQuery({ search, sorting, fields, facets, names: ["team-a"] })).toEqual({
    namespace: "team-a",
    search: "main",
    sort: ["metadata.name", "-started"],
    facets: [{ by: ["phase"] }],
    filters: [{ field: "phase", operator: "in", value: ["failed", "running"] }],
  });
});

test("several namespaces are those of all that are wanted", () => {
  const asked = { search: {}, sorting: [], fields, facets, names: ["team-a", "team-b"] };
  const { namespace, filters } = toQuery(asked);
  expect(namespace).toBeNull();
  expect(filters).toEqual([
    { field: "metadata.namespace", operator: "in", value: ["team-a", "team-b"] },
  ]);
});
