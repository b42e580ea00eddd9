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

test("a late deletion of an earlier object spares its successor", () => {
  const { store, delta, values } = createStore();
  const old = thing("one", "1", 1, "old");
  store.replace([old]);
  delta([thing("one", "3", 2, "new")]);
  delta([], [refOf(old)]);
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
