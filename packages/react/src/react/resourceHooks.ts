import type {
  Accessor,
  DraftOf,
  ObjectOf,
  ResourceConfig,
  ResourceObject,
  ResourceProcedures,
} from "../core/index.js";
import { createUseCRUDHook, type UseCRUD } from "./useCRUD.js";
import { createUseInfiniteListHook, type UseInfiniteList } from "./useInfiniteList.js";
import { createUsePermissionsHook, type UsePermissions } from "./usePermissions.js";
import { createUseWatchItemHook, type UseWatchItem } from "./useWatchItem.js";
import { createUseWatchListHook, type UseWatchList } from "./useWatchList.js";

export interface ResourceHooks<K extends ResourceObject, D extends ResourceObject> {
  readonly useWatchList: UseWatchList<K>;
  readonly useWatchItem: UseWatchItem<K>;
  readonly useInfiniteList: UseInfiniteList<K>;
  readonly usePermissions: UsePermissions;
  readonly useCRUD: UseCRUD<K, D>;
}

/** Makes all hooks of a resource kind; the object and draft types are read off the router. */
export function createResourceHooks<
  C,
  P extends ResourceProcedures<ResourceObject, ResourceObject>,
>(config: ResourceConfig, accessor: Accessor<C, P>): ResourceHooks<ObjectOf<P>, DraftOf<P>> {
  return {
    useWatchList: createUseWatchListHook(config, accessor),
    useWatchItem: createUseWatchItemHook(config, accessor),
    useInfiniteList: createUseInfiniteListHook(config, accessor),
    usePermissions: createUsePermissionsHook(config, accessor),
    useCRUD: createUseCRUDHook(config, accessor),
  };
}
