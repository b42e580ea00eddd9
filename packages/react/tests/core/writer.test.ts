import { type Notifier, pendingOf } from "@fairlead/react/core";
import type { Conflict } from "@fairlead/react/writes";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connectTo, openWatch, type TestClient, writerOf } from "../client.js";
import type { Widget } from "../cluster.js";
import { eventually } from "../eventually.js";
import { type Peer, startPeer } from "../peer.js";

let peer: Peer;
let client: TestClient;
let notify: { [method in keyof Notifier]: ReturnType<typeof vi.fn<Notifier[method]>> };

beforeEach(async () => {
  peer = await startPeer();
  notify = { loading: vi.fn(), success: vi.fn(), error: vi.fn() };
  client = connectTo(peer, { notify });
});

afterEach(async () => {
  await client.close();
  await peer.close();
});

async function openLive(scope = {}) {
  const list = openWatch(client, scope);
  await eventually(() => expect(list.watch.getState().connection.state).toBe("live"));
  const find = (name: string) =>
    list.watch.getState().snapshot.items.find((item) => item.metadata.name === name);
  return { ...list, find };
}

/** Every distinct list of names a reader saw, in order. */
function namesSeen(list: { states: { snapshot: { items: readonly Widget[] } }[] }) {
  return list.states.map(({ snapshot }) => snapshot.items.map((item) => item.metadata.name));
}

test("a created object shows at once, is marked, and is replaced without a flicker", async () => {
  const list = await openLive();
  list.states.length = 0;
  const release = peer.cluster.hold("create");
  const created = writerOf(client).create({
    metadata: { namespace: "a", name: "new" },
    spec: { size: 2 },
  });
  await eventually(() => expect(list.names()).toEqual(["new"]));
  release();
  await created;
  await eventually(() => expect(pendingOf(list.find("new"))).toBeNull());
  expect(list.find("new")?.metadata.uid).toBe("uid-1");
  expect(namesSeen(list).every((names) => names.length === 1)).toBe(true);
});

test("a refused creation disappears, and the reason is told", async () => {
  peer.cluster.fail("create", "FORBIDDEN", { message: "RBAC: create denied" });
  const list = await openLive();
  const draft = { metadata: { namespace: "a", name: "new" }, spec: { size: 2 } };
  await expect(writerOf(client).create(draft)).rejects.toThrow("RBAC: create denied");
  await eventually(() => expect(list.names()).toEqual([]));
  const [notice] = notify.error.mock.calls[0] ?? [];
  expect(notice?.message).toBe("Could not create Widget new: RBAC: create denied");
  expect(notice?.retry).toBeNull();
});

test("a generated name is known to the message and to the list", async () => {
  const list = await openLive();
  const created = await writerOf(client).create({
    metadata: { namespace: "a", generateName: "run-" },
    spec: { size: 1 },
  });
  expect(created.metadata.name).toMatch(/^run-[a-z0-9]{5}$/);
  await eventually(() => expect(list.names()).toEqual([created.metadata.name]));
  expect(notify.success.mock.calls[0]?.[0].message).toBe(`Widget ${created.metadata.name} created`);
});

test("an optimistic object shows only in the lists it belongs to", async () => {
  const mine = await openLive({ namespace: "a", labelSelector: "team=red" });
  const other = await openLive({ namespace: "b" });
  const unlabelled = await openLive({ namespace: "a", labelSelector: "team=blue" });
  const release = peer.cluster.hold("create");
  const metadata = { namespace: "a", name: "new", labels: { team: "red" } };
  const created = writerOf(client).create({ metadata, spec: { size: 1 } });
  await eventually(() => expect(mine.names()).toEqual(["new"]));
  expect([...other.names(), ...unlabelled.names()]).toEqual([]);
  release();
  await created;
});

test("a patch shows at once over whatever the server sends meanwhile", async () => {
  peer.cluster.add("a", "one", { size: 1 });
  const list = await openLive();
  const release = peer.cluster.hold("patch");
  const patched = writerOf(client).patch({
    name: "one",
    namespace: "a",
    patch: { spec: { size: 9 } },
  });
  await eventually(() => expect(list.find("one")?.spec.size).toBe(9));
  peer.cluster.change("a", "one", { color: "red" });
  await eventually(() => expect(list.find("one")?.spec).toEqual({ size: 9, color: "red" }));
  expect(pendingOf(list.find("one"))?.operation).toBe("patch");
  release();
  await patched;
  await eventually(() => expect(pendingOf(list.find("one"))).toBeNull());
  expect(list.find("one")?.spec).toEqual({ size: 9, color: "red" });
});

test("a refused patch shows the server's object again", async () => {
  peer.cluster.add("a", "one", { size: 1 });
  peer.cluster.fail("patch", "BAD_REQUEST", { message: "size: too large" });
  const list = await openLive();
  const before = list.find("one");
  const patch = { name: "one", namespace: "a", patch: { spec: { size: 9 } } };
  await expect(writerOf(client).patch(patch)).rejects.toThrow("too large");
  await eventually(() => expect(list.find("one")).toBe(before));
});

