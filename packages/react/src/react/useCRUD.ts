import { type UseMutationResult, useMutation } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type {
  Accessor,
  DraftOf,
  GetProcedure,
  Messages,
  ObjectOf,
  PropagationPolicy,
  ResourceConfig,
  ResourceObject,
  WriteProcedures,
} from "../core/index.js";
import { type LiveError, toLiveError } from "../core/index.js";
import type { BulkResult, Conflict, PatchVariables, UpdateVariables } from "../writes/index.js";
import { ResourceWriter } from "../writes/index.js";
import { readProcedures, useFairlead } from "./context.js";
import { createTarget, type ResourceTarget } from "./watchSource.js";

export type CRUDOperation = "create" | "update" | "patch" | "remove" | "removeMany";

/** What each operation is given. */
export interface CRUDVariables<K extends ResourceObject, D extends ResourceObject> {
  readonly create: D;
  readonly update: UpdateVariables<K>;
  readonly patch: PatchVariables;
  /** An object, or its metadata alone. With a uid, only that very object is deleted. */
  readonly remove: ResourceObject;
  readonly removeMany: readonly K[];
}

/** What each operation answers. */
export interface CRUDResults<K extends ResourceObject> {
  readonly create: K;
  readonly update: K;
  readonly patch: K;
  readonly remove: undefined;
  readonly removeMany: BulkResult<K>;
}

export interface CRUDOptions<K extends ResourceObject> {
  readonly messages?: Messages;
  readonly silent?: boolean;
  readonly propagationPolicy?: PropagationPolicy;
  /** How many deletions of `removeMany` are under way at a time; 8. */
  readonly concurrency?: number;
  /** Sends an update by a procedure of your own, as one that saves more with it. No undo is offered. */
  readonly sendUpdate?: (object: K) => Promise<K>;
  readonly onSuccess?: (result: K | BulkResult<K> | undefined, operation: CRUDOperation) => void;
  readonly onError?: (error: LiveError, operation: CRUDOperation) => void;
  /** An update met a newer version. Also kept as `conflict` in the result of `useCRUD`. */
  readonly onConflict?: (conflict: Conflict<K>) => void;
}

/** A TanStack mutation whose `error` tells the kind of failure. */
export type CRUDMutation<Variables, Result> = UseMutationResult<Result, LiveError, Variables>;

export type CRUDResult<K extends ResourceObject, D extends ResourceObject> = {
  readonly [Op in CRUDOperation]: CRUDMutation<CRUDVariables<K, D>[Op], CRUDResults<K>[Op]>;
} & {
  readonly isPending: boolean;
  /** The last update that lost against somebody else's, until resolved or dismissed. */
  readonly conflict: Conflict<K> | null;
  readonly dismissConflict: () => void;
};

export type UseCRUD<K extends ResourceObject, D extends ResourceObject> = (
  options?: CRUDOptions<K>,
) => CRUDResult<K, D>;

type Procedures<K extends ResourceObject, D extends ResourceObject> = WriteProcedures<K, D> &
  GetProcedure<K>;

export interface ResourceMutation<C, K extends ResourceObject, D extends ResourceObject, Op> {
  readonly target: ResourceTarget<C, Procedures<K, D>>;
  readonly operation: Op;
}

type Run<K extends ResourceObject, D extends ResourceObject> = {
  readonly [Op in CRUDOperation]: (
    writer: ResourceWriter<K, D>,
    variables: CRUDVariables<K, D>[Op],
  ) => Promise<CRUDResults<K>[Op]>;
};

function runOf<K extends ResourceObject, D extends ResourceObject>(): Run<K, D> {
  return {
    create: (writer, draft) => writer.create(draft),
    update: (writer, variables) => writer.update(variables),
    patch: (writer, variables) => writer.patch(variables),
    remove: (writer, object) => writer.remove(object).then(() => undefined),
    removeMany: (writer, objects) => writer.removeMany(objects),
  };
}

/**
 * One optimistic operation on a kind, as a TanStack mutation. The change shows at once in every watch of
 * the kind, is marked (`pendingOf`), and is replaced by the live event or rolled back with the reason.
 */
export function useResourceCRUDMutation<
  C,
  K extends ResourceObject,
  D extends ResourceObject,
  Op extends CRUDOperation,
>(
  { target, operation }: ResourceMutation<C, K, D, Op>,
  options: CRUDOptions<K> = {},
): CRUDMutation<CRUDVariables<K, D>[Op], CRUDResults<K>[Op]> {
  const fairlead = useFairlead();
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  const mutationFn = useCallback(
    async (variables: CRUDVariables<K, D>[Op]): Promise<CRUDResults<K>[Op]> => {
      const { onConflict, ...rest } = latest.current;
      const writer = new ResourceWriter<K, D>(
        {
          fairlead,
          resource: target.resource,
          procedures: readProcedures(fairlead, target.accessor),
        },
        { ...rest, onConflict },
      );
      const run: Run<K, D>[Op] = runOf<K, D>()[operation];
      return await run(writer, variables).catch((cause: unknown) => {
        throw toLiveError(cause);
      });
    },
    [fairlead, target, operation],
  );
  return useMutation({
    mutationKey: [...target.resource.path, operation],
    mutationFn,
    // Offline is an answer too: a rollback with the reason, not a change that waits unseen.
    networkMode: "always",
    retry: false,
    onSuccess: (result) => latest.current.onSuccess?.(result, operation),
    onError: (error) => latest.current.onError?.(error, operation),
  });
}

/** Makes the hook with all operations of a kind. */
export function createUseCRUDHook<
  C,
  P extends WriteProcedures<ResourceObject, ResourceObject> & GetProcedure<ResourceObject>,
>(config: ResourceConfig, accessor: Accessor<C, P>): UseCRUD<ObjectOf<P>, DraftOf<P>> {
  type K = ObjectOf<P>;
  type D = DraftOf<P>;
  // P reads and writes objects of its own types: that is what ObjectOf and DraftOf read off it.
  const target = createTarget(config, accessor as unknown as Accessor<C, Procedures<K, D>>);
  // biome-ignore lint/correctness/noComponentHookFactories: made once per kind, at module level.
  return function useCRUD(options = {}) {
    const [conflict, setConflict] = useState<Conflict<K> | null>(null);
    const dismissConflict = useCallback(() => setConflict(null), []);
    const { onConflict } = options;
    const settings: CRUDOptions<K> = {
      ...options,
      onConflict: (next) => {
        setConflict(next);
        onConflict?.(next);
      },
    };
    const create = useResourceCRUDMutation({ target, operation: "create" }, settings);
    const update = useResourceCRUDMutation({ target, operation: "update" }, settings);
    const patch = useResourceCRUDMutation({ target, operation: "patch" }, settings);
    const remove = useResourceCRUDMutation({ target, operation: "remove" }, settings);
    const removeMany = useResourceCRUDMutation({ target, operation: "removeMany" }, settings);
    const all = [create, update, patch, remove, removeMany];
    const isPending = all.some((mutation) => mutation.isPending);
    return useMemo(
      () => ({ create, update, patch, remove, removeMany, isPending, conflict, dismissConflict }),
      [create, update, patch, remove, removeMany, isPending, conflict, dismissConflict],
    );
  };
}
