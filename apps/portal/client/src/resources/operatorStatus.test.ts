import { expect, test } from "vitest";
import { operatorStatus } from "./operatorStatus";

test.each([
  ["created", "succeeded", "Ready"],
  ["initialized", "running", "Initialized"],
  ["in_progress", "running", "In progress"],
  ["failed", "failed", "Failed"],
  ["paused", "unknown", "paused"],
  ["", "pending", "Pending"],
])("the operator's %j is %s", (status, phase, reason) => {
  expect(operatorStatus({ status })).toMatchObject({ phase, reason });
});

test("an object without a status waits for its operator", () => {
  expect(operatorStatus(null).phase).toBe("pending");
});

test("an object on its way out says so, whatever its operator wrote last", () => {
  expect(operatorStatus({ status: "created" }, "2026-11-23T10:00:00Z").reason).toBe("Deleting");
});

test("the operator's message is kept", () => {
  const message = "repository not found";
  expect(operatorStatus({ status: "failed", detailedMessage: message }).message).toBe(message);
});
