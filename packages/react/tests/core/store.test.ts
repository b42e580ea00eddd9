import { inScope, LiveStore, type ObjectRef, Overlay, type Scope } from "@fairlead/react/core";
import { expect, test, vi } from "vitest";

interface Thing {
  metadata: { name: string; namespace: string; uid: string; resourceVersion: string };
  value: number;
}

const everything: Scope = { namespace: null, labelSelector: null, fieldSelector: null };

function thing(name: string, resourceVersion: string, value = 0, uid = `uid-${name}`): Thing {
  return { metadata: { name, namespace: "a", uid, resourceVersion }, value };
}

const refOf = ({ metadata: { namespace, name, uid } }: Thing): ObjectRef => ({
  namespace,
  name,
  uid,
});

function createStore() {
  const onDirty = vi.fn();
  const overlay = new Overlay<Thing>();
  const store = new LiveStore<Thing>({ scope: everything, overlay, isLive: () => true, onDirty });
  const delta = (upserts: Thing[], deletes: ObjectRef[] = []) =>
    store.apply({ type: "delta", resourceVersion: "r", upserts, deletes });
  return { store, delta, values: () => store.snapshot.items.map((item) => item.value) };
}

test("versions are opaque: what comes later counts, whatever it looks like", () => {
  const { store, delta, values } = createStore();
  store.replace([thing("one", "900", 1)]);
  delta([thing("one", "8", 2)]);
  delta([thing("one", "zzz", 3)]);
  store.commit();
  expect(values()).toEqual([3]);
});

test("a commit without a change keeps the snapshot", () => {
  const { store, delta } = createStore();
  store.replace([thing("one", "1")]);
  store.commit();
  const before = store.snapshot;
  delta([thing("one", "1")]);
  expect(store.commit()).toBe(false);
  expect(store.snapshot).toBe(before);
});

test("an object made anew and deleted again while nobody looked is gone", () => {
  const { store, delta, values } = createStore();
  store.replace([thing("one", "1", 1, "seen"), thing("two", "2", 2)]);
  store.commit();
  delta([], [refOf(thing("one", "4", 4, "never seen"))]);
  store.commit();
  expect(values()).toEqual([2]);
});

test("an object that goes and comes between two commits is the new one", () => {
  const { store, delta, values } = createStore();
  const old = thing("one", "1", 1, "old");
  store.replace([old, thing("two", "2", 2)]);
  store.commit();
  delta([], [refOf(old)]);
  delta([thing("one", "3", 3, "new")]);
  store.commit();
  expect(values()).toEqual([3, 2]);
  expect(store.find("a/one")?.metadata.uid).toBe("new");
});

test("any sequence of frames leaves what a plain map would hold", () => {
  const { store, delta } = createStore();
  const model = new Map<string, number>();
  let seed = 42;
  const random = (bound: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % bound;
  };
  for (let step = 0; step < 2_000; step += 1) {
    const name = `n${random(30)}`;
    if (random(3) === 0) {
      delta([], [refOf(thing(name, "0"))]);
      model.delete(name);
    } else {
      delta([thing(name, `v${step}`, step)]);
      model.set(name, step);
    }
    if (random(7) === 0) store.commit();
    if (random(200) === 0) {
      store.replace([...model].map(([key, value]) => thing(key, `v${value}`, value)));
    }
  }
  store.commit();
  const held = store.snapshot.items.map(({ metadata, value }) => [metadata.name, value]);
  expect(held.sort()).toEqual([...model].sort());
  for (const [name, value] of model) expect(store.find(`a/${name}`)?.value).toBe(value);
});

test.each([
  ["app=web", { app: "web" }, true],
  ["app=web,tier!=db", { app: "web" }, true],
  ["app!=web", { app: "web" }, false],
  ["app in (web, api)", { app: "api" }, true],
  ["app notin (web, api)", { app: "api" }, false],
  ["app notin (web)", {}, true],
  ["app", { app: "" }, true],
  ["!app", { app: "" }, false],
  ["app==web,env in (a,b),!old", { app: "web", env: "b" }, true],
])("the selector %s on %o is %s", (labelSelector, labels, expected) => {
  const object = { metadata: { name: "one", namespace: "a", labels } };
  expect(inScope({ ...everything, labelSelector }, object)).toBe(expected);
});

