/**
 * One socket for all tabs of a browser.
 *
 * The tabs elect a leader by a Web Lock, which the browser passes on when a tab closes or crashes. The
 * leader's watches are the only ones that subscribe; a follower asks the leader for a watch and is sent
 * its state and then its frames over a channel of its own. A new leader resumes from the cursors the
 * followers have. Where the browser lacks locks or channels, every tab simply has its own socket.
 */
import type { ConnectionState } from "../core/connection.js";
import { errorData, type LiveError } from "../core/errors.js";
import type { WatchRequest } from "../core/registry.js";
import { type Scope, scopeInput } from "../core/selectors.js";
import type { TabGroup, TabTarget } from "../core/tabGroup.js";
import type { SourceObserver, WatchEvent, WatchSource } from "../core/watch.js";
import type { ResourceObject, WatchFrame, WatchInput, WatchProcedures } from "../core/wire.js";

export interface TabGroupOptions {
  /** Tabs of one name share. It must tell users and servers apart where one origin has several. */
  readonly name?: string;
  readonly locks?: Pick<LockManager, "request">;
  readonly createChannel?: (name: string) => BroadcastChannel;
}

/** A follower asks, on the group's channel. */
type Ask =
  | { readonly type: "hello"; readonly tab: string }
  | {
      readonly type: "join";
      readonly tab: string;
      readonly id: string;
      readonly resourceId: string;
      readonly path: readonly string[];
      readonly scope: Scope;
    }
  | { readonly type: "leave"; readonly tab: string; readonly id: string };

/** The leader tells all. */
type Tell =
  | { readonly type: "leader" }
  | { readonly type: "connection"; readonly state: ConnectionState };

/** The leader answers one follower, on the follower's own channel. */
type Answer =
  | {
      readonly type: "frame";
      readonly id: string;
      readonly cursor: string;
      readonly frame: WatchFrame<ResourceObject>;
    }
  | {
      readonly type: "error";
      readonly id: string;
      readonly message: string;
      readonly data: unknown;
    };

interface Wiring {
  readonly name: string;
  readonly tab: string;
  readonly locks: Pick<LockManager, "request">;
  readonly createChannel: (name: string) => BroadcastChannel;
  readonly target: TabTarget;
}

function routerAt(client: unknown, path: readonly string[]): WatchProcedures<ResourceObject> {
  let node = client;
  for (const name of path) node = (node as { readonly [key: string]: unknown })[name];
  // Another tab of the same application named a path that it uses itself.
  return node as WatchProcedures<ResourceObject>;
}

function sourceAt(client: unknown, path: readonly string[], scope: Scope) {
  const input: WatchInput = scopeInput(scope);
  const source: WatchSource<ResourceObject> = {
    subscribe: (cursor, observer) =>
      routerAt(client, path).watch.subscribe(
        cursor === null ? input : { ...input, lastEventId: cursor },
        observer,
      ),
  };
  return source;
}

/** What the leader does for the others. */
class Leader {
  readonly #wiring: Wiring;
  readonly #group: BroadcastChannel;
  readonly #followers = new Map<
    string,
    { channel: BroadcastChannel; stops: Map<string, () => void> }
  >();
  readonly #unsubscribe: () => void;

  constructor(wiring: Wiring, group: BroadcastChannel) {
    this.#wiring = wiring;
    this.#group = group;
    const { connection } = wiring.target;
    connection.mirror(null);
    this.#unsubscribe = connection.subscribe(() => this.#tellConnection());
    this.#tell({ type: "leader" });
    this.#tellConnection();
  }

  onAsk(ask: Ask): void {
    if (ask.type === "hello") this.#tellConnection();
    else if (ask.type === "join") this.#join(ask);
    else this.#leave(ask.tab, ask.id);
  }

  close(): void {
    this.#unsubscribe();
    for (const tab of [...this.#followers.keys()]) this.#dismiss(tab);
  }

  #join({ tab, id, resourceId, path, scope }: Extract<Ask, { type: "join" }>): void {
    const follower = this.#follower(tab);
    const { client, registry } = this.#wiring.target;
    const source = sourceAt(client, path, scope);
    const watch = registry.get<ResourceObject>({ resourceId, path, scope, source });
    const answer = (event: WatchEvent<ResourceObject>) =>
      follower.channel.postMessage(toAnswer(id, event));
    follower.stops.set(id, watch.tap(answer));
  }

  #leave(tab: string, id: string): void {
    const follower = this.#followers.get(tab);
    follower?.stops.get(id)?.();
    follower?.stops.delete(id);
  }

  #follower(tab: string) {
    const known = this.#followers.get(tab);
    if (known) return known;
    const { createChannel, locks, name } = this.#wiring;
    const follower = {
      channel: createChannel(`${name}:${tab}`),
      stops: new Map<string, () => void>(),
    };
    this.#followers.set(tab, follower);
    // Each tab holds the lock of its name for life: getting it means that the tab is gone.
    void locks.request(`${name}:${tab}`, async () => this.#dismiss(tab));
    return follower;
  }

