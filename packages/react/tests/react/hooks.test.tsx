// @vitest-environment jsdom
import { createResourceHooks, pendingOf } from "@fairlead/react";
import { QueryClient } from "@tanstack/react-query";
import { act, cleanup, render, renderHook, screen, waitFor } from "@testing-library/react";
import { memo, StrictMode } from "react";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connectTo, type TestClient, widgetConfig, widgets } from "../client.js";
import type { Widget } from "../cluster.js";
import { type Peer, startPeer } from "../peer.js";
import { renderHookWith, renderWith, wrapperFor } from "./setup.js";

const { useWatchList, useWatchItem, usePermissions, useCRUD, useInfiniteList } =
  createResourceHooks(widgetConfig, widgets);

let peer: Peer;
let client: TestClient;

beforeEach(async () => {
  peer = await startPeer();
  client = connectTo(peer);
});

afterEach(async () => {
  cleanup();
  await client.close();
  await peer.close();
});

function Count() {
  return <p>{useWatchList().items.length}</p>;
}

const rendered: string[] = [];

const Row = memo(({ item }: { item: Widget }) => {
  rendered.push(item.metadata.name);
  return <li>{item.spec.size}</li>;
});

function Table() {
  const { items } = useWatchList();
  return items.map((item) => <Row key={item.metadata.uid} item={item} />);
}

const namesOf = (items: readonly Widget[] | undefined) => items?.map((item) => item.metadata.name);

test("a list loads, is ready, and follows the cluster", async () => {
  peer.cluster.add("a", "one");
  const { result } = renderHookWith(client, () => useWatchList({ namespace: "a" }));
  expect(result.current).toMatchObject({ status: "loading", isLoading: true, isEmpty: false });
  await waitFor(() => expect(result.current.connection.state).toBe("live"));
  expect(namesOf(result.current.items)).toEqual(["one"]);
  expect(result.current.byKey.get("a/one")).toBe(result.current.items[0]);
  peer.cluster.add("a", "two");
  await waitFor(() => expect(namesOf(result.current.data)).toEqual(["one", "two"]));
});

test("an empty list is empty only once it is known", async () => {
  const { result } = renderHookWith(client, () => useWatchList());
  expect(result.current.isEmpty).toBe(false);
  await waitFor(() => expect(result.current.isEmpty).toBe(true));
});

test("several namespaces are one list, and an unwatched one stays out", async () => {
  for (const namespace of ["a", "b", "c"]) peer.cluster.add(namespace, "redis");
  const { result } = renderHookWith(client, () => useWatchList({ namespace: ["b", "a"] }));
  await waitFor(() => expect(result.current.connection.state).toBe("live"));
  expect([...result.current.byKey.keys()]).toEqual(["a/redis", "b/redis"]);
  peer.cluster.remove("a", "redis");
  await waitFor(() => expect([...result.current.byKey.keys()]).toEqual(["b/redis"]));
});

test("one denied namespace leaves the others usable and tells", async () => {
  peer.cluster.add("a", "one");
  peer.cluster.fail("list", "FORBIDDEN", { times: 1, message: "RBAC: no list" });
  const { result } = renderHookWith(client, () => useWatchList({ namespace: ["a", "b"] }));
  await waitFor(() => expect(result.current.error?.message).toBe("RBAC: no list"));
  expect(result.current.status).not.toBe("denied");
});

test("in strict mode, with many components, there is one subscription", async () => {
  const ui = [1, 2, 3].map((key) => <Count key={key} />);
  render(<StrictMode>{ui}</StrictMode>, { wrapper: wrapperFor(client) });
  await waitFor(() => expect(peer.cluster.watchers.size).toBe(1));
  peer.cluster.add("a", "one");
  await waitFor(() => expect(screen.getAllByText("1")).toHaveLength(3));
  expect(peer.cluster.count("watch")).toBe(1);
});

test("unchanged rows are not rendered again", async () => {
  for (let n = 0; n < 20; n += 1) peer.cluster.add("a", `w${n}`);
  renderWith(client, <Table />);
  await waitFor(() => expect(screen.getAllByRole("listitem")).toHaveLength(20));
  rendered.length = 0;
  peer.cluster.change("a", "w7", { size: 70 });
  await screen.findByText("70");
  expect(rendered).toEqual(["w7"]);
});

test("a selection renders only when what it selects changes", async () => {
  peer.cluster.add("a", "one");
  let renders = 0;
  const { result } = renderHookWith(client, () => {
    renders += 1;
    return useWatchList({ select: (items) => ({ names: items.map((i) => i.metadata.name) }) });
  });
  const full = renderHookWith(client, () => useWatchList());
  await waitFor(() => expect(result.current.connection.state).toBe("live"));
  const before = { renders, data: result.current.data };
  peer.cluster.change("a", "one", { size: 4 });
  await waitFor(() => expect(full.result.current.items[0]?.spec.size).toBe(4));
  expect({ renders, data: result.current.data }).toEqual(before);
  expect(result.current.data).toBe(before.data);
  peer.cluster.add("a", "two");
  await waitFor(() => expect(result.current.data.names).toEqual(["one", "two"]));
});

