import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { KeptInput, signInUrl } from "../../src/core/index.js";
import { connectTo, type TestClient } from "../client.js";
import { eventually } from "../eventually.js";
import { type Peer, startPeer } from "../peer.js";

let peer: Peer;
let client: TestClient;
const key = { resourceId: "x/v1/widgets@widgets", namespace: null };

beforeEach(async () => {
  peer = await startPeer();
  client = connectTo(peer);
});

afterEach(async () => {
  await client.close();
  await peer.close();
});

test("a streamed batch tells the end of the session", async () => {
  peer.cluster.fail("get", "UNAUTHORIZED", { message: "Session expired" });
  await expect(client.client.widgets.get.query({ name: "one" })).rejects.toThrow();
  const state = client.fairlead.connection.getState();
  expect(state).toEqual({ state: "signedOut", reason: "Session expired" });
});

test("a denial and a failure are not the end of the session", async () => {
  peer.cluster.fail("get", "FORBIDDEN");
  await expect(client.client.widgets.get.query({ name: "one" })).rejects.toThrow();
  peer.cluster.fail("get", "INTERNAL_SERVER_ERROR");
  await expect(client.client.widgets.get.query({ name: "one" })).rejects.toThrow();
  expect(client.fairlead.connection.getState().state).not.toBe("signedOut");
});

test("signing out forgets the answers about permissions", async () => {
  const ask = () => client.client.widgets.permissions.query({});
  const { permissions } = client.fairlead;
  permissions.subscribe(key, ask, () => undefined);
  await eventually(() => expect(permissions.getState(key).status).toBe("ready"));
  peer.cluster.denied.add("delete");
  client.fairlead.clear();
  expect(permissions.getState(key).status).toBe("loading");
  await eventually(() => expect(permissions.getState(key).permissions.delete.state).toBe("denied"));
});

test("answers stay while the server cannot be reached", async () => {
  const ask = () => client.client.widgets.permissions.query({});
  const { permissions } = client.fairlead;
  permissions.subscribe(key, ask, () => undefined);
  await eventually(() => expect(permissions.getState(key).status).toBe("ready"));
  await peer.stop();
  await permissions.refetch(key);
  expect(permissions.getState(key)).toMatchObject({
    status: "ready",
    permissions: { delete: { allowed: true } },
    error: { kind: "transport" },
  });
});

test("what was typed is kept for its owner only, once, and not for ever", () => {
  const items = new Map<string, string>();
  const storage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  } as Storage;
  const before = new KeptInput(storage);
  before.setOwner("ann");
  const stop = before.register("form", () => ({ name: "typed" }));
  before.register("other", () => 1);
  before.save();
  stop();

  const stranger = new KeptInput(storage);
  stranger.setOwner("bob");
  expect(stranger.find("form")).toBeUndefined();
  const after = new KeptInput(storage);
  after.setOwner("ann");
  expect(after.find("form")).toEqual({ name: "typed" });
  after.drop("form");
  expect(after.find("form")).toBeUndefined();
  expect(after.find("other")).toBe(1);
  vi.useFakeTimers({ now: Date.now() + 31 * 60_000 });
  expect(after.find("other")).toBeUndefined();
  vi.useRealTimers();
  after.clear();
  expect(items.size).toBe(0);
});

test("a page without storage, or with something else in it, keeps nothing", () => {
  const none = new KeptInput(null);
  none.register("form", () => 1);
  none.save();
  expect(none.find("form")).toBeUndefined();
  const broken = { getItem: () => "{", setItem: () => undefined, removeItem: () => undefined };
  expect(new KeptInput(broken as unknown as Storage).find("form")).toBeUndefined();
});

test("the sign-in page leads back to where one was, whatever is in the address", () => {
  const url = new URL(signInUrl("/sign-in", "/a?b=1&c=%2F#d"), "http://x");
  expect(url.searchParams.get("return_to")).toBe("/a?b=1&c=%2F#d");
});