test("a deleted object is marked, then gone; a refused deletion brings it back", async () => {
  const one = peer.cluster.add("a", "one");
  const list = await openLive();
  peer.cluster.fail("delete", "FORBIDDEN", { times: 1 });
  await expect(writerOf(client).remove(one)).rejects.toThrow("FORBIDDEN");
  await eventually(() => expect(pendingOf(list.find("one"))).toBeNull());
  const release = peer.cluster.hold("delete");
  const removed = writerOf(client).remove(one);
  await eventually(() => expect(list.names()).toEqual([]));
  release();
  await removed;
  expect(list.names()).toEqual([]);
});

test("a deletion spares a new object of the same name", async () => {
  const old = peer.cluster.add("a", "one");
  await openLive();
  peer.cluster.remove("a", "one");
  peer.cluster.add("a", "one");
  await expect(writerOf(client).remove(old)).rejects.toThrow("uid differs");
  expect(peer.cluster.find("a", "one").metadata.uid).toBe("uid-2");
});

test("a write survives the loss of the live connection in between", async () => {
  const list = await openLive();
  await peer.stop();
  await peer.restart();
  const release = peer.cluster.hold("create");
  const draft = { metadata: { namespace: "a", name: "new" }, spec: { size: 1 } };
  const created = writerOf(client).create(draft);
  await eventually(() => expect(peer.cluster.count("create")).toBe(1));
  release();
  await created;
  await eventually(() => expect(pendingOf(list.find("new"))).toBeNull());
  expect(list.names()).toEqual(["new"]);
});

test("a creation whose answer was lost is no ghost: the live list tells what happened", async () => {
  const list = await openLive();
  peer.cluster.hold("create");
  const draft = { metadata: { namespace: "a", name: "new" }, spec: { size: 1 } };
  const created = writerOf(client).create(draft);
  created.catch(() => undefined);
  await eventually(() => expect(peer.cluster.count("create")).toBe(1));
  await peer.stop();
  await expect(created).rejects.toThrow();
  // It never came to be: another administrator removed it at once.
  peer.cluster.remove("a", "new");
  await peer.restart();
  await eventually(() => expect(list.names()).toEqual([]));
  expect(notify.error.mock.calls[0]?.[0].retry).toBeTypeOf("function");
});

test("a patch and a deletion are sent again when their answer was lost", async () => {
  const one = peer.cluster.add("a", "one");
  await openLive();
  peer.cluster.hold("delete");
  const removed = writerOf(client).remove(one);
  await eventually(() => expect(peer.cluster.count("delete")).toBe(1));
  await peer.stop();
  await peer.restart();
  await removed;
  expect(peer.cluster.count("delete")).toBe(2);
  expect(notify.success).toHaveBeenCalledOnce();
});

test("a confirmed change whose event never comes gives way to the server's state", async () => {
  const one = peer.cluster.add("a", "one");
  const list = await openLive();
  const overlay = client.fairlead.registry.overlay<Widget>("x/v1/widgets@widgets");
  const change = (truth: Widget) => ({ ...truth, spec: { size: 7 } });
  const operation = overlay.begin({ type: "update", key: "a/one", change });
  await eventually(() => expect(list.find("one")?.spec.size).toBe(7));
  const metadata = { ...one.metadata, resourceVersion: "999" };
  overlay.settle(operation, { ...one, metadata, spec: { size: 7 } });
  await eventually(() => expect(list.find("one")?.spec.size).toBe(1));
  expect(overlay.has("a/one")).toBe(false);
});

test("a lost update offers theirs, mine and a three-way merge", async () => {
  const base = peer.cluster.add("a", "one", { size: 1, color: "red" });
  await openLive();
  peer.cluster.change("a", "one", { color: "blue" });
  const conflicts: Conflict<Widget>[] = [];
  const writer = writerOf(client, { onConflict: (conflict) => conflicts.push(conflict) });
  const object = { ...base, spec: { ...base.spec, size: 8 } };
  await expect(writer.update({ object, base })).rejects.toThrow("has changed");
  const [conflict] = conflicts;
  expect(conflict?.theirs.spec).toEqual({ size: 1, color: "blue" });
  expect(conflict?.conflicts).toEqual([]);
  const merged = await conflict?.merge();
  expect(merged?.spec).toEqual({ size: 8, color: "blue" });
});

test("what a controller reported meanwhile is no conflict, and stays", async () => {
  const base = peer.cluster.add("a", "one", { size: 1 });
  await openLive();
  peer.cluster.report("a", "one", "Ready");
  const onConflict = vi.fn();
  const object = { ...base, spec: { size: 8 } };
  const saved = await writerOf(client, { onConflict }).update({ object, base });
  expect(saved).toMatchObject({ spec: { size: 8 }, status: { phase: "Ready" } });
  expect(onConflict).not.toHaveBeenCalled();
  expect(notify.error).not.toHaveBeenCalled();
});

