/**
 * A real tRPC server on real sockets that serves one resource kind by the contract, with faults on
 * demand: what a cluster, a network and an administrator do to a client.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { initTRPC, TRPCError } from "@trpc/server";
import { nodeHTTPRequestHandler } from "@trpc/server/adapters/node-http";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { WebSocketServer } from "ws";
import { type Scope, type Widget, WidgetCluster, type WidgetDraft } from "./cluster.js";

const t = initTRPC.create();

/** Input is checked by the types alone: the tests' own clients are the only callers. */
const input =
  <T>() =>
  (value: unknown): T =>
    value as T;

function mergeSpec(patch: Record<string, unknown>): Partial<Widget["spec"]> {
  return (patch["spec"] ?? {}) as Partial<Widget["spec"]>;
}

export function createWidgetRouter(cluster: WidgetCluster) {
  return t.router({
    list: t.procedure
      .input(input<Scope & { limit?: number | null; continue?: string | null }>())
      .query(async ({ input: scope }) => {
        await cluster.enter("list");
        const all = cluster.list(scope);
        const start = Number(scope.continue ?? 0);
        const end = scope.limit ? start + scope.limit : all.length;
        const remaining = Math.max(0, all.length - end);
        const metadata = {
          resourceVersion: cluster.version,
          continue: remaining > 0 ? String(end) : null,
          remainingItemCount: remaining > 0 ? remaining : null,
          missing: cluster.missing,
        };
        await cluster.leave("list");
        return { items: all.slice(start, end), metadata };
      }),
    get: t.procedure
      .input(input<{ name: string; namespace?: string | null }>())
      .query(async ({ input: { name, namespace } }) => {
        await cluster.enter("get");
        return cluster.find(namespace ?? "", name);
      }),
    create: t.procedure
      .input(input<{ object: WidgetDraft; dryRun?: boolean }>())
      .mutation(async ({ input: { object } }) => {
        await cluster.enter("create");
        const { namespace, name = "", labels } = object.metadata;
        if (cluster.objects.has(cluster.key(namespace, name))) {
          throw new TRPCError({ code: "CONFLICT", message: `Widget ${name} exists` });
        }
        const created = cluster.add(namespace, name, object.spec, labels);
        await cluster.leave("create");
        return created;
      }),
    update: t.procedure
      .input(input<{ object: Widget; dryRun?: boolean }>())
      .mutation(async ({ input: { object } }) => {
        await cluster.enter("update");
        const { namespace, name, resourceVersion } = object.metadata;
        const current = cluster.find(namespace, name);
        if (current.metadata.resourceVersion !== resourceVersion) {
          throw new TRPCError({ code: "CONFLICT", message: `Widget ${name} has changed` });
        }
        const updated = cluster.change(namespace, name, object.spec);
        await cluster.leave("update");
        return updated;
      }),
    patch: t.procedure
      .input(input<{ name: string; namespace?: string | null; patch: Record<string, unknown> }>())
      .mutation(async ({ input: { name, namespace, patch } }) => {
        await cluster.enter("patch");
        const patched = cluster.change(namespace ?? "", name, mergeSpec(patch));
        await cluster.leave("patch");
        return patched;
      }),
    delete: t.procedure
      .input(input<{ name: string; namespace?: string | null; uid?: string | null }>())
      .mutation(async ({ input: { name, namespace, uid } }) => {
        await cluster.enter("delete");
        const current = cluster.find(namespace ?? "", name);
        if (uid && current.metadata.uid !== uid) {
          throw new TRPCError({ code: "CONFLICT", message: "The uid differs" });
        }
        cluster.remove(namespace ?? "", name);
        await cluster.leave("delete");
        return null;
      }),
    watch: t.procedure
      .input(input<Scope & { lastEventId?: string | null }>())
      .subscription(async function* ({ input: scope, signal }) {
        await cluster.enter("watch");
        yield* cluster.watch(scope, scope.lastEventId ?? null, signal ?? AbortSignal.abort());
      }),
    permissions: t.procedure
      .input(input<{ namespace?: string | null; name?: string | null }>())
      .query(async ({ input: { namespace } }) => {
        await cluster.enter("permissions");
        return cluster.answers(namespace ?? null);
      }),
    watchPermissions: t.procedure
      .input(input<{ namespace?: string | null; name?: string | null }>())
      .subscription(async function* ({ input: { namespace }, signal }) {
        await cluster.enter("watchPermissions");
        yield* cluster.followAnswers(namespace ?? null, signal ?? AbortSignal.abort());
      }),
  });
}

export function createPeerRouter(cluster: WidgetCluster) {
  return t.router({ widgets: createWidgetRouter(cluster) });
}

export type PeerRouter = ReturnType<typeof createPeerRouter>;

export interface Peer {
  readonly cluster: WidgetCluster;
  readonly httpUrl: string;
  readonly wsUrl: string;
  readonly socketCount: () => number;
  readonly openedSockets: () => number;
  /** Cuts every connection without a word, as a pulled cable or a killed pod does. */
  cut(): void;
  /** Refuses connections until `restart`. */
  stop(): Promise<void>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function startPeer(cluster = new WidgetCluster()): Promise<Peer> {
  const router = createPeerRouter(cluster);
  const sockets = new Set<Socket>();
  let opened = 0;
  let server: Server;
  let wss: WebSocketServer;
  let port = 0;

  async function listen() {
    server = createServer((req, res) => {
      // Kept connections would die unseen with `stop`, and fail the first request after it.
      res.setHeader("connection", "close");
      const path = new URL(req.url ?? "/", "http://peer").pathname.slice(1);
      void nodeHTTPRequestHandler({ router, req, res, path, createContext: () => ({}) });
    });
    server.on("connection", (socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
    wss = new WebSocketServer({ server });
    wss.on("connection", () => {
      opened += 1;
    });
    applyWSSHandler({ wss, router, createContext: () => ({}) });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    port = (server.address() as AddressInfo).port;
  }

  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const stop = async () => {
    cut();
    wss.close();
    await new Promise((resolve) => server.close(resolve));
  };

  await listen();
  return {
    cluster,
    httpUrl: `http://127.0.0.1:${port}`,
    wsUrl: `ws://127.0.0.1:${port}`,
    socketCount: () => wss.clients.size,
    openedSockets: () => opened,
    cut,
    stop,
    restart: listen,
    close: stop,
  };
}
