import { type UseInfiniteQueryResult, useInfiniteQuery } from "@tanstack/react-query";
import type {
  Accessor,
  LiveError,
  MissingObjects,
  ObjectOf,
  ResourceConfig,
  ResourceObject,
  WatchProcedures,
} from "../core/index.js";
import { toLiveError } from "../core/index.js";
import { readProcedures, useFairleadContext } from "./context.js";
import { createTarget, listQueryKey } from "./watchSource.js";

export interface InfiniteListOptions {
  readonly namespace?: string | null;
  readonly labelSelector?: string | null;
  readonly fieldSelector?: string | null;
  /** Objects per page. */
  readonly limit?: number;
  readonly enabled?: boolean;
}

export interface InfiniteListData<K> {
  readonly items: readonly K[];
  /** Objects on pages not loaded, where the server says. */
  readonly remaining: number | null;
  /** What the pages lack of the namespaces that are listed together, and why. */
  readonly missing: readonly MissingObjects[];
}

export type InfiniteListResult<K> = UseInfiniteQueryResult<InfiniteListData<K>, LiveError>;
export type UseInfiniteList<K> = (options?: InfiniteListOptions) => InfiniteListResult<K>;

/**
 * Makes the hook that pages through a list too long to watch. Pages are one consistent snapshot (the
 * cluster's `continue` token); they are not live.
 */
export function createUseInfiniteListHook<C, P extends WatchProcedures<ResourceObject>>(
  config: ResourceConfig,
  accessor: Accessor<C, P>,
): UseInfiniteList<ObjectOf<P>> {
  type K = ObjectOf<P>;
  // P lists objects of its own type: that is what ObjectOf reads off it.
  const target = createTarget(config, accessor as unknown as Accessor<C, WatchProcedures<K>>);
  // biome-ignore lint/correctness/noComponentHookFactories: made once per kind, at module level.
  return function useInfiniteList({ limit = 100, enabled = true, ...scope } = {}) {
    const context = useFairleadContext();
    const input = { ...scope, limit };
    return useInfiniteQuery({
      queryKey: [...listQueryKey(context, target.resource, input), "pages"],
      queryFn: async ({ pageParam, signal }) => {
        const page = { ...input, ...(pageParam === null ? {} : { continue: pageParam }) };
        const { list } = readProcedures(context.fairlead, target.accessor);
        return await list.query(page, { signal }).catch((cause: unknown) => {
          throw toLiveError(cause);
        });
      },
      initialPageParam: null as string | null,
      getNextPageParam: (last) => last.metadata.continue || null,
      select: ({ pages }): InfiniteListData<K> => ({
        items: pages.flatMap((page) => page.items),
        remaining: pages.at(-1)?.metadata.remainingItemCount ?? null,
        missing: pages.flatMap((page) => page.metadata.missing ?? []),
      }),
      enabled,
    });
  };
}
