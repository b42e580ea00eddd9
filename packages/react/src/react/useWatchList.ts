import { replaceEqualDeep } from "@tanstack/react-query";
import { useCallback, useMemo, useRef, useSyncExternalStore } from "react";
import type {
  Accessor,
  ConnectionState,
  Fairlead,
  LiveError,
  ObjectOf,
  ResourceConfig,
  ResourceObject,
  Scope,
  WatchProcedures,
  WatchState,
  WatchStatus,
} from "../core/index.js";
import { useFairleadContext } from "./context.js";
import { createRequest, createTarget, preload, type ResourceTarget } from "./watchSource.js";
import { createView, type WatchView } from "./watchView.js";

export interface WatchListOptions {
  /** One namespace, several (merged into one list), or null and absent: all. */
  readonly namespace?: string | readonly string[] | null;
  readonly labelSelector?: string | null;
  readonly fieldSelector?: string | null;
  /** Nothing is watched while false. */
  readonly enabled?: boolean;
}

export interface SelectOptions<K, S> extends WatchListOptions {
  /** The component renders again only when what this returns changes, compared by structure. */
  readonly select: (items: readonly K[]) => S;
}

export interface WatchResultBase {
  readonly status: WatchStatus;
  readonly isLoading: boolean;
  readonly error: LiveError | null;
  /** There is data, but it does not follow the server right now; `connection` says why. */
  readonly isStale: boolean;
  readonly connection: ConnectionState;
  /** Subscribes again at once. */
  readonly refetch: () => void;
}

export interface WatchListResult<K> extends WatchResultBase {
  readonly data: readonly K[];
  /** The same as `data`. The array and its objects keep their references while unchanged. */
  readonly items: readonly K[];
  /** By `namespace/name` (see `objectKey`). */
  readonly byKey: ReadonlyMap<string, K>;
  /** Known to be empty; false while loading. */
  readonly isEmpty: boolean;
}

export interface SelectedWatchListResult<S> extends WatchResultBase {
  readonly data: S;
}

export interface UseWatchList<K> {
  (options?: WatchListOptions): WatchListResult<K>;
  <S>(options: SelectOptions<K, S>): SelectedWatchListResult<S>;
  /** Starts what the hook will show, before anything is rendered: to be called as the page begins. */
  readonly preload: (fairlead: Fairlead, options?: WatchListOptions) => void;
}

const idleView: WatchView<never> = {
  subscribe: () => () => undefined,
  getState: () => idleState,
  retry: () => undefined,
};

const idleState: WatchState<never> = {
  snapshot: { items: [], byKey: new Map<string, never>() },
  status: "loading",
  error: null,
  isStale: false,
  connection: { state: "idle" },
};

/** One scope for each namespace that is named. */
function scopesOf({
  namespace = null,
  labelSelector = null,
  fieldSelector = null,
}: WatchListOptions): readonly Scope[] {
  const names =
    typeof namespace === "string" || namespace === null
      ? [namespace]
      : [...new Set(namespace)].sort();
  return names.map((name) => ({ namespace: name, labelSelector, fieldSelector }));
}

function useView<C, K extends ResourceObject>(
  target: ResourceTarget<C, WatchProcedures<K>>,
  options: WatchListOptions,
): WatchView<K> {
  const context = useFairleadContext();
  const { enabled = true } = options;
  // Callers pass option objects and arrays anew on each render; only their contents count.
  const scopes = JSON.stringify(scopesOf(options));
  return useMemo(() => {
    if (!enabled) return idleView;
    const requests = (JSON.parse(scopes) as Scope[]).map((scope) =>
      createRequest(context, target, scope),
    );
    return createView(context.fairlead.registry, requests);
  }, [context, target, scopes, enabled]);
}

function resultBase<K extends ResourceObject>(
  state: WatchState<K>,
  view: WatchView<K>,
): WatchResultBase {
  const { status, error, isStale, connection } = state;
  const isLoading = status === "loading" && connection.state !== "idle";
  return { status, isLoading, error, isStale, connection, refetch: view.retry };
}

function listResult<K extends ResourceObject>(
  state: WatchState<K>,
  view: WatchView<K>,
): WatchListResult<K> {
  const { snapshot } = state;
  return {
    ...resultBase(state, view),
    data: snapshot.items,
    items: snapshot.items,
    // A getter, so that lists which never look an object up never build the map.
    get byKey() {
      return snapshot.byKey;
    },
    isEmpty: state.status === "ready" && snapshot.items.length === 0,
  };
}

/** The same result object for as long as nothing in it differs: what `useSyncExternalStore` compares. */
function reuseSelected<S>(
  previous: SelectedWatchListResult<S> | null,
  next: SelectedWatchListResult<S>,
): SelectedWatchListResult<S> {
  if (!previous) return next;
  const data = replaceEqualDeep(previous.data, next.data) as S;
  const isSame =
    data === previous.data &&
    next.status === previous.status &&
    next.error === previous.error &&
    next.isStale === previous.isStale &&
    next.connection === previous.connection &&
    next.refetch === previous.refetch;
  return isSame ? previous : { ...next, data };
}

function useListState<K extends ResourceObject, S>(
  view: WatchView<K>,
  select: ((items: readonly K[]) => S) | undefined,
): WatchListResult<K> | SelectedWatchListResult<S> {
  const last = useRef<SelectedWatchListResult<S> | null>(null);
  const getSnapshot = useMemo(() => {
    let seen: WatchState<K> | null = null;
    let result: WatchListResult<K> | SelectedWatchListResult<S> | null = null;
    return () => {
      const state = view.getState();
      if (result && state === seen) return result;
      seen = state;
      if (!select) {
        result = listResult(state, view);
        return result;
      }
      const next = { ...resultBase(state, view), data: select(state.snapshot.items) };
      // Kept across `select` functions written inline, which are new on every render.
      last.current = reuseSelected(last.current, next);
      result = last.current;
      return result;
    };
  }, [view, select]);
  const subscribe = useCallback((listener: () => void) => view.subscribe(listener), [view]);
  return useSyncExternalStore(subscribe, getSnapshot, getSnapshot);
}

/**
 * Makes the hook that watches a list. All components with the same kind, namespace and selectors share
 * one subscription; it lingers a while after the last of them.
 */
export function createUseWatchListHook<C, P extends WatchProcedures<ResourceObject>>(
  config: ResourceConfig,
  accessor: Accessor<C, P>,
): UseWatchList<ObjectOf<P>> {
  type K = ObjectOf<P>;
  // P lists and watches objects of its own type: that is what ObjectOf reads off it.
  const target = createTarget(config, accessor as unknown as Accessor<C, WatchProcedures<K>>);
  // biome-ignore lint/correctness/noComponentHookFactories: made once per kind, at module level.
  function useWatchList<S>(options: WatchListOptions & Partial<SelectOptions<K, S>> = {}) {
    return useListState<K, S>(useView(target, options), options.select);
  }
  const early = (fairlead: Fairlead, options: WatchListOptions = {}) => {
    for (const scope of scopesOf(options)) preload(fairlead, target, scope);
  };
  return Object.assign(useWatchList, { preload: early }) as UseWatchList<K>;
}
