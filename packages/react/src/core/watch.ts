/**
 * One live list, shared by everyone who shows it.
 *
 * A watch is a store plus the subscription that feeds it, and it promises that the store becomes equal
 * to the server's state after any fault: it subscribes again, with the id of the last frame it applied,
 * whenever the subscription ends for a reason that may pass. It says so while it does.
 */
import { type BackoffOptions, backoffDelay } from "./backoff.js";
import type { Connection, ConnectionState } from "./connection.js";
import { Emitter } from "./emitter.js";
import { deepEqual } from "./equal.js";
import { LiveError, toLiveError } from "./errors.js";
import type { FrameScheduler } from "./frames.js";
import { LiveStore, type StoreSnapshot } from "./liveStore.js";
import type { Overlay } from "./overlay.js";
import type { Scope } from "./selectors.js";
import type {
  ListResult,
  ResourceObject,
  StateFrame,
  SubscribeOptions,
  WatchFrame,
} from "./wire.js";

export type WatchStatus = "loading" | "ready" | "error" | "denied";

export interface WatchState<K> {
  readonly snapshot: StoreSnapshot<K>;
  readonly status: WatchStatus;
  readonly error: LiveError | null;
  /** There is data, but it does not follow the server right now. */
  readonly isStale: boolean;
  readonly connection: ConnectionState;
}

export interface SourceObserver<K> extends SubscribeOptions<K> {
  /** Another source takes over: subscribe again, at once. */
  onMoved: () => void;
}

export interface WatchSource<K> {
  /** The first list, over HTTP; without it the subscription's snapshot is the first data. */
  readonly seed?: ((signal: AbortSignal) => Promise<ListResult<K>>) | undefined;
  subscribe(cursor: string | null, observer: SourceObserver<K>): { unsubscribe(): void };
}

export interface WatchEnvironment extends BackoffOptions {
  readonly connection: Connection;
  readonly scheduler: FrameScheduler;
  /** How long an unused watch stays subscribed. */
  readonly lingerMs: number;
  /** How often a denied watch asks again, in case a role was granted. */
  readonly deniedRetryMs: number;
}

export interface WatchOptions<K extends ResourceObject> {
  readonly scope: Scope;
  readonly overlay: Overlay<K>;
  readonly source: WatchSource<K>;
  readonly environment: WatchEnvironment;
  readonly onIdle: () => void;
  /** The server refused: what is known of the permissions may be wrong. */
  readonly onDenied: () => void;
}

/** What a follower in another tab is told. */
export type WatchEvent<K> =
  | { readonly type: "frame"; readonly id: string; readonly frame: WatchFrame<K> }
  | { readonly type: "error"; readonly error: LiveError };

type Phase =
  | { readonly at: "stopped" | "seeding" | "subscribing" | "live" | "signedOut" | "denied" }
  | { readonly at: "waiting"; readonly retryAt: number };

function signedOutError(reason: string | null): LiveError {
  const details = { kind: "unauthorized", code: "UNAUTHORIZED", retryable: false } as const;
  return new LiveError(reason ?? "You are signed out", { ...details, cause: null });
}

export class Watch<K extends ResourceObject> {
  readonly scope: Scope;
  readonly #store: LiveStore<K>;
  readonly #options: WatchOptions<K>;
  readonly #emitter = new Emitter();
  readonly #taps = new Set<(event: WatchEvent<K>) => void>();
  readonly #disconnect: () => void;
  #phase: Phase = { at: "stopped" };
  #error: LiveError | null = null;
  /** How the server said that it stands with the cluster, since the last snapshot. */
  #told: StateFrame | null = null;
  #cursor: string | null = null;
  #hasData = false;
  #attempt = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #lingerTimer: ReturnType<typeof setTimeout> | undefined;
  #abort = new AbortController();
  #subscription: { unsubscribe(): void } | null = null;
  #state: WatchState<K>;

