import { expect, test } from "vitest";
import { pathAt, type Schema, suggest } from "./schema";

const root: Schema = {
  $ref: "#/$defs/Pod",
  $defs: {
    Pod: {
      type: "object",
      required: ["spec"],
      properties: {
        kind: { type: "string" },
        metadata: {
          type: "object",
          properties: { labels: { type: "object", additionalProperties: { type: "string" } } },
        },
        spec: { allOf: [{ $ref: "#/$defs/Spec" }], description: "What to run." },
      },
    },
    Spec: {
      type: "object",
      properties: {
        hostNetwork: { type: "boolean" },
        restartPolicy: { type: "string", enum: ["Always", "Never"] },
        containers: { type: "array", items: { $ref: "#/$defs/Container" } },
      },
    },
    Container: {
      type: "object",
      properties: { name: { type: "string" }, image: { type: "string" } },
    },
  },
};

function labels(text: string): string[] {
  const lines = text.split("\n");
  return suggest(root, lines, lines.length - 1).map(({ label }) => label);
}

test("keys of the top, with what is required", () => {
  expect(labels("")).toEqual(["kind", "metadata", "spec"]);
  expect(suggest(root, [""], 0).find(({ label }) => label === "spec")).toMatchObject({
    detail: "object, required",
    info: "What to run.",
  });
});

test("keys below a key, through references", () => {
  expect(labels("kind: Pod\nspec:\n  ")).toEqual(["hostNetwork", "restartPolicy", "containers"]);
});

test("keys of a list's items, at either indentation", () => {
  expect(labels("spec:\n  containers:\n    - name: a\n      ")).toEqual(["name", "image"]);
  expect(labels("spec:\n  containers:\n  - name: a\n    ")).toEqual(["name", "image"]);
  expect(labels("spec:\n  containers:\n    - ")).toEqual(["name", "image"]);
});

test("after a list the keys are those of its owner again", () => {
  expect(labels("spec:\n  containers:\n    - name: a\n  ")).toEqual([
    "hostNetwork",
    "restartPolicy",
    "containers",
  ]);
});

test("values that are allowed", () => {
  expect(labels("spec:\n  restartPolicy: ")).toEqual(["Always", "Never"]);
  expect(labels("spec:\n  hostNetwork: t")).toEqual(["true", "false"]);
});

test("places that the schema does not know have no suggestions", () => {
  expect(labels("metadata:\n  labels:\n    a: ")).toEqual([]);
  expect(labels("nothing:\n  ")).toEqual([]);
});

test("a new document begins anew", () => {
  expect(pathAt(["spec:", "  a: 1", "---", ""], 3)).toEqual([]);
});
