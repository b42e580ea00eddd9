// @vitest-environment jsdom
import { type Connection, createConnection } from "@fairlead/react/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

let connection: Connection;
let isOnline = true;
let stop: () => void;

const idle = { state: "idle", error: null } as const;
const connecting = { state: "connecting", error: null } as const;
const lost = { state: "connecting", error: { message: "WebSocket closed" } } as const;
const open = { state: "pending", error: null } as const;

beforeEach(() => {
  isOnline = true;
  vi.spyOn(navigator, "onLine", "get").mockImplementation(() => isOnline);
  connection = createConnection({ random: () => 1, baseMs: 100 });
  stop = connection.followNetwork();
});

afterEach(() => {
  stop();
  vi.restoreAllMocks();
});

function setOnline(online: boolean) {
  isOnline = online;
  window.dispatchEvent(new Event(online ? "online" : "offline"));
}

test("a first connection is connecting, then live; a lost one is reconnecting", () => {
  expect(connection.getState()).toEqual({ state: "idle" });
  connection.reportSocket(connecting);
  expect(connection.getState()).toEqual({ state: "connecting" });
  connection.reportSocket(open);
  expect(connection.getState()).toEqual({ state: "live" });
  connection.reportSocket(lost);
  expect(connection.getState()).toMatchObject({
    state: "reconnecting",
    reason: "WebSocket closed",
  });
});

test("the time of the next attempt is the one the socket was given", () => {
  connection.reportSocket(open);
  connection.reportSocket(lost);
  const before = Date.now();
  const delay = connection.webSocketOptions().retryDelayMs(2);
  const state = connection.getState();
  expect(delay).toBe(400);
  expect(state).toMatchObject({ state: "reconnecting", attempt: 3 });
  expect(state.state === "reconnecting" && state.nextRetryAt).toBeGreaterThanOrEqual(before + 400);
});

test("without a network a lost connection is offline, and reconnecting when it is back", () => {
  connection.reportSocket(open);
  connection.reportSocket(lost);
  setOnline(false);
  expect(connection.getState()).toEqual({ state: "offline" });
  setOnline(true);
  expect(connection.getState().state).toBe("reconnecting");
});

test("an open socket is believed rather than the browser's guess", () => {
  connection.reportSocket(open);
  setOnline(false);
  expect(connection.getState()).toEqual({ state: "live" });
});

test("signed out beats everything until the next sign-in", () => {
  connection.reportSocket(open);
  connection.reportSignedOut("Session expired");
  connection.reportSocket(lost);
  expect(connection.getState()).toEqual({ state: "signedOut", reason: "Session expired" });
  connection.reportSocket(open);
  connection.reportSignedIn();
  expect(connection.getState()).toEqual({ state: "live" });
});

test("a socket closed for want of use is idle, not lost", () => {
  connection.reportSocket(open);
  connection.reportSocket(idle);
  expect(connection.getState()).toEqual({ state: "idle" });
  connection.reportSocket(connecting);
  expect(connection.getState()).toEqual({ state: "connecting" });
});

test("listeners hear of changes only", () => {
  const listener = vi.fn();
  connection.subscribe(listener);
  connection.reportSocket(open);
  connection.reportSocket(open);
  expect(listener).toHaveBeenCalledOnce();
});
