import { afterEach, beforeEach, expect, test } from "vitest";
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
