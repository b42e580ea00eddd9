/**
 * One table of a live list, fed in two ways: by @fairlead/react, and the way prior art does it, a map
 * copied into the query cache for each event. Rows, client and server are the same.
 */
import {
  createConnection,
  createFairlead,
  createResourceHooks,
  FairleadProvider,
  type ResourceConfig,
  sessionLink,
} from "@fairlead/react";
import { createTabGroup } from "@fairlead/react/tabs";
import { QueryClient, QueryClientProvider, useQuery, useQueryClient } from "@tanstack/react-query";
import {
  createTRPCClient,
  createWSClient,
  httpBatchStreamLink,
  splitLink,
  type TRPCClient,
  wsLink,
} from "@trpc/client";
import { memo, useEffect, useMemo } from "react";
import { createRoot } from "react-dom/client";
import type { Widget } from "../../../packages/react/tests/cluster.js";
import type { PeerRouter } from "../../../packages/react/tests/peer.js";
import { countRow, countTable } from "./stats.js";

const parameters = new URLSearchParams(location.search);
const visible = Number(parameters.get("rows") ?? "10000");
const config: ResourceConfig = {
  apiVersion: "x/v1",
  kind: "Widget",
  group: "x",
  version: "v1",
  singularName: "widget",
  pluralName: "widgets",
  clusterScoped: false,
};

const connection = createConnection();
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

const Row = memo(({ item }: { item: Widget }) => {
  countRow();
  return (
    <div className="row">
      <span>{item.metadata.namespace}</span>
      <span>{item.metadata.name}</span>
      <span>{item.spec.size}</span>
    </div>
  );
});

function Table({ items }: { items: readonly Widget[] }) {
  countTable(items.length);
  return (
    <section>
      {items.slice(0, visible).map((item) => (
        <Row key={item.metadata.uid} item={item} />
      ))}
    </section>
  );
}

const hooks = createResourceHooks(config, (trpc: TRPCClient<PeerRouter>) => trpc.widgets);

function LiveTable() {
  return <Table items={hooks.useWatchList().items} />;
}

interface Cached {
  items: Map<string, Widget>;
  version: string;
}

/** Prior art, in our words: keep a map in the query cache and replace it by a changed copy per event. */
function CopyingTable() {
  const queryClient = useQueryClient();
  const { data } = useQuery({
    queryKey: ["widgets"],
    queryFn: async (): Promise<Cached> => {
      const { items, metadata } = await client.widgets.list.query({});
      const entries = items.map((item): [string, Widget] => [item.metadata.name, item]);
      return { items: new Map(entries), version: metadata.resourceVersion };
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
  const isLoaded = data !== undefined;
  useEffect(() => {
    if (!isLoaded) return;
    const change = (apply: (items: Map<string, Widget>) => void) =>
      queryClient.setQueryData<Cached>(["widgets"], (old) => {
        if (!old) return old;
        const items = new Map(old.items);
        apply(items);
        return { ...old, items };
      });
    const lastEventId = queryClient.getQueryData<Cached>(["widgets"])?.version ?? null;
    const subscription = client.widgets.watch.subscribe(
      { lastEventId },
      {
        onData({ data: frame }) {
          if (frame.type !== "delta") return;
          for (const item of frame.upserts) {
            change((items) => items.set(item.metadata.name, item));
          }
          for (const { name } of frame.deletes) change((items) => items.delete(name));
        },
      },
    );
    return () => subscription.unsubscribe();
  }, [isLoaded, queryClient]);
  const items = useMemo(() => (data ? Array.from(data.items.values()) : []), [data]);
  return <Table items={items} />;
}

const fairlead = createFairlead({
  client,
  connection,
  wsClient,
  ...(parameters.has("tabs") ? { tabs: createTabGroup() } : {}),
});
const root = document.getElementById("root");
if (!root) throw new Error("The page has no #root.");
createRoot(root).render(
  <QueryClientProvider client={new QueryClient()}>
    <FairleadProvider fairlead={fairlead}>
      {parameters.get("mode") === "copy" ? <CopyingTable /> : <LiveTable />}
    </FairleadProvider>
  </QueryClientProvider>,
);
