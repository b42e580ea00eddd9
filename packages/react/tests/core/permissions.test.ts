/** Rights that change while they are shown, over real sockets. */
import type { PermissionSource } from "@fairlead/react/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connectTo, type TestClient, type TestOptions, widgetResource } from "../client.js";
import { eventually } from "../eventually.js";
import { type Peer, startPeer } from "../peer.js";

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

const patient: TestOptions = { permissions: { maxAgeMs: 3_600_000, pollMs: 3_600_000 } };

async function reconnect(options: TestOptions) {
  await client.close();
  client = connectTo(peer, options);
}

function show(namespace: string | null = null) {
  const { fairlead, client: trpc } = client;
  const key = { resourceId: widgetResource.id, namespace };
  const source: PermissionSource = {
    ask: () => trpc.widgets.permissions.query({ namespace }),
    follow: (observer) => trpc.widgets.watchPermissions.subscribe({ namespace }, observer),
  };
  const stop = fairlead.permissions.subscribe(key, source, () => undefined);
  const state = () => fairlead.permissions.getState(key);
  const right = (verb: "delete" | "list") => state().permissions[verb].state;
  return { key, stop, state, right };
}

test("a change is told, not asked for", async () => {
  await reconnect(patient);
  const shown = show();
  await eventually(() => expect(shown.right("delete")).toBe("allowed"));
  await eventually(() => expect(peer.cluster.count("watchPermissions")).toBe(1));
  const asked = peer.cluster.count("permissions");
  peer.cluster.deny("delete");
  await eventually(() => expect(shown.right("delete")).toBe("denied"));
  peer.cluster.permit("delete");
  await eventually(() => expect(shown.right("delete")).toBe("allowed"));
  expect(peer.cluster.count("permissions")).toBe(asked);
});

test("all who show the same rights share one subscription, and the last one ends it", async () => {
  await reconnect({ permissions: { maxAgeMs: 3_600_000, lingerMs: 0 } });
  const first = show("a");
  const second = show("a");
  await eventually(() => expect(peer.cluster.count("watchPermissions")).toBe(1));
  first.stop();
  peer.cluster.deny("a:delete");
  await eventually(() => expect(second.right("delete")).toBe("denied"));
  expect(peer.cluster.count("watchPermissions")).toBe(1);
  second.stop();
  await eventually(() => expect(second.state().status).toBe("loading"));
});

test("a server that cannot tell is asked every so often, and not for the subscription", async () => {
  peer.cluster.fail("watchPermissions", "NOT_FOUND");
  await reconnect({ permissions: { maxAgeMs: 20 } });
  const shown = show();
  await eventually(() => expect(shown.right("delete")).toBe("allowed"));
  peer.cluster.deny("delete");
  await eventually(() => expect(shown.right("delete")).toBe("denied"));
  expect(peer.cluster.count("watchPermissions")).toBe(1);
});

test("a subscription that ends is opened again", async () => {
  peer.cluster.fail("watchPermissions", "INTERNAL_SERVER_ERROR", { times: 1 });
  await reconnect({ permissions: { maxAgeMs: 3_600_000, pollMs: 20 } });
  const shown = show();
  await eventually(() => expect(peer.cluster.count("watchPermissions")).toBe(2));
  peer.cluster.deny("delete");
  await eventually(() => expect(shown.right("delete")).toBe("denied"));
});

test("what changed while the socket was away is told when it is back", async () => {
  await reconnect(patient);
  const shown = show();
  await eventually(() => expect(peer.cluster.count("watchPermissions")).toBe(1));
  await peer.stop();
  peer.cluster.deny("delete");
  await peer.restart();
  await eventually(() => expect(shown.right("delete")).toBe("denied"));
});

test("a tab whose socket another one has asks, and is told once it leads", async () => {
  await reconnect({ permissions: { maxAgeMs: 3_600_000, pollMs: 20 } });
  const { permissions } = client.fairlead;
  permissions.canFollow = () => false;
  const shown = show();
  peer.cluster.deny("delete");
  await eventually(() => expect(shown.right("delete")).toBe("denied"));
  expect(peer.cluster.count("watchPermissions")).toBe(0);
  permissions.canFollow = () => true;
  await eventually(() => expect(peer.cluster.count("watchPermissions")).toBe(1));
});

test("after signing out the next user is told anew", async () => {
  await reconnect(patient);
  const shown = show();
  await eventually(() => expect(peer.cluster.count("watchPermissions")).toBe(1));
  await eventually(() => expect(shown.state().status).toBe("ready"));
  client.fairlead.clear();
  expect(shown.state().status).toBe("loading");
  await eventually(() => expect(peer.cluster.count("watchPermissions")).toBe(2));
  await eventually(() => expect(shown.state().status).toBe("ready"));
});

test("subresources have answers of their own", async () => {
  peer.cluster.deny("get log");
  const shown = show();
  await eventually(() => expect(shown.state().subresources["log"]?.["get"]?.state).toBe("denied"));
  expect(shown.right("list")).toBe("allowed");
});

test("an answer asked for before a change was told does not undo it", async () => {
  await reconnect(patient);
  const shown = show();
  await eventually(() => expect(peer.cluster.count("watchPermissions")).toBe(1));
  await eventually(() => expect(shown.state().status).toBe("ready"));
  let answerLate = () => undefined as unknown;
  const late = new Promise<void>((resolve) => (answerLate = resolve));
  const old = peer.cluster.answers(null);
  const { permissions } = client.fairlead;
  permissions.subscribe(
    shown.key,
    () => late.then(() => old),
    () => undefined,
  );
  const refetched = permissions.refetch(shown.key);
  peer.cluster.deny("delete");
  await eventually(() => expect(shown.right("delete")).toBe("denied"));
  answerLate();
  await refetched;
  expect(shown.right("delete")).toBe("denied");
});