test("changing the namespace shows the other list, never a mix", async () => {
  peer.cluster.add("a", "in-a");
  peer.cluster.add("b", "in-b");
  const { result, rerender } = renderHookWith(
    client,
    ({ namespace }) => useWatchList({ namespace }),
    { namespace: "a" },
  );
  await waitFor(() => expect(namesOf(result.current.items)).toEqual(["in-a"]));
  rerender({ namespace: "b" });
  expect(result.current.items).toEqual([]);
  await waitFor(() => expect(namesOf(result.current.items)).toEqual(["in-b"]));
});

test("a refetch of the list does not touch the live one", async () => {
  peer.cluster.add("a", "one");
  peer.cluster.add("a", "two");
  const queryClient = new QueryClient();
  const wrapper = wrapperFor(client, queryClient);
  const { result } = renderHook(() => useWatchList({ namespace: "a" }), { wrapper });
  await waitFor(() => expect(result.current.connection.state).toBe("live"));
  const release = peer.cluster.hold("list");
  const refetch = queryClient.fetchQuery({
    queryKey: [["widgets", "list"], { input: { namespace: "a" }, type: "query" }],
    queryFn: () => client.client.widgets.list.query({ namespace: "a" }),
  });
  await waitFor(() => expect(peer.cluster.count("list")).toBe(2));
  peer.cluster.remove("a", "two");
  await waitFor(() => expect(namesOf(result.current.items)).toEqual(["one"]));
  release();
  expect((await refetch).items).toHaveLength(2);
  expect(namesOf(result.current.items)).toEqual(["one"]);
});

test("a list that a route loader fetched is shown at once and brought up to date", async () => {
  peer.cluster.add("a", "one");
  const queryClient = new QueryClient();
  await queryClient.prefetchQuery({
    queryKey: [["widgets", "list"], { input: { namespace: "a" }, type: "query" }],
    queryFn: () => client.client.widgets.list.query({ namespace: "a" }),
  });
  peer.cluster.remove("a", "one");
  peer.cluster.add("a", "two");
  const wrapper = wrapperFor(client, queryClient);
  const { result } = renderHook(() => useWatchList({ namespace: "a" }), { wrapper });
  await waitFor(() => expect(namesOf(result.current.items)).toEqual(["two"]));
  expect(peer.cluster.count("list")).toBe(1);
});

test("a list that began before anything was rendered is there at once, by one subscription", async () => {
  peer.cluster.add("a", "one");
  await client.close();
  client = connectTo(peer, { lingerMs: 10_000 });
  useWatchList.preload(client.fairlead, { namespace: ["a"] });
  await waitFor(() => expect(peer.cluster.watchers.size).toBe(1));
  const { result } = renderHookWith(client, () => useWatchList({ namespace: "a" }));
  await waitFor(() => expect(namesOf(result.current.items)).toEqual(["one"]));
  expect(peer.cluster.count("watch")).toBe(1);
  expect(peer.cluster.count("list")).toBe(0);
});

test("a disabled list watches nothing", async () => {
  const { result } = renderHookWith(client, () => useWatchList({ enabled: false }));
  expect(result.current).toMatchObject({ status: "loading", isLoading: false });
  expect(peer.cluster.count("list")).toBe(0);
});

test("an item uses the list's data at once and no subscription of its own", async () => {
  peer.cluster.add("a", "one");
  const list = renderHookWith(client, () => useWatchList({ namespace: "a" }));
  await waitFor(() => expect(list.result.current.connection.state).toBe("live"));
  const item = renderHookWith(client, () => useWatchItem({ name: "one", namespace: "a" }));
  expect(item.result.current.item).toBe(list.result.current.items[0]);
  peer.cluster.change("a", "one", { size: 5 });
  await waitFor(() => expect(item.result.current.item?.spec.size).toBe(5));
  expect(peer.cluster.count("watch")).toBe(1);
});

test("an item keeps one subscription through many changes", async () => {
  peer.cluster.add("a", "one");
  peer.cluster.add("a", "other");
  const { result } = renderHookWith(client, () => useWatchItem({ name: "one", namespace: "a" }));
  await waitFor(() => expect(result.current.connection.state).toBe("live"));
  for (let size = 2; size <= 6; size += 1) {
    peer.cluster.change("a", "one", { size });
    await waitFor(() => expect(result.current.item?.spec.size).toBe(size));
  }
  expect(peer.cluster.count("watch")).toBe(1);
});

test("an item deleted while open says so, and keeps its last look", async () => {
  peer.cluster.add("a", "one", { size: 3 });
  const { result } = renderHookWith(client, () => useWatchItem({ name: "one", namespace: "a" }));
  await waitFor(() => expect(result.current.status).toBe("ready"));
  peer.cluster.remove("a", "one");
  await waitFor(() => expect(result.current.isDeleted).toBe(true));
  expect(result.current).toMatchObject({ status: "deleted", item: { spec: { size: 3 } } });
  peer.cluster.add("a", "one", { size: 4 });
  await waitFor(() => expect(result.current.status).toBe("ready"));
  expect(result.current.item?.metadata.uid).toBe("uid-2");
});

