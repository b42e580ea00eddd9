import { expect, test } from "vitest";
import { readAt, takeFrom } from "./paths";

const mine = { metadata: { labels: { "app.io/tier": "mine" } }, spec: { text: "mine", size: 1 } };
const theirs = { metadata: { labels: { "app.io/tier": "theirs" } }, spec: { size: 2 } };

test("a place is read, also through keys with dots", () => {
  expect(readAt(mine, "spec.text")).toBe("mine");
  expect(readAt(mine, "metadata.labels.app.io/tier")).toBe("mine");
  expect(readAt(mine, "spec.absent")).toBe(undefined);
});

test("what the other has at a place is taken over, and nothing else", () => {
  expect(takeFrom(mine, theirs, "spec.size")).toEqual({ ...mine, spec: { text: "mine", size: 2 } });
  expect(takeFrom(mine, theirs, "metadata.labels.app.io/tier")).toEqual({
    ...mine,
    metadata: theirs.metadata,
  });
});

test("a field that the other does not have is taken away", () => {
  expect(takeFrom(mine, theirs, "spec.text")).toEqual({ ...mine, spec: { size: 1 } });
  expect(mine.spec.text).toBe("mine");
});
