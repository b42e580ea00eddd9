import { useCallback, useMemo, useSyncExternalStore } from "react";
import {
  type Accessor,
  type ConnectionState,
  type Fairlead,
  type LiveError,
  type ObjectOf,
  objectKey,
  type ResourceConfig,
  type ResourceObject,
  type Watch,
  type WatchProcedures,
  type WatchRequest,
  type WatchState,
  type WatchStatus,
} from "../core/index.js";
import { useFairleadContext } from "./context.js";
import { createRequest, createTarget } from "./watchSource.js";

export interface WatchItemOptions {
  readonly name: string;
  readonly namespace?: string | null;
  readonly enabled?: boolean;
}

export type WatchItemStatus = WatchStatus | "deleted" | "notFound";

export interface WatchItemResult<K> {
  readonly data: K | undefined;
  /** The same as `data`. After a deletion, the object as it last was. */
  readonly item: K | undefined;
  readonly status: WatchItemStatus;
  readonly isLoading: boolean;
  /** It was there while this was open, and is gone. */
  readonly isDeleted: boolean;
  readonly error: LiveError | null;
  readonly isStale: boolean;
  readonly connection: ConnectionState;
  readonly refetch: () => void;
}

export type UseWatchItem<K> = (options: WatchItemOptions) => WatchItemResult<K>;

interface ItemView<K> {
  subscribe(listener: () => void): () => void;
  getResult(): WatchItemResult<K>;
}

function itemStatus<K>(state: WatchState<K>, item: K | undefined, wasSeen: boolean) {
  if (item !== undefined) return "ready";
  if (state.status !== "ready") return state.status;
  // A list that is being caught up does not prove that something is gone.
  if (state.isStale) return "loading";
  return wasSeen ? "deleted" : "notFound";
}

/** Follows one object in a watch that holds it. */
function createItemView<K extends ResourceObject>(
  fairlead: Fairlead,
  request: WatchRequest<K>,
  key: string,
): ItemView<K> {
  const { namespace } = request.scope;
  const name = key.slice(key.indexOf("/") + 1);
  const { registry } = fairlead;
  let watch: Watch<K> | null = null;
  let lastSeen: K | undefined = registry.findTruth<K>(request.resourceId, key);
  let result: WatchItemResult<K> | null = null;
  let seenState: WatchState<K> | null = null;

  // A list already open serves its items too: at once, and without a second subscription.
  const find = () =>
    registry.findCovering<K>(request.resourceId, namespace, name) ?? registry.get(request);
  const retry = () => find().retry();

  function read(state: WatchState<K>, item: K | undefined): WatchItemResult<K> {
    const isForgotten = state.status === "denied" || state.connection.state === "signedOut";
    if (isForgotten) lastSeen = undefined;
    const early = state.status === "loading" ? lastSeen : undefined;
    const status = itemStatus(state, item ?? early, lastSeen !== undefined);
    lastSeen = item ?? lastSeen;
    return {
      data: lastSeen,
      item: lastSeen,
      status,
      isLoading: status === "loading",
      isDeleted: status === "deleted",
      error: state.error,
      isStale: state.isStale || (early !== undefined && item === undefined),
      connection: state.connection,
      refetch: retry,
    };
  }

  function isSame(next: WatchItemResult<K>): boolean {
    return (
      result !== null &&
      result.item === next.item &&
      result.status === next.status &&
      result.error === next.error &&
      result.isStale === next.isStale &&
      result.connection === next.connection
    );
  }

  return {
    subscribe(listener) {
      watch = find();
      const stop = watch.subscribe(listener);
      return () => {
        stop();
        watch = null;
      };
    },
    getResult() {
      const current = watch ?? find();
      const state = current.getState();
      if (result && state === seenState) return result;
      seenState = state;
      const next = read(state, current.find(key));
      if (!result || !isSame(next)) result = next;
      return result;
    },
  };
}

function disabledResult<K>(): WatchItemResult<K> {
  return {
    data: undefined,
    item: undefined,
    status: "loading",
    isLoading: true,
    isDeleted: false,
    error: null,
    isStale: false,
    connection: { state: "idle" },
    refetch: () => undefined,
  };
}

function createDisabledView<K>(): ItemView<K> {
  const result = disabledResult<K>();
  return { subscribe: () => () => undefined, getResult: () => result };
}

/**
 * Makes the hook that watches one object. It uses a list's data and subscription where one covers the
 * object, and renders only when this object changes.
 */
export function createUseWatchItemHook<C, P extends WatchProcedures<ResourceObject>>(
  config: ResourceConfig,
  accessor: Accessor<C, P>,
): UseWatchItem<ObjectOf<P>> {
  type K = ObjectOf<P>;
  // P lists and watches objects of its own type: that is what ObjectOf reads off it.
  const target = createTarget(config, accessor as unknown as Accessor<C, WatchProcedures<K>>);
  // biome-ignore lint/correctness/noComponentHookFactories: made once per kind, at module level.
  return function useWatchItem({ name, namespace = null, enabled = true }) {
    const context = useFairleadContext();
    const view = useMemo(() => {
      if (!enabled) return createDisabledView<K>();
      const scope = { namespace, labelSelector: null, fieldSelector: `metadata.name=${name}` };
      const request = createRequest<C, K>(context, target, scope);
      return createItemView(context.fairlead, request, objectKey(namespace, name));
    }, [context, name, namespace, enabled]);
    const subscribe = useCallback((listener: () => void) => view.subscribe(listener), [view]);
    return useSyncExternalStore(subscribe, view.getResult, view.getResult);
  };
}
