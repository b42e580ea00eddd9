import { useCallback, useMemo, useSyncExternalStore } from "react";
import type {
  Accessor,
  Fairlead,
  LiveError,
  Permission,
  PermissionKey,
  PermissionSource,
  PermissionState,
  PermissionsProcedure,
  ResourceConfig,
  Verb,
} from "../core/index.js";
import { pendingPermissions } from "../core/index.js";
import { readProcedures, useFairlead } from "./context.js";
import { createTarget, type ResourceTarget } from "./watchSource.js";

export interface PermissionsOptions {
  readonly namespace?: string | null;
  /** Rights on one object: roles may name objects. Without it, on all. */
  readonly name?: string | null;
  readonly enabled?: boolean;
}

export type PermissionsResult = { readonly [verb in Verb]: Permission } & {
  /** By subresource and verb, those the server names: `subresources.log?.get`. */
  readonly subresources: PermissionState["subresources"];
  readonly status: PermissionState["status"];
  readonly isLoading: boolean;
  readonly error: LiveError | null;
  readonly refetch: () => Promise<void>;
};

function createSource<C>(
  fairlead: Fairlead,
  { accessor }: ResourceTarget<C, PermissionsProcedure>,
  { namespace, name = null }: PermissionKey,
): PermissionSource {
  const input = {
    ...(namespace === null ? {} : { namespace }),
    ...(name === null ? {} : { name }),
  };
  const { permissions, watchPermissions } = readProcedures(fairlead, accessor);
  return {
    ask: () => permissions.query(input),
    ...(watchPermissions && { follow: (observer) => watchPermissions.subscribe(input, observer) }),
  };
}

export type UsePermissions = (options?: PermissionsOptions) => PermissionsResult;

/**
 * Makes the hook that tells what the user may do with a kind in a namespace. The answers are live: the
 * server tells when they change.
 */
export function createUsePermissionsHook<C>(
  config: ResourceConfig,
  accessor: Accessor<C, PermissionsProcedure>,
): UsePermissions {
  const target = createTarget(config, accessor);
  // biome-ignore lint/correctness/noComponentHookFactories: made once per kind, at module level.
  return function usePermissions({ namespace = null, name = null, enabled = true } = {}) {
    const fairlead = useFairlead();
    const key = useMemo(
      () => ({ resourceId: target.resource.id, namespace, name }),
      [namespace, name],
    );
    const subscribe = useCallback(
      (listener: () => void) => {
        if (!enabled) return () => undefined;
        const source = createSource(fairlead, target, key);
        return fairlead.permissions.subscribe(key, source, listener);
      },
      [fairlead, key, enabled],
    );
    const getState = () => (enabled ? fairlead.permissions.getState(key) : pendingPermissions);
    const state = useSyncExternalStore(subscribe, getState, getState);
    return useMemo(
      () => ({
        ...state.permissions,
        subresources: state.subresources,
        status: state.status,
        isLoading: state.status === "loading",
        error: state.error,
        refetch: () => fairlead.permissions.refetch(key),
      }),
      [state, fairlead, key],
    );
  };
}
