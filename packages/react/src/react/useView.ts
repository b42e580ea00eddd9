import { useCallback, useMemo, useRef, useSyncExternalStore } from "react";
import type {
  Accessor,
  ConnectionState,
  Counts,
  Fairlead,
  LiveError,
  ObjectOf,
  ResourceConfig,
  ResourceObject,
  Scope,
  ViewWindow,
  WatchProcedures,
  WatchState,
  WatchStatus,
} from "../core/index.js";
import { useFairleadContext } from "./context.js";
import { createRequest, createTarget, preload } from "./watchSource.js";
import { createView } from "./watchView.js";

export interface ViewOptions extends ViewWindow {
  /** One namespace; null and absent: all. */
  readonly namespace?: string | null;
  readonly labelSelector?: string | null;
  readonly fieldSelector?: string | null;
  /** Without it nothing is watched, and there are no rows. Default: true. */
  readonly enabled?: boolean;
}

export interface ViewResult<K> {
  /** The rows of the window, in the server's order. Unchanged rows keep their references. */
  readonly rows: readonly K[];
  /** How many rows fit, in the window or not. */
  readonly total: number;
  /** What `facets` asked for, in their order; null until it is here. */
  readonly counts: Counts | null;
  /** The rows are those of the window before: the new ones are on their way. */
  readonly isPlaceholder: boolean;
  readonly status: WatchStatus;
  readonly isLoading: boolean;
  readonly error: LiveError | null;
  readonly isStale: boolean;
  readonly connection: ConnectionState;
  readonly refetch: () => void;
}

export interface UseView<K> {
  (options?: ViewOptions): ViewResult<K>;
  /** Starts what the hook will show, before anything is rendered: to be called as the page begins. */
  readonly preload: (fairlead: Fairlead, options?: ViewOptions) => void;
}

/** A window's parts in one order, so that equal ones are the same watch. */
function normalize(options: ViewOptions): ViewWindow {
  const { filters, search, sort, offset, limit, facets, maxFramesPerSecond } = options;
  return {
    ...(filters?.length ? { filters } : {}),
    ...(search ? { search } : {}),
    ...(sort?.length ? { sort } : {}),
    ...(offset ? { offset } : {}),
    // JSON leaves out what is undefined.
    limit,
    facets,
    maxFramesPerSecond,
  };
}

function scopeOf(options: ViewOptions): Scope {
  const { namespace = null, labelSelector = null, fieldSelector = null } = options;
  return { namespace, labelSelector, fieldSelector, window: normalize(options) };
}

/**
 * Makes the hook of a view: rows that the server computes from objects, sorts, filters and cuts to a
 * window, live. A table of any length then costs what it shows. While another window is on its way, the
 * rows of the last one stay.
 */
export function createUseViewHook<C, P extends WatchProcedures<ResourceObject>>(
  config: ResourceConfig,
  accessor: Accessor<C, P>,
): UseView<ObjectOf<P>> {
  type K = ObjectOf<P>;
  // P lists and watches rows of its own type: that is what ObjectOf reads off it.
  const target = createTarget(config, accessor as unknown as Accessor<C, WatchProcedures<K>>);
  // biome-ignore lint/correctness/noComponentHookFactories: made once per view, at module level.
  function useView(options: ViewOptions = {}): ViewResult<K> {
    const context = useFairleadContext();
    const { enabled = true } = options;
    // Callers pass option objects and arrays anew on each render; only their contents count.
    const scope = JSON.stringify(scopeOf(options));
    const view = useMemo(() => {
      const requests = enabled ? [createRequest(context, target, JSON.parse(scope) as Scope)] : [];
      return createView(context.fairlead.registry, requests);
    }, [context, scope, enabled]);
    const subscribe = useCallback((listener: () => void) => view.subscribe(listener), [view]);
    const state = useSyncExternalStore(subscribe, view.getState, view.getState);
    const last = useRef<WatchState<K>["snapshot"] | null>(null);
    if (state.status === "ready") last.current = state.snapshot;
    if (state.status === "denied") last.current = null;
    const isPlaceholder = state.status === "loading" && last.current !== null;
    const shown = isPlaceholder ? (last.current ?? state.snapshot) : state.snapshot;
    return {
      rows: shown.items,
      total: shown.total ?? shown.items.length,
      counts: shown.counts ?? null,
      isPlaceholder,
      status: isPlaceholder ? "ready" : state.status,
      isLoading: state.status === "loading",
      error: state.error,
      isStale: state.isStale || isPlaceholder,
      connection: state.connection,
      refetch: view.retry,
    };
  }
  return Object.assign(useView, {
    preload: (fairlead: Fairlead, options: ViewOptions = {}) =>
      preload(fairlead, target, scopeOf(options)),
  });
}
