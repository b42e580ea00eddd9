import { keyOf } from "@fairlead/react/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connectTo, openWatch, requestWidgets, type TestClient } from "../client.js";
import { eventually } from "../eventually.js";
import { type Peer, startPeer } from "../peer.js";

// The core must not need React: with it replaced by nothing, all of this still works.
vi.mock("react", () => ({}));

let peer: Peer;
let client: TestClient;

beforeEach(async () => {
  peer = await startPeer();
  client = connectTo(peer);
});

afterEach(async () => {
  await client.close();
  await peer.close();
});

const isLive = (list: ReturnType<typeof openWatch>) => () =>
  expect(list.watch.getState().connection.state).toBe("live");

test("a watch begins at the list's version and follows changes", async () => {
  peer.cluster.add("a", "one");
  const version = peer.cluster.version;
  const list = openWatch(client);
  await eventually(isLive(list));
  peer.cluster.add("a", "two");
  peer.cluster.remove("a", "one");
  await eventually(() => expect(list.names()).toEqual(["two"]));
  expect(peer.cluster.cursors).toEqual([version]);
});

test("objects of one name in several namespaces are several objects", async () => {
  for (const namespace of ["a", "b", "c"]) peer.cluster.add(namespace, "redis");
  const list = openWatch(client);
  await eventually(() => expect(list.names()).toHaveLength(3));
  peer.cluster.remove("b", "redis");
  await eventually(() => expect(list.names()).toHaveLength(2));
  const keys = list.watch.getState().snapshot.items.map(keyOf);
  expect(keys).toEqual(["a/redis", "c/redis"]);
});

test("a deletion during a lost connection is not lost, with the history gone", async () => {
  peer.cluster.add("a", "keep");
  peer.cluster.add("a", "gone");
  const list = openWatch(client);
  await eventually(isLive(list));
  await peer.stop();
  await eventually(() => expect(list.watch.getState().isStale).toBe(true));
  peer.cluster.remove("a", "gone");
  peer.cluster.compact();
  await peer.restart();
  await eventually(() => expect(list.names()).toEqual(["keep"]));
  await eventually(isLive(list));
});

test("a lost connection resumes from the last frame applied", async () => {
  peer.cluster.add("a", "one");
  const list = openWatch(client);
  await eventually(isLive(list));
  peer.cluster.add("a", "two");
  await eventually(() => expect(list.names()).toEqual(["one", "two"]));
  const seen = peer.cluster.version;
  peer.cut();
  await eventually(() => expect(peer.cluster.cursors.at(-1)).toBe(seen));
  expect(peer.cluster.cursors).toHaveLength(2);
});

test("unchanged objects keep their references through a snapshot", async () => {
  peer.cluster.add("a", "same");
  peer.cluster.add("a", "other");
  const list = openWatch(client);
  await eventually(isLive(list));
  const [before] = list.watch.getState().snapshot.items;
  await peer.stop();
  peer.cluster.change("a", "other", { size: 5 });
  peer.cluster.compact();
  await peer.restart();
  await eventually(() => expect(list.watch.getState().snapshot.items[1]?.spec.size).toBe(5));
  expect(list.watch.getState().snapshot.items[0]).toBe(before);
});

test("a watch the server ends is opened again", async () => {
  const list = openWatch(client);
  await eventually(isLive(list));
  peer.cluster.endWatches();
  await eventually(() => expect(peer.cluster.count("watch")).toBe(2));
  peer.cluster.add("a", "later");
  await eventually(() => expect(list.names()).toEqual(["later"]));
});

test("a failing watch says so, keeps its data and comes back by itself", async () => {
  peer.cluster.add("a", "one");
  const list = openWatch(client);
  await eventually(isLive(list));
  peer.cluster.fail("watch", "INTERNAL_SERVER_ERROR", { message: "upstream broke" });
  await eventually(() => {
    const { connection, isStale, status, error } = list.watch.getState();
    expect(connection).toMatchObject({ state: "reconnecting", reason: "upstream broke" });
    expect({ isStale, status, kind: error?.kind }).toEqual({
      isStale: true,
      status: "ready",
      kind: "server",
    });
  });
  expect(list.names()).toEqual(["one"]);
  peer.cluster.heal("watch");
  await eventually(isLive(list));
  expect(list.watch.getState().error).toBeNull();
});

test("after the server refused a cursor the next attempt asks for a snapshot", async () => {
  const list = openWatch(client);
  await eventually(isLive(list));
  peer.cluster.fail("watch", "INTERNAL_SERVER_ERROR", { times: 1 });
  await eventually(() => expect(peer.cluster.cursors.at(-1)).toBeNull());
  await eventually(isLive(list));
});

test("a refused watch is denied, forgets what it showed, and returns with the permission", async () => {
  peer.cluster.add("a", "secret");
  const list = openWatch(client);
  await eventually(isLive(list));
  peer.cluster.fail("watch", "FORBIDDEN", { message: "RBAC: no" });
  await eventually(() => expect(list.watch.getState().status).toBe("denied"));
  expect(list.names()).toEqual([]);
  expect(list.watch.getState().connection).toEqual({ state: "denied", reason: "RBAC: no" });
  peer.cluster.heal("watch");
  await eventually(() => expect(list.names()).toEqual(["secret"]));
});

