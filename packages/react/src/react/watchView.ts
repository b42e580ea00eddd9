/** One or several watches, as one external store for `useSyncExternalStore`. */
import {
  type ConnectionState,
  createSnapshot,
  type LiveError,
  type ResourceObject,
  type StoreSnapshot,
  type WatchRegistry,
  type WatchRequest,
  type WatchState,
  type WatchStatus,
} from "../core/index.js";

export interface WatchView<K extends ResourceObject> {
  subscribe(listener: () => void): () => void;
  getState(): WatchState<K>;
  retry(): void;
}

/** Always through the registry: a watch may have been closed and made again between render and commit. */
function createSingleView<K extends ResourceObject>(
  registry: WatchRegistry,
  request: WatchRequest<K>,
): WatchView<K> {
  return {
    subscribe: (listener) => registry.get(request).subscribe(listener),
    getState: () => registry.get(request).getState(),
    retry: () => registry.get(request).retry(),
  };
}

/** From best to worst: what is said of several connections is the worst of them. */
const severity: readonly ConnectionState["state"][] = [
  "live",
  "idle",
  "connecting",
  "reconnecting",
  "denied",
  "offline",
  "signedOut",
];

function worstConnection(states: readonly ConnectionState[]): ConnectionState {
  // Of several that are live, one that lacks something has more to say.
  const rank = (each: ConnectionState) =>
    severity.indexOf(each.state) + (each.state === "live" && each.reason ? 0.5 : 0);
  return states.reduce<ConnectionState>(
    (worst, state) => (rank(state) > rank(worst) ? state : worst),
    states[0] ?? { state: "idle" },
  );
}

/** Ready as soon as one part is; the error of another part stays visible beside the data. */
function mergeStatus(statuses: readonly WatchStatus[]): WatchStatus {
  if (statuses.length === 0 || statuses.includes("ready")) return "ready";
  if (statuses.includes("loading")) return "loading";
  return statuses.includes("error") ? "error" : "denied";
}

function mergeStates<K extends ResourceObject>(
  states: readonly WatchState<K>[],
  snapshot: StoreSnapshot<K>,
): WatchState<K> {
  const error: LiveError | null = states.find((state) => state.error)?.error ?? null;
  return {
    snapshot,
    status: mergeStatus(states.map((state) => state.status)),
    error,
    isStale: states.some((state) => state.isStale),
    connection: worstConnection(states.map((state) => state.connection)),
  };
}

function isSame(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((value, index) => value === right[index]);
}

class MergedView<K extends ResourceObject> implements WatchView<K> {
  readonly #parts: readonly WatchView<K>[];
  #states: readonly WatchState<K>[] = [];
  #merged: WatchState<K> | null = null;
  #snapshots: readonly StoreSnapshot<K>[] = [];
  #snapshot: StoreSnapshot<K> = createSnapshot<K>([]);

  constructor(parts: readonly WatchView<K>[]) {
    this.#parts = parts;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    const stops = this.#parts.map((part) => part.subscribe(listener));
    return () => {
      for (const stop of stops) stop();
    };
  };

  readonly getState = (): WatchState<K> => {
    const states = this.#parts.map((part) => part.getState());
    if (!this.#merged || !isSame(states, this.#states)) {
      this.#states = states;
      this.#merged = mergeStates(states, this.#mergeSnapshots(states));
    }
    return this.#merged;
  };

  readonly retry = (): void => {
    for (const part of this.#parts) part.retry();
  };

  #mergeSnapshots(states: readonly WatchState<K>[]): StoreSnapshot<K> {
    const snapshots = states.map((state) => state.snapshot);
    if (!isSame(snapshots, this.#snapshots)) {
      this.#snapshots = snapshots;
      this.#snapshot = createSnapshot(snapshots.flatMap((snapshot) => snapshot.items));
    }
    return this.#snapshot;
  }
}

export function createView<K extends ResourceObject>(
  registry: WatchRegistry,
  requests: readonly WatchRequest<K>[],
): WatchView<K> {
  const views = requests.map((request) => createSingleView(registry, request));
  const [only, ...others] = views;
  return only && others.length === 0 ? only : new MergedView(views);
}
