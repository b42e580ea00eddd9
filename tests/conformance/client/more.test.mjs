// The official links and @trpc/tanstack-react-query, unmodified, beyond what the kit's tests do with them.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { MutationObserver, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import {
  createTRPCClient,
  createWSClient,
  httpBatchStreamLink,
  httpLink,
  httpSubscriptionLink,
  loggerLink,
  retryLink,
  splitLink,
  wsLink,
} from "@trpc/client";
import { createTRPCOptionsProxy, useSubscription } from "@trpc/tanstack-react-query";
import { EventSource } from "eventsource";
import { JSDOM } from "jsdom";
import superjson from "superjson";
import { WebSocket } from "ws";

const base = process.env.TRPC_URL;
const url = `${base}/trpc`;
const plain = createTRPCClient({ links: [httpLink({ url })] });
const streaming = createTRPCClient({ links: [httpBatchStreamLink({ url })] });
const events = httpSubscriptionLink({ url, EventSource });

/** Until the log of a key says so, or the test times out. */
async function waitForLog(key, line) {
  while (!(await plain.side.log.query({ key })).includes(line)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function openSocket(options = {}) {
  return createWSClient({ url: url.replace("http", "ws"), WebSocket, ...options });
}

function makeProxy(link) {
  const client = createTRPCClient({ links: [link] });
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return { queryClient, trpc: createTRPCOptionsProxy({ client, queryClient }) };
}

test("aborting a streamed query in the middle tells the server", { timeout: 10_000 }, async () => {
  const key = randomUUID();
  const abort = new AbortController();
  const items = await streaming.stream.hold.query({ key }, { signal: abort.signal });
  const seen = [];

  await assert.rejects(async () => {
    for await (const item of items) {
      seen.push(item);
      abort.abort();
    }
  });

  assert.deepEqual(seen, ["open"]);
  await waitForLog(key, "closed");
});

test("aborting all calls of a streamed request ends them on the server", async () => {
  const keys = [randomUUID(), randomUUID()];
  const abort = new AbortController();
  const calls = keys.map((key) =>
    streaming.slow.wait.query({ ms: 60_000, key }, { signal: abort.signal }),
  );
  setTimeout(() => abort.abort(), 100);

  await Promise.all(calls.map((call) => assert.rejects(call)));
  for (const key of keys) await waitForLog(key, "aborted");
});

test("retryLink repeats streamed and socket queries until they succeed", async () => {
  const socket = openSocket();
  const repeat = () => retryLink({ retry: ({ attempts }) => attempts < 4 });
  const logged = [];
  for (const link of [httpBatchStreamLink({ url }), wsLink({ client: socket })]) {
    const logger = loggerLink({ logger: ({ direction }) => logged.push(direction) });
    const client = createTRPCClient({ links: [logger, repeat(), link] });

    assert.deepEqual(await client.side.flaky.query({ key: randomUUID(), failures: 2 }), {
      attempt: 3,
    });
  }
  await socket.close();
  assert.deepEqual(logged, ["up", "down", "up", "down"]);
});

test("a lazy socket opens for a call, closes when idle, and opens again", async () => {
  const opened = [];
  const socket = openSocket({
    lazy: { enabled: true, closeMs: 30 },
    onOpen: () => opened.push("open"),
    onClose: () => opened.push("close"),
  });
  const client = createTRPCClient({ links: [wsLink({ client: socket })] });

  assert.deepEqual(opened, []);
  assert.equal(await client.ping.query(), "pong");
  while (opened.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(await client.ping.query(), "pong");

  assert.deepEqual(opened, ["open", "close", "open"]);
  await socket.close();
});

test("queryOptions: results, errors, and a cancelled query that ends on the server", async () => {
  const { queryClient, trpc } = makeProxy(httpLink({ url }));
  const key = randomUUID();

  assert.equal(await queryClient.fetchQuery(trpc.math.add.queryOptions({ a: 1, b: 2 })), 3);
  await assert.rejects(
    queryClient.fetchQuery(trpc.errors.fail.queryOptions({ code: "CONFLICT" })),
    (error) => error.data.code === "CONFLICT" && error.data.path === "errors.fail",
  );
  const options = trpc.slow.wait.queryOptions(
    { ms: 60_000, key },
    { trpc: { abortOnUnmount: true } },
  );
  const waiting = queryClient.fetchQuery(options).catch(() => "cancelled");
  await new Promise((resolve) => setTimeout(resolve, 100));
  await queryClient.cancelQueries({ queryKey: options.queryKey });

  assert.equal(await waiting, "cancelled");
  await waitForLog(key, "aborted");
});

test("queryOptions over a stream gathers what an iterable yields", async () => {
  const { queryClient, trpc } = makeProxy(httpBatchStreamLink({ url }));

  const numbers = await queryClient.fetchQuery(trpc.stream.count.queryOptions({ to: 3 }));

  assert.deepEqual(numbers, [1, 2, 3]);
});

test("infiniteQueryOptions puts the cursor into the input, page by page", async () => {
  const { queryClient, trpc } = makeProxy(httpLink({ url }));
  const options = trpc.echo.infiniteQueryOptions(
    { filter: "x" },
    { getNextPageParam: (last) => (last.cursor ?? 0) + 1 },
  );

  const { pages } = await queryClient.fetchInfiniteQuery({ ...options, pages: 3 });

  assert.deepEqual(
    pages.map(({ cursor, filter }) => [cursor, filter]),
    [undefined, 1, 2].map((cursor) => [cursor, "x"]),
  );
});

test("mutationOptions under superjson keep types both ways", async () => {
  const link = httpLink({ url: `${base}/superjson`, transformer: superjson });
  const { queryClient, trpc } = makeProxy(link);
  const observer = new MutationObserver(queryClient, trpc.types.upperSet.mutationOptions());

  assert.deepEqual(await observer.mutate(new Set(["a", "b"])), new Set(["A", "B"]));
});

const { window } = new JSDOM();
Object.assign(globalThis, { window, document: window.document, navigator: window.navigator });

/** What `useSubscription` says over time, until it has said enough. */
async function watch(options, isEnough) {
  const { createElement } = await import("react");
  const { createRoot } = await import("react-dom/client");
  const said = [];
  let settle;
  const enough = new Promise((resolve) => {
    settle = resolve;
  });
  function Watcher() {
    const { status, data, error } = useSubscription(options);
    said.push({ status, data, error });
    return null;
  }
  const checking = setInterval(() => isEnough(said) && settle(), 5);
  const root = createRoot(window.document.createElement("div"));
  const client = new QueryClient();
  root.render(createElement(QueryClientProvider, { client }, createElement(Watcher)));
  await enough;
  clearInterval(checking);
  root.unmount();
  return said;
}

for (const kind of ["events", "socket"]) {
  test(`subscriptionOptions over ${kind}: data, the end, and an unmount`, async () => {
    const socket = openSocket({ lazy: { enabled: true, closeMs: 10 } });
    const link = splitLink({
      condition: ({ type }) => type === "subscription",
      true: kind === "events" ? events : wsLink({ client: socket }),
      false: httpLink({ url }),
    });
    const { trpc } = makeProxy(link);
    const key = randomUUID();

    const all = [];
    const said = await watch(
      trpc.sub.tracked.subscriptionOptions(
        { to: 3, delayMs: 30 },
        { onData: ({ id, data }) => all.push([id, data.n]) },
      ),
      () => all.length === 3,
    );
    assert.deepEqual(all, [
      ["1", 1],
      ["2", 2],
      ["3", 3],
    ]);
    assert.equal(said[0].status, "connecting");
    assert.ok(said.some(({ status, data }) => status === "pending" && data?.data.n === 1));
    const failed = await watch(
      trpc.sub.failAfter.subscriptionOptions({ after: 0, code: "FORBIDDEN" }),
      (said) => said.at(-1)?.status === "error",
    );
    assert.equal(failed.at(-1).error.data.code, "FORBIDDEN");
    await watch(trpc.sub.hold.subscriptionOptions({ key }), (said) => said.at(-1)?.data === "open");
    await waitForLog(key, "closed");
    await socket.close();
  });
}