test("the end of the session stops the watch until the next sign-in", async () => {
  const list = openWatch(client);
  await eventually(isLive(list));
  peer.cluster.fail("watch", "UNAUTHORIZED", { message: "Session expired" });
  await eventually(() =>
    expect(list.watch.getState().connection).toEqual({
      state: "signedOut",
      reason: "Session expired",
    }),
  );
  peer.cluster.heal("watch");
  expect(peer.cluster.watchers.size).toBe(0);
  client.fairlead.connection.reportSignedIn();
  await eventually(isLive(list));
});

test("a watch that opens while signed out says so instead of loading forever", async () => {
  client.fairlead.connection.reportSignedOut("Session expired");
  const list = openWatch(client);
  await eventually(() => expect(list.watch.getState().error?.kind).toBe("unauthorized"));
  expect(list.watch.getState().status).toBe("error");
  client.fairlead.connection.reportSignedIn();
  await eventually(isLive(list));
});

test("a denied watch makes the permissions be asked again", async () => {
  const key = { resourceId: requestWidgets(client).resourceId, namespace: null };
  const ask = () => client.client.widgets.permissions.query({});
  client.fairlead.permissions.subscribe(key, ask, () => undefined);
  const list = openWatch(client);
  await eventually(isLive(list));
  peer.cluster.denied.add("watch");
  peer.cluster.fail("watch", "FORBIDDEN");
  await eventually(() =>
    expect(client.fairlead.permissions.getState(key).permissions.watch.state).toBe("denied"),
  );
});

test("a server whose own upstream is lost makes the list stale, not live", async () => {
  const list = openWatch(client);
  await eventually(isLive(list));
  peer.cluster.setUpstream("stale", "API server unreachable");
  await eventually(() => {
    const { connection, isStale } = list.watch.getState();
    expect(connection).toMatchObject({ state: "reconnecting", reason: "API server unreachable" });
    expect(isStale).toBe(true);
  });
  peer.cluster.setUpstream("live", null);
  await eventually(isLive(list));
});

test("what is missing under partial rights is said for as long as it is", async () => {
  const reason = "team-b is missing: you may not list widgets";
  const list = openWatch(client);
  const says = (connection: object) => () =>
    expect(list.watch.getState()).toMatchObject({ isStale: false, connection });
  peer.cluster.setUpstream("live", reason);
  await eventually(says({ state: "live", reason }));
  peer.cluster.add("a", "one");
  await eventually(() => expect(list.names()).toEqual(["one"]));
  says({ state: "live", reason })();
  await peer.stop();
  await eventually(() => expect(list.watch.getState().connection.state).toBe("reconnecting"));
  await peer.restart();
  await eventually(says({ state: "live", reason }));
  peer.cluster.setUpstream("live", null);
  await eventually(() => expect(list.watch.getState().connection).toEqual({ state: "live" }));
});

test("everyone who shows a list shares one subscription, and a remount reuses it", async () => {
  const first = openWatch(client);
  const second = openWatch(client);
  await eventually(isLive(first));
  first.stop();
  second.stop();
  const third = openWatch(client);
  await eventually(isLive(third));
  expect(peer.cluster.count("watch")).toBe(1);
  expect(third.watch).toBe(first.watch);
});

test("after the linger time an unused watch is closed on the server too", async () => {
  const list = openWatch(client);
  await eventually(isLive(list));
  list.stop();
  await eventually(() => expect(peer.cluster.watchers.size).toBe(0));
  expect(client.fairlead.registry.size).toBe(0);
});

test("kinds of one plural in different groups do not meet", () => {
  const request = requestWidgets(client);
  const { registry } = client.fairlead;
  const other = { ...request, resourceId: request.resourceId.replace("x/", "y/") };
  expect(registry.get(request)).not.toBe(registry.get(other));
});

test("frames between two flushes are published once", async () => {
  const list = openWatch(client);
  await eventually(isLive(list));
  list.states.length = 0;
  for (let n = 0; n < 50; n += 1) peer.cluster.add("a", `burst-${n}`);
  await eventually(() => expect(list.names()).toHaveLength(50));
  expect(list.states.length).toBeLessThan(25);
});

test("signing out forgets the data of everyone", async () => {
  peer.cluster.add("a", "one");
  const list = openWatch(client);
  await eventually(isLive(list));
  client.fairlead.connection.reportSignedOut("bye");
  client.fairlead.clear();
  await eventually(() => expect(list.names()).toEqual([]));
});

test("the socket's next attempt is known while it is down", async () => {
  const list = openWatch(client);
  await eventually(isLive(list));
  await peer.stop();
  await eventually(() => {
    const state = client.fairlead.connection.getState();
    expect(state.state).toBe("reconnecting");
    expect(state.state === "reconnecting" && state.nextRetryAt).toBeGreaterThan(0);
  });
  expect(list.watch.getState().connection.state).toBe("reconnecting");
  await peer.restart();
  await eventually(isLive(list));
});

test("without an HTTP seed the first frame is the first data", async () => {
  await client.close();
  client = connectTo(peer, { initial: "subscription" });
  peer.cluster.add("a", "one");
  const list = openWatch(client);
  await eventually(() => expect(list.names()).toEqual(["one"]));
  expect(peer.cluster.count("list")).toBe(0);
});
