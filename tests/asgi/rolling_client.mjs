// Calls and subscribes without pause while the server is replaced: node rolling_client.mjs PORT
// Prints a line for each new thing it learns; ends with a summary when told "stop" on stdin.
import { createTRPCClient, createWSClient, httpLink, wsLink } from "@trpc/client";
import { WebSocket } from "ws";

const base = `127.0.0.1:${process.argv[2]}/trpc`;
const socket = createWSClient({ url: `ws://${base}`, WebSocket, retryDelayMs: () => 20 });
const overSocket = createTRPCClient({ links: [wsLink({ client: socket })] });
const overHttp = createTRPCClient({ links: [httpLink({ url: `http://${base}` })] });
const summary = { calls: 0, failures: [], gaps: 0, events: 0 };
const seen = new Set();
let running = true;
let last = 0;

function learn(line) {
  if (!seen.has(line)) console.log(line);
  seen.add(line);
}

async function callForever(kind, client) {
  while (running) {
    try {
      learn(`${kind} ${await client.slow.query({ ms: 30 })}`);
    } catch (error) {
      summary.failures.push(`${kind}: ${error.message}`);
    }
    summary.calls++;
  }
}

const subscription = overSocket.count.subscribe(undefined, {
  onData({ id, data }) {
    if (Number(id) !== last + 1) summary.gaps++;
    last = Number(id);
    summary.events++;
    learn(`events ${data}`);
  },
  onError: (error) => summary.failures.push(`events: ${error.message}`),
});
const loops = ["a", "b", "c"].flatMap(() => [
  callForever("socket", overSocket),
  callForever("http", overHttp),
]);
process.stdin.once("data", async () => {
  running = false;
  await Promise.all(loops);
  subscription.unsubscribe();
  await socket.close();
  console.log(JSON.stringify(summary));
  process.exit(0);
});