  #dismiss(tab: string): void {
    const follower = this.#followers.get(tab);
    this.#followers.delete(tab);
    for (const stop of follower?.stops.values() ?? []) stop();
    follower?.channel.close();
  }

  #tellConnection(): void {
    this.#tell({ type: "connection", state: this.#wiring.target.connection.getState() });
  }

  #tell(tell: Tell): void {
    this.#group.postMessage(tell);
  }
}

function toAnswer(id: string, event: WatchEvent<ResourceObject>): Answer {
  if (event.type === "frame") return { type: "frame", id, cursor: event.id, frame: event.frame };
  const { message, cause }: LiveError = event.error;
  // Structured clones keep no classes, and need none: errors are told apart by their data.
  return { type: "error", id, message, data: errorData(cause) };
}

/** What a tab does that is not the leader. */
class Follower {
  readonly #wiring: Wiring;
  readonly #group: BroadcastChannel;
  readonly #observers = new Map<string, SourceObserver<ResourceObject>>();
  #lastId = 0;

  constructor(wiring: Wiring, group: BroadcastChannel) {
    this.#wiring = wiring;
    this.#group = group;
    this.#ask({ type: "hello", tab: wiring.tab });
  }

  onTell(tell: Tell): void {
    if (tell.type === "connection") this.#wiring.target.connection.mirror(tell.state);
    else this.endAll();
  }

  onAnswer(answer: Answer): void {
    const observer = this.#observers.get(answer.id);
    if (!observer) return;
    if (answer.type === "frame") observer.onData({ id: answer.cursor, data: answer.frame });
    else {
      this.#observers.delete(answer.id);
      observer.onError({ name: "TRPCClientError", message: answer.message, data: answer.data });
    }
  }

  subscribe(
    request: Omit<WatchRequest<never>, "source">,
    observer: SourceObserver<ResourceObject>,
  ) {
    const { tab } = this.#wiring;
    const { resourceId, path, scope } = request;
    this.#lastId += 1;
    const id = String(this.#lastId);
    this.#observers.set(id, observer);
    this.#ask({ type: "join", tab, id, resourceId, path, scope });
    return {
      unsubscribe: () => {
        this.#observers.delete(id);
        this.#ask({ type: "leave", tab, id });
      },
    };
  }

  /** Another tab leads now, or this one: each watch subscribes again, from where it is. */
  endAll(): void {
    const ended = [...this.#observers.values()];
    this.#observers.clear();
    for (const observer of ended) observer.onMoved();
  }

  #ask(ask: Ask): void {
    this.#group.postMessage(ask);
  }
}

const isAsk = (message: Ask | Tell): message is Ask => "tab" in message;

function join(wiring: Wiring, setLeads: (leads: boolean) => void): () => void {
  const { name, tab, locks, createChannel, target } = wiring;
  const group = createChannel(name);
  const own = createChannel(`${name}:${tab}`);
  const follower = new Follower(wiring, group);
  const closing = new AbortController();
  let leader: Leader | null = null;
  let release: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    release = resolve;
  });

  group.onmessage = ({ data }: MessageEvent<Ask | Tell>) => {
    if (isAsk(data)) leader?.onAsk(data);
    else if (!leader) follower.onTell(data);
  };
  own.onmessage = ({ data }: MessageEvent<Answer>) => follower.onAnswer(data);

  target.registry.share = (request) => ({
    ...request.source,
    subscribe: (cursor, observer) =>
      leader
        ? request.source.subscribe(cursor, observer)
        : // The leader's watch has the same resource id, hence the same object type.
          follower.subscribe(request, observer as unknown as SourceObserver<ResourceObject>),
  });

  const quiet = () => undefined;
  const { signal } = closing;
  locks.request(`${name}:${tab}`, { signal }, () => closed).catch(quiet);
  locks
    .request(`${name}:leader`, { signal }, () => {
      leader = new Leader(wiring, group);
      setLeads(true);
      follower.endAll();
      return closed;
    })
    .catch(quiet);

  return () => {
    closing.abort();
    leader?.close();
    leader = null;
    setLeads(false);
    release();
    group.close();
    own.close();
  };
}

export function createTabGroup(options: TabGroupOptions = {}): TabGroup {
  const locks = options.locks ?? globalThis.navigator?.locks;
  const hasChannels = options.createChannel ?? typeof BroadcastChannel === "function";
  let leads = false;
  return {
    isLeader: () => leads,
    attach(target) {
      if (!locks || !hasChannels) {
        leads = true;
        return () => undefined;
      }
      const createChannel =
        options.createChannel ?? ((channel: string) => new BroadcastChannel(channel));
      const name = options.name ?? "fairlead";
      const tab = crypto.randomUUID();
      return join({ name, tab, locks, createChannel, target }, (now) => {
        leads = now;
      });
    },
  };
}

export type { TabGroup };
