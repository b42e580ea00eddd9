/** The official tRPC client, with its real links, and a Fairlead runtime quick enough for tests. */
import {
  createConnection,
  createFairlead,
  createFrameScheduler,
  describeResource,
  type Fairlead,
  type FairleadOptions,
  type ResourceConfig,
  type Scope,
  sessionLink,
  type Watch,
  type WatchRequest,
} from "@fairlead/react/core";
import { ResourceWriter, type WriterOptions } from "@fairlead/react/writes";
import {
  createTRPCClient,
  createWSClient,
  httpBatchStreamLink,
  splitLink,
  type TRPCClient,
  wsLink,
} from "@trpc/client";
import { WebSocket } from "ws";
import type { Widget, WidgetDraft } from "./cluster.js";
import type { Peer, PeerRouter } from "./peer.js";

export const widgetConfig: ResourceConfig = {
  apiVersion: "x/v1",
  kind: "Widget",
  group: "x",
  version: "v1",
  singularName: "widget",
  pluralName: "widgets",
  clusterScoped: false,
};

export type Client = TRPCClient<PeerRouter>;
export const widgets = (client: Client) => client.widgets;
export const widgetResource = describeResource(widgetConfig, widgets);

export interface TestClient {
  readonly fairlead: Fairlead<Client>;
  readonly client: Client;
  close(): Promise<void>;
}

export type TestOptions = Partial<FairleadOptions<Client>>;

export function connectTo(peer: Peer, options: TestOptions = {}): TestClient {
  const connection = createConnection({ baseMs: 5, maxMs: 20, pingIntervalMs: 500 });
  const wsClient = createWSClient({
    url: peer.wsUrl,
    // The `ws` package implements the browser's interface in all that the client uses.
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
    ...connection.webSocketOptions(),
  });
  const client = createTRPCClient<PeerRouter>({
    links: [
      sessionLink(connection),
      splitLink({
        condition: (op) => op.type === "subscription",
        true: wsLink({ client: wsClient }),
        false: httpBatchStreamLink({ url: peer.httpUrl }),
      }),
    ],
  });
  const fairlead = createFairlead({
    client,
    connection,
    wsClient,
    lingerMs: 20,
    deniedRetryMs: 50,
    settleMs: 100,
    backoff: { baseMs: 5, maxMs: 20 },
    scheduler: createFrameScheduler((run) => setTimeout(run, 0)),
    ...options,
  });
  return {
    fairlead,
    client,
    async close() {
      fairlead.dispose();
      await wsClient.close();
    },
  };
}

const everything: Scope = { namespace: null, labelSelector: null, fieldSelector: null };

export function requestWidgets(
  { fairlead, client }: TestClient,
  scope: Partial<Scope> = {},
): WatchRequest<Widget> {
  const full = { ...everything, ...scope };
  return {
    resourceId: widgetResource.id,
    path: widgetResource.path,
    scope: full,
    source: {
      seed: fairlead.initial === "http" ? () => client.widgets.list.query(full) : undefined,
      subscribe: (lastEventId, observer) =>
        client.widgets.watch.subscribe({ ...full, lastEventId }, observer),
    },
  };
}

/** A watch somebody looks at until `stop`. */
export function openWatch(test: TestClient, scope?: Partial<Scope>) {
  const watch: Watch<Widget> = test.fairlead.registry.get(requestWidgets(test, scope));
  const states: ReturnType<typeof watch.getState>[] = [];
  const stop = watch.subscribe(() => states.push(watch.getState()));
  const names = () => watch.getState().snapshot.items.map((item) => item.metadata.name);
  return { watch, states, stop, names };
}

export function writerOf(test: TestClient, options: WriterOptions<Widget> = {}) {
  return new ResourceWriter<Widget, WidgetDraft>(
    { fairlead: test.fairlead, resource: widgetResource, procedures: test.client.widgets },
    options,
  );
}
