import { useCallback, useMemo, useSyncExternalStore } from "react";
import type {
  Accessor,
  LiveError,
  Permission,
  PermissionState,
  PermissionsProcedure,
  ResourceConfig,
  Verb,
} from "../core/index.js";
import { pendingPermissions } from "../core/index.js";
import { readProcedures, useFairlead } from "./context.js";
import { createTarget } from "./watchSource.js";

export interface PermissionsOptions {
  readonly namespace?: string | null;
  readonly enabled?: boolean;
}

export type PermissionsResult = { readonly [verb in Verb]: Permission } & {
  readonly status: PermissionState["status"];
  readonly isLoading: boolean;
  readonly error: LiveError | null;
  readonly refetch: () => Promise<void>;
};

export type UsePermissions = (options?: PermissionsOptions) => PermissionsResult;

/**
 * Makes the hook that tells what the user may do with a kind in a namespace. The answers are live: they
 * are asked again in the background, and after any denial.
 */
export function createUsePermissionsHook<C>(
  config: ResourceConfig,
  accessor: Accessor<C, PermissionsProcedure>,
): UsePermissions {
  const target = createTarget(config, accessor);
  // biome-ignore lint/correctness/noComponentHookFactories: made once per kind, at module level.
  return function usePermissions({ namespace = null, enabled = true } = {}) {
    const fairlead = useFairlead();
    const key = useMemo(() => ({ resourceId: target.resource.id, namespace }), [namespace]);
    const subscribe = useCallback(
      (listener: () => void) => {
        if (!enabled) return () => undefined;
        const input = namespace === null ? {} : { namespace };
        const ask = () => readProcedures(fairlead, target.accessor).permissions.query(input);
        return fairlead.permissions.subscribe(key, ask, listener);
      },
      [fairlead, key, namespace, enabled],
    );
    const getState = () => (enabled ? fairlead.permissions.getState(key) : pendingPermissions);
    const state = useSyncExternalStore(subscribe, getState, getState);
    return useMemo(
      () => ({
        ...state.permissions,
        status: state.status,
        isLoading: state.status === "loading",
        error: state.error,
        refetch: () => fairlead.permissions.refetch(key),
      }),
      [state, fairlead, key],
    );
  };
}
