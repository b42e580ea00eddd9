import { createTabGroup } from "@fairlead/react/tabs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connectTo, openWatch, type TestClient } from "../client.js";
import { eventually } from "../eventually.js";
import { type Peer, startPeer } from "../peer.js";

/** Node has no Web Locks; these are the exclusive ones, with what the group uses of them. */
function createLocks(): Pick<LockManager, "request"> {
  const tails = new Map<string, Promise<unknown>>();
  const request = (name: string, ...rest: unknown[]) => {
    const callback = rest.at(-1) as (lock: null) => Promise<unknown>;
    const { signal } = (rest.length > 1 ? rest[0] : {}) as { signal?: AbortSignal };
    const held = (tails.get(name) ?? Promise.resolve()).then(() => {
      if (signal?.aborted) throw signal.reason;
      return callback(null);
    });
    tails.set(
      name,
      held.catch(() => undefined),
    );
    return held;
  };
  return { request: request as LockManager["request"] };
}

let peer: Peer;
let locks: Pick<LockManager, "request">;
const open: TestClient[] = [];

beforeEach(async () => {
  peer = await startPeer();
  locks = createLocks();
});

afterEach(async () => {
  for (const tab of open.splice(0)) await tab.close();
  await peer.close();
});

async function openTab() {
  const tabs = createTabGroup({ name: `test:${peer.httpUrl}`, locks });
  const tab = connectTo(peer, { tabs });
  open.push(tab);
  return { ...tab, tabs, list: openWatch(tab) };
}

type Tab = Awaited<ReturnType<typeof openTab>>;

const isLive = (tab: Tab) => () => expect(tab.list.watch.getState().connection.state).toBe("live");

async function openTwoTabs() {
  const first = await openTab();
  await eventually(isLive(first));
  const second = await openTab();
  await eventually(isLive(second));
  return [first, second] as const;
}

test("two tabs share one socket and one subscription, and both are live", async () => {
  peer.cluster.add("a", "one");
  const [first, second] = await openTwoTabs();
  peer.cluster.add("a", "two");
  for (const tab of [first, second]) {
    await eventually(() => expect(tab.list.names()).toEqual(["one", "two"]));
  }
  expect(peer.socketCount()).toBe(1);
  expect(peer.cluster.count("watch")).toBe(1);
  expect([first.tabs.isLeader(), second.tabs.isLeader()]).toEqual([true, false]);
});

test("when the leader's tab closes the other takes over from where it is", async () => {
  const [first, second] = await openTwoTabs();
  peer.cluster.add("a", "one");
  await eventually(() => expect(second.list.names()).toEqual(["one"]));
  const seen = peer.cluster.version;
  await first.close();
  await eventually(() => expect(second.tabs.isLeader()).toBe(true));
  await eventually(() => expect(peer.cluster.cursors.at(-1)).toBe(seen));
  peer.cluster.add("a", "two");
  await eventually(() => expect(second.list.names()).toEqual(["one", "two"]));
  await eventually(() => expect(peer.socketCount()).toBe(1));
});

test("a follower tells the truth about the leader's socket", async () => {
  const [, second] = await openTwoTabs();
  await peer.stop();
  await eventually(() => {
    expect(second.list.watch.getState().isStale).toBe(true);
    expect(second.fairlead.connection.getState().state).toBe("reconnecting");
  });
  peer.cluster.add("a", "later");
  await peer.restart();
  await eventually(() => expect(second.list.names()).toEqual(["later"]));
  await eventually(isLive(second));
});

test("a follower that comes later is told what is missing, and that the cluster is lost", async () => {
  const first = await openTab();
  await eventually(isLive(first));
  peer.cluster.setUpstream("live", "team-b is missing");
  const said = { state: "live", reason: "team-b is missing" };
  await eventually(() => expect(first.list.watch.getState().connection).toEqual(said));
  const second = await openTab();
  await eventually(() => expect(second.list.watch.getState().connection).toEqual(said));
  peer.cluster.setUpstream("stale", "API server unreachable");
  await eventually(() => expect(first.list.watch.getState().isStale).toBe(true));
  const third = await openTab();
  await eventually(() => expect(third.list.watch.getState().isStale).toBe(true));
});

test("a follower is denied when the leader is", async () => {
  const [, second] = await openTwoTabs();
  peer.cluster.fail("watch", "FORBIDDEN", { message: "RBAC: no" });
  await eventually(() => expect(second.list.watch.getState().status).toBe("denied"));
});

test("the leader stops watching for a follower that has gone", async () => {
  const [first, second] = await openTwoTabs();
  first.list.stop();
  await second.close();
  await eventually(() => expect(peer.cluster.watchers.size).toBe(0));
});

test("where the browser has no locks each tab has its own socket", async () => {
  const tabs = createTabGroup();
  const tab = connectTo(peer, { tabs });
  open.push(tab);
  const list = openWatch(tab);
  await eventually(() => expect(list.watch.getState().connection.state).toBe("live"));
});