test("clashing edits are listed, and overwriting saves mine", async () => {
  const base = peer.cluster.add("a", "one", { size: 1 });
  await openLive();
  peer.cluster.change("a", "one", { size: 3 });
  const conflicts: Conflict<Widget>[] = [];
  const writer = writerOf(client, { onConflict: (conflict) => conflicts.push(conflict) });
  const object = { ...base, spec: { size: 8 } };
  await expect(writer.update({ object, base })).rejects.toThrow();
  expect(conflicts[0]?.conflicts).toEqual(["spec.size"]);
  expect((await conflicts[0]?.overwrite())?.spec.size).toBe(8);
});

test("a procedure of one's own sends updates, and the resolution of a conflict", async () => {
  const base = peer.cluster.add("a", "one", { size: 1, color: "red" });
  await openLive();
  peer.cluster.change("a", "one", { color: "blue" });
  const conflicts: Conflict<Widget>[] = [];
  const sent: (string | undefined)[] = [];
  const writer = writerOf(client, {
    onConflict: (conflict) => conflicts.push(conflict),
    sendUpdate: (object) => {
      sent.push(object.metadata.resourceVersion);
      return client.client.widgets.update.mutate({ object });
    },
  });
  const object = { ...base, spec: { ...base.spec, size: 8 } };
  await expect(writer.update({ object, base })).rejects.toThrow("has changed");
  const merged = await conflicts[0]?.merge();
  expect(merged?.spec).toEqual({ size: 8, color: "blue" });
  const { theirs } = conflicts[0] ?? {};
  expect(sent).toEqual([base.metadata.resourceVersion, theirs?.metadata.resourceVersion]);
  // Nobody knows what else it saved.
  expect(notify.success.mock.lastCall?.[0].undo).toBeNull();
});

test("bulk deletion tells what failed, and only that is tried again", async () => {
  const objects = ["one", "two", "three"].map((name) => peer.cluster.add("a", name));
  const list = await openLive();
  peer.cluster.fail("delete", "FORBIDDEN", { times: 1 });
  const result = await writerOf(client).removeMany(objects);
  expect([result.deleted.length, result.failed.length]).toEqual([2, 1]);
  await eventually(() => expect(list.names()).toHaveLength(1));
  const [notice] = notify.error.mock.calls[0] ?? [];
  expect(notice?.message).toBe("1 of 3 widgets not deleted: FORBIDDEN");
  await notice?.retry?.();
  expect(peer.cluster.objects.size).toBe(0);
});

test("a bulk deletion shows at once, and asks for few at a time", async () => {
  const objects = Array.from({ length: 10 }, (_, n) => peer.cluster.add("a", `w${n}`));
  const list = await openLive();
  const release = peer.cluster.hold("delete");
  const removed = writerOf(client, { concurrency: 3 }).removeMany(objects);
  await eventually(() => expect(peer.cluster.count("delete")).toBe(3));
  const shown = list.watch.getState().snapshot.items;
  expect(shown.every((item) => pendingOf(item)?.operation === "delete")).toBe(true);
  release();
  expect((await removed).deleted).toHaveLength(10);
  await eventually(() => expect(list.names()).toEqual([]));
});

test("a change and a deletion can be undone", async () => {
  const one = peer.cluster.add("a", "one", { size: 1 });
  const list = await openLive();
  const writer = writerOf(client);
  await writer.patch({ name: "one", namespace: "a", patch: { spec: { size: 5 } } });
  await notify.success.mock.calls[0]?.[0].undo?.();
  expect(peer.cluster.find("a", "one").spec.size).toBe(1);
  await eventually(() => expect(pendingOf(list.find("one"))).toBeNull());
  await writer.remove(one);
  await notify.success.mock.calls.at(-1)?.[0].undo?.();
  expect(peer.cluster.find("a", "one").spec.size).toBe(1);
});

test("a denial makes the permissions be asked again", async () => {
  const key = { resourceId: "x/v1/widgets@widgets", namespace: "a" };
  const ask = () => client.client.widgets.permissions.query({ namespace: "a" });
  client.fairlead.permissions.subscribe(key, ask, () => undefined);
  await eventually(() => expect(peer.cluster.count("permissions")).toBe(1));
  peer.cluster.denied.add("patch");
  peer.cluster.fail("patch", "FORBIDDEN");
  peer.cluster.add("a", "one");
  const patch = writerOf(client).patch({ name: "one", namespace: "a", patch: {} });
  await expect(patch).rejects.toThrow();
  await eventually(() =>
    expect(client.fairlead.permissions.getState(key).permissions.patch.state).toBe("denied"),
  );
});