test("an item that never was is not found, not deleted", async () => {
  const { result } = renderHookWith(client, () => useWatchItem({ name: "no", namespace: "a" }));
  await waitFor(() => expect(result.current.status).toBe("notFound"));
  expect(result.current.isDeleted).toBe(false);
});

test("permissions are pending before they are known, then per namespace", async () => {
  peer.cluster.denied.add("b:delete");
  const first = renderHookWith(client, () => usePermissions({ namespace: "a" }));
  const second = renderHookWith(client, () => usePermissions({ namespace: "b" }));
  expect(first.result.current.delete).toEqual({ state: "pending", allowed: false, reason: null });
  await waitFor(() => expect(second.result.current.delete.state).toBe("denied"));
  expect(second.result.current.delete.reason).toBe("RBAC: delete denied");
  expect(first.result.current.delete.allowed).toBe(true);
});

test("a permission granted shows without a reload", async () => {
  peer.cluster.denied.add("create");
  await client.close();
  client = connectTo(peer, { permissions: { maxAgeMs: 3_600_000 } });
  const { result } = renderHookWith(client, () => usePermissions());
  await waitFor(() => expect(result.current.create.state).toBe("denied"));
  await waitFor(() => expect(peer.cluster.count("watchPermissions")).toBe(1));
  peer.cluster.permit("create");
  await waitFor(() => expect(result.current.create.state).toBe("allowed"));
});

test("a mutation shows in the list at once and rolls back when refused", async () => {
  peer.cluster.add("a", "one", { size: 1 });
  peer.cluster.fail("patch", "FORBIDDEN", { message: "RBAC: patch denied" });
  const { result } = renderHookWith(client, () => ({ list: useWatchList(), crud: useCRUD() }));
  await waitFor(() => expect(result.current.list.connection.state).toBe("live"));
  const patch = { spec: { size: 2 } };
  act(() => result.current.crud.patch.mutate({ name: "one", namespace: "a", patch }));
  await waitFor(() => expect(result.current.crud.patch.error?.kind).toBe("forbidden"));
  await waitFor(() => expect(result.current.list.items[0]?.spec.size).toBe(1));
  peer.cluster.heal("patch");
  const release = peer.cluster.hold("patch");
  act(() => result.current.crud.patch.mutate({ name: "one", namespace: "a", patch }));
  await waitFor(() => expect(result.current.list.items[0]?.spec.size).toBe(2));
  expect(result.current.crud.isPending).toBe(true);
  release();
  await waitFor(() => expect(result.current.crud.isPending).toBe(false));
  await waitFor(() => expect(pendingOf(result.current.list.items[0])).toBeNull());
});

test("a conflict is offered by the hook until it is resolved", async () => {
  const base = peer.cluster.add("a", "one", { size: 1 });
  const { result } = renderHookWith(client, () => useCRUD());
  peer.cluster.change("a", "one", { color: "blue" });
  const object = { ...base, spec: { size: 8 } };
  act(() => result.current.update.mutate({ object, base }));
  await waitFor(() => expect(result.current.conflict).not.toBeNull());
  expect(result.current.conflict?.merged.spec).toEqual({ size: 8, color: "blue" });
  act(() => result.current.dismissConflict());
  expect(result.current.conflict).toBeNull();
});

test("a list in pages says what is missing", async () => {
  for (let n = 0; n < 3; n += 1) peer.cluster.add("a", `w${n}`);
  const hidden = { namespace: null, code: "FORBIDDEN", message: "Only a, b are shown" };
  const silent = { namespace: "b", code: "GATEWAY_TIMEOUT", message: "b did not answer in time" };
  peer.cluster.missing = [hidden];
  const { result } = renderHookWith(client, () => useInfiniteList({ limit: 2 }));
  await waitFor(() => expect(result.current.data?.items).toHaveLength(2));
  expect(result.current.data?.missing).toEqual([hidden]);
  peer.cluster.missing = [silent];
  await act(() => result.current.fetchNextPage());
  await waitFor(() => expect(result.current.data?.items).toHaveLength(3));
  expect(result.current.data?.missing).toEqual([hidden, silent]);
});

test("a long list comes in pages", async () => {
  for (let n = 0; n < 5; n += 1) peer.cluster.add("a", `w${n}`);
  const { result } = renderHookWith(client, () => useInfiniteList({ limit: 2 }));
  await waitFor(() => expect(result.current.data?.items).toHaveLength(2));
  expect(result.current.data?.remaining).toBe(3);
  await act(() => result.current.fetchNextPage());
  await act(() => result.current.fetchNextPage());
  await waitFor(() => expect(result.current.data?.items).toHaveLength(5));
  expect(result.current.hasNextPage).toBe(false);
});
