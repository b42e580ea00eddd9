// The official client with the generated drift link: calls the server at argv[2] with the links named in
// argv[3], and prints what the link reported and what the page would show, as JSON.
import {
  createTRPCClient,
  createWSClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  httpSubscriptionLink,
  splitLink,
  wsLink,
} from "@trpc/client";
import { EventSource } from "eventsource";
import WebSocket from "ws";

const [, , shared, url, transport] = process.argv;
const drift = await import(`${shared}/drift.js`);
const found = [];
let report;
const told = new Promise((resolve) => {
  report = (each) => {
    found.push(each);
    resolve();
  };
});
const headers = drift.fairleadHeaders;
const connectionParams = drift.fairleadConnectionParams;
let socket;
const makers = {
  http: () => httpLink({ url, headers }),
  batch: () => httpBatchLink({ url, headers }),
  stream: () => httpBatchStreamLink({ url, headers }),
  sse: () => httpSubscriptionLink({ url, EventSource, connectionParams }),
  websocket: () => {
    socket = createWSClient({ url: url.replace("http", "ws"), WebSocket, connectionParams });
    return wsLink({ client: socket });
  },
};
const isSocket = transport === "websocket" || transport === "sse";
const client = createTRPCClient({
  links: [
    drift.driftLink({ ...(isSocket ? { url } : {}), onDrift: report }),
    splitLink({
      condition: (op) => op.type === "subscription",
      true: isSocket ? makers[transport]() : makers.batch(),
      false: isSocket && transport === "sse" ? makers.batch() : makers[transport](),
    }),
  ],
});

let answer;
if (isSocket) {
  answer = await new Promise((resolve, reject) => {
    const subscription = client.pods.watch.subscribe(undefined, {
      onData: (data) => {
        subscription.unsubscribe();
        resolve(data);
      },
      onError: reject,
    });
  });
} else {
  answer = await client.pods.list.query().catch((error) => error.message);
  await client.missing.query().catch(() => undefined);
}
// The link asks the server by itself; a check of our own, made later, is answered after it.
const own = await drift.checkDrift(url);
if (own !== null) await told;
console.log(JSON.stringify({ answer, found, own, text: own && drift.describeDrift(own) }));
socket?.close();
process.exit(0);
