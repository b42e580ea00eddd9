/**
 * The runtime an application makes once: the tRPC client, and everything live around it.
 */
import type { BackoffOptions } from "./backoff.js";
import { Connection } from "./connection.js";
import { createFrameScheduler, type FrameScheduler } from "./frames.js";
import { KeptInput } from "./keptInput.js";
import { type Notifier, silentNotifier } from "./notify.js";
import { PermissionCache, type PermissionCacheOptions } from "./permissions.js";
import { WatchRegistry } from "./registry.js";
import { leadToSignIn, type SignInPage } from "./signInPage.js";
import type { TabGroup } from "./tabGroup.js";

export interface FairleadOptions<C> {
  /** The official tRPC client. */
  readonly client: C;
  readonly connection?: Connection;
  /** What `createWSClient` made. With it the state of the socket is known before anything is watched. */
  readonly wsClient?: Parameters<Connection["follow"]>[0];
  /** Where messages about mutations go; a toast library fits. */
  readonly notify?: Notifier;
  /** Where a watch's first data come from: an HTTP `list` (default), or the subscription's snapshot. */
  readonly initial?: "http" | "subscription";
  readonly lingerMs?: number;
  readonly deniedRetryMs?: number;
  /** How long a confirmed mutation waits for its live event before the server's state is shown. */
  readonly settleMs?: number;
  readonly backoff?: BackoffOptions;
  readonly permissions?: PermissionCacheOptions;
  readonly scheduler?: FrameScheduler;
  /** Where the browser is led when the session has ended; it comes back to the same place. */
  readonly signIn?: SignInPage;
  /** `createTabGroup()`: the tabs of a browser then share one socket. */
  readonly tabs?: TabGroup;
}

export interface Fairlead<C = unknown> {
  readonly client: C;
  readonly connection: Connection;
  readonly registry: WatchRegistry;
  readonly permissions: PermissionCache;
  readonly notify: Notifier;
  readonly initial: "http" | "subscription";
  /** Input that is kept over a new sign-in. */
  readonly kept: KeptInput;
  /**
   * To be called before the application signs out by itself: the end of the session then leads nowhere. Returns what
   * takes that back, when the sign-out failed.
   */
  holdSignIn(): () => void;
  /** Forgets every object and permission. To be called at sign-out: the next user must not see them. */
  clear(): void;
  dispose(): void;
}

function onVisible(run: () => void): () => void {
  if (typeof document === "undefined") return () => undefined;
  const listener = () => {
    if (document.visibilityState === "visible") run();
  };
  document.addEventListener("visibilitychange", listener);
  return () => document.removeEventListener("visibilitychange", listener);
}

export function createFairlead<C>(options: FairleadOptions<C>): Fairlead<C> {
  const connection = options.connection ?? new Connection();
  const registry = new WatchRegistry(
    {
      ...options.backoff,
      connection,
      scheduler: options.scheduler ?? createFrameScheduler(),
      lingerMs: options.lingerMs ?? 10_000,
      deniedRetryMs: options.deniedRetryMs ?? 60_000,
    },
    options.settleMs === undefined ? {} : { settleMs: options.settleMs },
  );
  const permissions = new PermissionCache(options.permissions, (resourceId) =>
    registry.retryDenied(resourceId),
  );
  registry.onDenied = (resourceId) => permissions.invalidate(resourceId);
  const stops = [
    connection.followNetwork(),
    onVisible(() => permissions.refresh()),
    options.wsClient ? connection.follow(options.wsClient) : () => undefined,
  ];
  const kept = new KeptInput();
  const lead = options.signIn ? leadToSignIn(connection, kept, options.signIn) : null;
  if (lead) stops.push(() => lead.stop());
  const group = options.tabs;
  // Another tab's socket brings no news of permissions here; a socket of its own would defeat the group.
  if (group) permissions.canFollow = () => group.isLeader();
  const tabs = group?.attach({ client: options.client, connection, registry });
  if (tabs) stops.push(tabs);
  return {
    client: options.client,
    connection,
    registry,
    permissions,
    notify: options.notify ?? silentNotifier,
    initial: options.initial ?? "http",
    kept,
    holdSignIn: () => lead?.hold() ?? (() => undefined),
    clear() {
      kept.clear();
      registry.clear();
      permissions.clear();
    },
    dispose() {
      // The watches first: a follower's still have to take leave of the tab that leads.
      registry.dispose();
      permissions.dispose();
      for (const stop of stops) stop();
    },
  };
}
