import { expect, test } from "vitest";
import { PROTECTION_LABEL, protect } from "./protection";

const allowed = { state: "allowed", allowed: true, reason: null } as const;
const labelled = (value: string) => ({ metadata: { labels: { [PROTECTION_LABEL]: value } } });

test.each([
  ["update", false, true],
  ["delete", true, false],
  ["update-delete", false, false],
  ["", true, true],
])("the label %j leaves update %s and delete %s", (value, update, remove) => {
  expect(protect(allowed, labelled(value), "update").allowed).toBe(update);
  expect(protect(allowed, labelled(value), "delete").allowed).toBe(remove);
});

test("an object without labels is not protected", () => {
  expect(protect(allowed, { metadata: {} }, "delete")).toBe(allowed);
});