  constructor(options: WatchOptions<K>) {
    this.scope = options.scope;
    this.#options = options;
    this.#store = new LiveStore({
      scope: options.scope,
      overlay: options.overlay,
      isLive: () => this.#phase.at === "live" && this.#told?.state !== "stale",
      onDirty: () => this.#schedule(),
    });
    this.#state = this.#derive();
    this.#disconnect = options.environment.connection.subscribe(() => this.#onConnection());
    this.#linger();
  }

  readonly getState = (): WatchState<K> => this.#state;

  /** Listens, and keeps the subscription open for as long as anyone does. */
  readonly subscribe = (listener: () => void): (() => void) => {
    clearTimeout(this.#lingerTimer);
    const unsubscribe = this.#emitter.subscribe(listener);
    if (this.#phase.at === "stopped") this.#start();
    return () => {
      unsubscribe();
      if (this.#emitter.size === 0) this.#linger();
    };
  };

  /** Hears every frame, beginning with a snapshot of what is known, for as long as it is not stopped. */
  tap(listener: (event: WatchEvent<K>) => void): () => void {
    const release = this.subscribe(() => undefined);
    this.#taps.add(listener);
    if (this.#hasData && this.#cursor !== null) {
      listener(this.#snapshotEvent(this.#cursor));
      if (this.#phase.at !== "live") listener(this.#staleEvent(this.#cursor));
      else if (this.#told) listener({ type: "frame", id: this.#cursor, frame: this.#told });
    }
    return () => {
      this.#taps.delete(listener);
      release();
    };
  }

  find(key: string): K | undefined {
    return this.#store.find(key);
  }

  truthOf(key: string): K | undefined {
    return this.#store.truthOf(key);
  }

  get isStarted(): boolean {
    return this.#phase.at !== "stopped";
  }

  /** Starts over now, instead of at the next scheduled attempt. */
  readonly retry = (): void => {
    if (this.#phase.at === "stopped") return;
    this.#attempt = 0;
    this.#start();
  };

  retryIfDenied(): void {
    if (this.#phase.at === "denied") this.retry();
  }

  dispose(): void {
    clearTimeout(this.#lingerTimer);
    this.#end({ at: "stopped" });
    this.#disconnect();
    this.#store.dispose();
  }

  /** Forgets the data as well: it belonged to a session that has ended. */
  clear(): void {
    this.#forget();
    this.#end({ at: "stopped" });
    this.#error = null;
    if (this.#emitter.size > 0) this.#start();
  }

  #linger(): void {
    clearTimeout(this.#lingerTimer);
    this.#lingerTimer = setTimeout(() => {
      this.dispose();
      this.#options.onIdle();
    }, this.#options.environment.lingerMs);
  }

  #start(): void {
    this.#end({ at: "seeding" });
    const session = this.#options.environment.connection.getState();
    if (session.state === "signedOut") {
      this.#error ??= signedOutError(session.reason);
      this.#enter({ at: "signedOut" });
      return;
    }
    const { seed } = this.#options.source;
    if (this.#hasData || !seed) this.#open();
    else void this.#seed(seed, this.#abort.signal);
  }

  async #seed(seed: NonNullable<WatchSource<K>["seed"]>, signal: AbortSignal): Promise<void> {
    try {
      const list = await seed(signal);
      if (signal.aborted) return;
      this.#store.replace(list.items, list.total);
      this.#cursor = list.metadata.resourceVersion;
      this.#hasData = true;
      this.#error = null;
      this.#tell(this.#snapshotEvent(this.#cursor));
    } catch (cause) {
      if (signal.aborted) return;
      const error = toLiveError(cause);
      // Any other failure leaves it to the subscription, which brings a snapshot of its own.
      if (error.kind === "forbidden" || error.kind === "unauthorized") return this.#fail(error);
    }
    this.#open();
  }

  #open(): void {
    this.#told = null;
    this.#enter({ at: "subscribing" });
    const { signal } = this.#abort;
    const guard =
      <A extends unknown[]>(handle: (...args: A) => void) =>
      (...args: A) => {
        if (!signal.aborted) handle(...args);
      };
    this.#subscription = this.#options.source.subscribe(this.#cursor, {
      onData: guard(({ id, data }) => this.#onFrame(id, data)),
      onError: guard((cause) => this.#fail(toLiveError(cause))),
      onComplete: guard(() => this.#retryLater()),
      onMoved: guard(() => this.#start()),
      onConnectionStateChange: guard((event) => {
        this.#options.environment.connection.reportSocket(event);
        if (event.state === "connecting" && this.#phase.at === "live") {
          this.#enter({ at: "subscribing" });
        }
      }),
    });
    if (signal.aborted) this.#subscription.unsubscribe();
  }

  #onFrame(id: string, frame: WatchFrame<K>): void {
    this.#store.apply(frame);
    this.#cursor = id;
    if (frame.type === "state") this.#told = frame;
    else {
      this.#hasData = true;
      // A change is a sign of life, but what is missing stays so until that is told, or all is.
      if (frame.type === "snapshot" || this.#told?.state === "stale") this.#told = null;
    }
    this.#attempt = 0;
    this.#error = null;
    this.#enter({ at: "live" });
    this.#tell({ type: "frame", id, frame });
  }

  #tell(event: WatchEvent<K>): void {
    for (const listener of [...this.#taps]) listener(event);
  }

  #snapshotEvent(cursor: string): WatchEvent<K> {
    const frame = { type: "snapshot", resourceVersion: cursor, ...this.#store.whole() } as const;
    return { type: "frame", id: cursor, frame };
  }

  #staleEvent(cursor: string): WatchEvent<K> {
    const reason = this.#error?.message ?? null;
    const frame = { type: "state", resourceVersion: cursor, state: "stale", reason } as const;
    return { type: "frame", id: cursor, frame };
  }

  #fail(error: LiveError): void {
    const { connection, deniedRetryMs } = this.#options.environment;
    this.#error = error;
    this.#tell({ type: "error", error });
    if (error.kind === "unauthorized") {
      this.#end({ at: "signedOut" });
      connection.reportSignedOut(error.message);
    } else if (error.kind === "forbidden") {
      // What this user may no longer see must not stay on the screen.
      this.#forget();
      this.#end({ at: "denied" });
      this.#options.onDenied();
      this.#retryTimer = setTimeout(() => this.#start(), deniedRetryMs);
    } else if (error.retryable) {
      // The server itself refused: perhaps this cursor. A fresh snapshot is always right.
      if (error.code !== null) this.#cursor = null;
      this.#retryLater();
    } else {
      // Not this request's fault to repair, but a new server version may: keep asking, rarely.
      this.#cursor = null;
      this.#retryLater(deniedRetryMs);
    }
  }

  #retryLater(delay = backoffDelay(this.#attempt, this.#options.environment)): void {
    this.#attempt += 1;
    this.#end({ at: "waiting", retryAt: Date.now() + delay });
    this.#retryTimer = setTimeout(() => this.#start(), delay);
  }

  #onConnection(): void {
    const { state } = this.#options.environment.connection.getState();
    if (state !== "signedOut" && this.#phase.at === "signedOut") {
      this.#error = null;
      this.#start();
    }
    this.#schedule();
  }

  #forget(): void {
    this.#store.replace([]);
    this.#cursor = null;
    this.#hasData = false;
  }

  #end(phase: Phase): void {
    clearTimeout(this.#retryTimer);
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#subscription?.unsubscribe();
    this.#subscription = null;
    this.#enter(phase);
  }

  #enter(phase: Phase): void {
    const wasLive = this.#phase.at === "live";
    this.#phase = phase;
    if (wasLive && phase.at !== "live" && this.#cursor !== null) {
      this.#tell(this.#staleEvent(this.#cursor));
    }
    this.#schedule();
  }

  #schedule(): void {
    this.#options.environment.scheduler.schedule(this.#flush);
  }

  readonly #flush = (): void => {
    const changed = this.#store.commit();
    const next = this.#derive();
    const before = this.#state;
    const same =
      before.status === next.status &&
      before.error === next.error &&
      before.isStale === next.isStale &&
      before.connection === next.connection;
    if (!changed && same) return;
    this.#state = next;
    this.#emitter.emit();
  };

  #derive(): WatchState<K> {
    const connection = this.#connection();
    return {
      snapshot: this.#store.snapshot,
      status: this.#status(),
      error: this.#error,
      isStale: this.#hasData && connection.state !== "live",
      // One object per distinct value, so that readers can compare by reference.
      connection: deepEqual(connection, this.#state?.connection)
        ? this.#state.connection
        : connection,
    };
  }

  #status(): WatchStatus {
    if (this.#phase.at === "denied") return "denied";
    if (this.#hasData) return "ready";
    return this.#error ? "error" : "loading";
  }

  #connection(): ConnectionState {
    const socket = this.#options.environment.connection.getState();
    const phase = this.#phase;
    if (socket.state === "signedOut") return socket;
    if (phase.at === "denied") return { state: "denied", reason: this.#error?.message ?? null };
    if (socket.state === "offline") return socket;
    if (phase.at === "live") {
      const { state, reason = null } = this.#told ?? {};
      if (state === "stale")
        return { state: "reconnecting", attempt: 0, nextRetryAt: null, reason };
      return reason ? { state: "live", reason } : { state: "live" };
    }
    if (socket.state === "reconnecting") return socket;
    const reason = this.#error?.message ?? null;
    const nextRetryAt = phase.at === "waiting" ? phase.retryAt : null;
    if (this.#attempt > 0) {
      return { state: "reconnecting", attempt: this.#attempt, nextRetryAt, reason };
    }
    return { state: "connecting" };
  }
}
