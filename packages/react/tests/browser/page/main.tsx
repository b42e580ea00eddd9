/** A page with a live list, for the tests in Chromium. */
import {
  ConnectionIndicator,
  createConnection,
  createFairlead,
  createResourceHooks,
  FairleadProvider,
  QueryStateView,
  type ResourceConfig,
  sessionLink,
} from "@fairlead/react";
import { createTabGroup } from "@fairlead/react/tabs";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import {
  createTRPCClient,
  createWSClient,
  httpBatchStreamLink,
  splitLink,
  type TRPCClient,
  wsLink,
} from "@trpc/client";
import { createRoot } from "react-dom/client";
import type { PeerRouter } from "../../peer.js";

const config: ResourceConfig = {
  apiVersion: "x/v1",
  kind: "Widget",
  group: "x",
  version: "v1",
  singularName: "widget",
  pluralName: "widgets",
  clusterScoped: false,
};

const connection = createConnection({
  baseMs: 20,
  maxMs: 200,
  pingIntervalMs: 200,
  pongTimeoutMs: 300,
});
const wsClient = createWSClient({
  url: `ws://${location.host}/trpc`,
  ...connection.webSocketOptions(),
});
const client = createTRPCClient<PeerRouter>({
  links: [
    sessionLink(connection),
    splitLink({
      condition: (operation) => operation.type === "subscription",
      true: wsLink({ client: wsClient }),
      false: httpBatchStreamLink({ url: "/trpc" }),
    }),
  ],
});
const fairlead = createFairlead({ client, connection, wsClient, tabs: createTabGroup() });
const { useWatchList } = createResourceHooks(
  config,
  (trpc: TRPCClient<PeerRouter>) => trpc.widgets,
);

function Page() {
  const list = useWatchList();
  return (
    <main>
      <h1>Widgets</h1>
      <ConnectionIndicator connection={list.connection} />
      <QueryStateView query={list}>
        <ul>
          {list.items.map((item) => (
            <li key={item.metadata.uid}>{item.metadata.name}</li>
          ))}
        </ul>
      </QueryStateView>
    </main>
  );
}

const root = document.getElementById("root");
if (!root) throw new Error("The page has no #root.");
createRoot(root).render(
  <QueryClientProvider client={new QueryClient()}>
    <FairleadProvider fairlead={fairlead}>
      <Page />
    </FairleadProvider>
  </QueryClientProvider>,
);
