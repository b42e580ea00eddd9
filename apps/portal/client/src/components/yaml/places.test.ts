import { expect, test } from "vitest";
import { lineOf, parseYaml, toYaml } from "./places";

const text = "kind: Pod\nspec:\n  containers:\n    - name: a\n      image: b\n    - name: c\n";

test("a field's line is that of its key, or of what stands nearest above", () => {
  expect(lineOf(text, "spec.containers[0].image")).toBe(5);
  expect(lineOf(text, "spec.containers[1]")).toBe(6);
  expect(lineOf(text, "spec.containers[1].image")).toBe(6);
  expect(lineOf(text, "spec.volumes[name=x]")).toBe(2);
  expect(lineOf(text, "nowhere")).toBe(1);
});

test("a text that is no YAML says where", () => {
  expect(parseYaml("a: 1\nb: [").problem).toMatchObject({ line: 2 });
  expect(parseYaml("- a").problem).toMatchObject({ message: "This is no object." });
  expect(parseYaml("a: 1\na: 2").problem).toMatchObject({ line: 2 });
  expect(parseYaml(text).value).toMatchObject({ kind: "Pod" });
});

test("the cluster's bookkeeping is left out", () => {
  const object = { kind: "Pod", metadata: { name: "a", managedFields: [{}] } };
  expect(toYaml(object)).toBe("kind: Pod\nmetadata:\n  name: a\n");
});
