// Calls an application that is mounted at /api, in every way: node mounted_client.mjs PORT
import {
  createTRPCClient,
  createWSClient,
  httpBatchLink,
  httpLink,
  httpSubscriptionLink,
  splitLink,
  wsLink,
} from "@trpc/client";
import { EventSource } from "eventsource";
import { WebSocket } from "ws";

const base = `http://127.0.0.1:${process.argv[2]}`;
const url = `${base}/api/trpc`;
const events = httpSubscriptionLink({ url, EventSource });
const over = (link) =>
  createTRPCClient({
    links: [
      splitLink({ condition: ({ type }) => type === "subscription", true: events, false: link }),
    ],
  });

async function waitUntilServed() {
  for (let tries = 0; tries < 300; tries++) {
    try {
      return await fetch(`${base}/own`);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error("nobody listens");
}

function collect(client, input) {
  const seen = [];
  return new Promise((resolve, reject) => {
    client.count.subscribe(input, {
      onData: (data) => seen.push(data),
      onComplete: () => resolve(seen),
      onError: reject,
    });
  });
}

const own = (await (await waitUntilServed()).text()).replaceAll(`"`, "");
const ready = (await fetch(`${base}/api/readyz`)).status;
const single = over(httpLink({ url }));
const batch = over(httpBatchLink({ url }));
const wsClient = createWSClient({ url: url.replace("http", "ws"), WebSocket });
const socket = createTRPCClient({ links: [wsLink({ client: wsClient })] });
const answers = {
  own,
  ready,
  query: await single.hello.query({ name: "ann" }),
  batch: await Promise.all([batch.hello.query({}), batch.hello.query({})]),
  events: await collect(single, { to: 2 }),
  socket: [await socket.hello.query({ name: "ws" }), ...(await collect(socket, { to: 2 }))],
};
await wsClient.close();
console.log(JSON.stringify(answers));
process.exit(0);