function names(store: LiveStore<Thing>): string[] {
  store.commit();
  return store.snapshot.items.map((item) => item.metadata.name);
}

const frame = { resourceVersion: "r" } as const;

test("a window keeps the server's order through changes, arrivals and departures", () => {
  const { store } = createStore();
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => thing(name, "1")) as [
    Thing,
    Thing,
    Thing,
    Thing,
  ];
  store.apply({ ...frame, type: "snapshot", items: [c, a, b], total: 9 });
  expect(names(store)).toEqual(["c", "a", "b"]);
  expect(store.snapshot.total).toBe(9);
  // b moves to the front, d comes between, c leaves the window.
  const moved = thing("b", "2");
  store.apply({
    ...frame,
    type: "delta",
    upserts: [moved, d],
    deletes: [refOf(c)],
    positions: [0, 1],
    total: 10,
  });
  expect(names(store)).toEqual(["b", "d", "a"]);
  expect(store.snapshot.total).toBe(10);
  expect(store.snapshot.items[0]).toBe(moved);
  expect(store.snapshot.items[2]).toBe(a);
});

test("a total alone is news, and the rows stay the same objects", () => {
  const { store } = createStore();
  store.apply({ ...frame, type: "snapshot", items: [thing("a", "1")], total: 1 });
  store.commit();
  const { items } = store.snapshot;
  store.apply({ ...frame, type: "delta", upserts: [], deletes: [], positions: [], total: 2 });
  expect(store.commit()).toBe(true);
  expect(store.snapshot.total).toBe(2);
  expect(store.snapshot.items[0]).toBe(items[0]);
});

test("counts stay until others come, and are news by themselves", () => {
  const { store } = createStore();
  const counts = [[{ values: ["red"], count: 1 }]];
  const rest = { ...frame, upserts: [], deletes: [], positions: [], total: 1 };
  store.apply({ ...frame, type: "snapshot", items: [thing("a", "1")], total: 1, counts });
  store.commit();
  expect(store.snapshot.counts).toBe(counts);
  store.apply({ ...rest, type: "delta", counts: null });
  expect(store.commit()).toBe(false);
  const others = [[{ values: ["red"], count: 2 }]];
  store.apply({ ...rest, type: "delta", counts: others });
  expect(store.commit()).toBe(true);
  expect(store.snapshot.counts).toBe(others);
  expect(store.whole().counts).toBe(others);
});

test("what a follower is told of a window has its order and its total", () => {
  const { store } = createStore();
  const [a, b] = [thing("a", "1"), thing("b", "1")];
  store.apply({ ...frame, type: "snapshot", items: [b, a], total: 5 });
  store.apply({
    ...frame,
    type: "delta",
    upserts: [thing("a", "2")],
    deletes: [],
    positions: [0],
    total: 5,
  });
  expect(store.whole().items.map((item) => item.metadata.name)).toEqual(["a", "b"]);
  expect(store.whole().total).toBe(5);
});

test("any run of frames ends in the order of a server that sorts", () => {
  let seed = 7;
  const random = (limit: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % limit;
  };
  const { store } = createStore();
  let rows: Thing[] = [];
  store.apply({ ...frame, type: "snapshot", items: [], total: 0 });
  for (let version = 1; version < 400; version += 1) {
    const changed = new Map<string, Thing>();
    for (let each = random(4); each >= 0; each -= 1) {
      const name = `n${random(12)}`;
      changed.set(name, thing(name, String(version), random(100)));
    }
    const gone = rows.filter((row) => !changed.has(row.metadata.name) && random(8) === 0);
    const kept = rows.filter((row) => !changed.has(row.metadata.name) && !gone.includes(row));
    rows = [...kept, ...changed.values()].sort(
      (one, two) => one.value - two.value || one.metadata.name.localeCompare(two.metadata.name),
    );
    const upserts = rows.filter((row) => changed.has(row.metadata.name));
    const positions = upserts.map((row) => rows.indexOf(row));
    const deletes = gone.map(refOf);
    store.apply({ ...frame, type: "delta", upserts, deletes, positions, total: rows.length });
    expect(names(store)).toEqual(rows.map((row) => row.metadata.name));
  }
});
