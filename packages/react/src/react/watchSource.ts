import type { QueryClient } from "@tanstack/react-query";
import {
  type Accessor,
  describeResource,
  type Fairlead,
  type ListResult,
  type Resource,
  type ResourceConfig,
  type ResourceObject,
  type Scope,
  scopeInput,
  type WatchProcedures,
  type WatchRequest,
} from "../core/index.js";
import { readProcedures, type useFairleadContext } from "./context.js";

type Context = ReturnType<typeof useFairleadContext>;

/** A kind, and how to find its router: what every hook factory is given. */
export interface ResourceTarget<C, P> {
  readonly resource: Resource;
  readonly accessor: Accessor<C, P>;
}

export function createTarget<C, P>(
  config: ResourceConfig,
  accessor: Accessor<C, P>,
): ResourceTarget<C, P> {
  return { resource: describeResource(config, accessor), accessor };
}

interface KeyedList {
  readonly list: { queryKey(input: object): readonly unknown[] };
}

/** The key under which tRPC's own hooks would cache this list. */
export function listQueryKey(context: Context, resource: Resource, input: object) {
  let node = context.options;
  for (const name of resource.path) node = (node as { readonly [key: string]: unknown })[name];
  // The options proxy answers any path; the resource's leads to a router with a `list`.
  return (node as KeyedList).list.queryKey(input);
}

const prefetchedForMs = 60_000;

async function seedList<K extends ResourceObject>(
  queryClient: QueryClient,
  queryKey: readonly unknown[],
  list: (signal: AbortSignal) => Promise<ListResult<K>>,
): Promise<ListResult<K>> {
  return queryClient.fetchQuery({
    queryKey,
    queryFn: ({ signal }) => list(signal),
    // A list that a route loader fetched is a good start however old: the watch begins at its version.
    staleTime: prefetchedForMs,
    // From here on the live store holds the objects.
    gcTime: 0,
  });
}

/** A watch whose first data are its subscription's snapshot. */
function createUnseeded<C, K extends ResourceObject>(
  fairlead: Fairlead,
  { resource, accessor }: ResourceTarget<C, WatchProcedures<K>>,
  scope: Scope,
): WatchRequest<K> {
  const input = scopeInput(scope);
  return {
    resourceId: resource.id,
    path: resource.path,
    scope,
    source: {
      subscribe: (cursor, observer) =>
        readProcedures(fairlead, accessor).watch.subscribe(
          cursor === null ? input : { ...input, lastEventId: cursor },
          observer,
        ),
    },
  };
}

export function createRequest<C, K extends ResourceObject>(
  context: Context,
  target: ResourceTarget<C, WatchProcedures<K>>,
  scope: Scope,
): WatchRequest<K> {
  const { fairlead, queryClient } = context;
  const request = createUnseeded(fairlead, target, scope);
  // The server has a view's rows at hand for its watch; its list would compute them all again.
  if (fairlead.initial !== "http" || scope.window) return request;
  const input = scopeInput(scope);
  const seed = () =>
    seedList(queryClient, listQueryKey(context, target.resource, input), (signal) =>
      readProcedures(fairlead, target.accessor).list.query(input, { signal }),
    );
  return { ...request, source: { ...request.source, seed } };
}

/**
 * Starts a watch that a component will show, so that its data are on their way before there is one. It lingers like
 * any watch that nobody shows any more.
 */
export function preload<C, K extends ResourceObject>(
  fairlead: Fairlead,
  target: ResourceTarget<C, WatchProcedures<K>>,
  scope: Scope,
): void {
  const watch = fairlead.registry.get(createUnseeded(fairlead, target, scope));
  watch.subscribe(() => undefined)();
}
