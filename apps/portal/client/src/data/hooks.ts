// Development seam with the generated hooks' names and shapes. Replaced by @portal/shared/hooks.
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { change, store, subscribe } from "./fixture";
import type { Codebase, CodebaseBranch, CodebaseDraft, PipelineRun } from "./models";

const mode = new URLSearchParams(location.search).get("state");
function useList<T extends { metadata: { namespace?: string | null; name: string } }>(
  read: () => T[],
  namespace: string | null | undefined,
) {
  const all = useSyncExternalStore(subscribe, read);
  const [ready, setReady] = useState(false);
  useEffect(() => {
    const t = setTimeout(() => setReady(mode !== "loading"), 250);
    return () => clearTimeout(t);
  }, []);
  const items = useMemo(
    () =>
      !ready || mode === "empty"
        ? []
        : all.filter((o) => !namespace || o.metadata.namespace === namespace),
    [all, namespace, ready],
  );
  const status: "loading" | "ready" | "error" | "denied" =
    mode === "denied" ? "denied" : mode === "error" ? "error" : ready ? "ready" : "loading";
  return {
    items,
    isLoading: status === "loading",
    status,
    error:
      mode === "denied"
        ? new Error(
            'pipelineruns.tekton.dev is forbidden: user "viewer" cannot list resource "pipelineruns" at the cluster scope',
          )
        : mode === "error"
          ? new Error("The cluster did not answer within 10 seconds.")
          : null,
    isStale: false,
    refetch: () => {},
  };
}
type In = { namespace?: string | null };
export const usePipelineRunWatchList = (input: In = {}) =>
  useList<PipelineRun>(() => store.runs, input.namespace);
export const useCodebaseWatchList = (input: In = {}) =>
  useList<Codebase>(() => store.codebases, input.namespace);
export const useCodebaseBranchWatchList = (input: In = {}) =>
  useList<CodebaseBranch>(() => store.branches, input.namespace);
const allowed = { state: "allowed", allowed: true, reason: null } as const;
export const useCodebasePermissions = (_: In = {}) => ({ create: allowed, delete: allowed });
export function useCodebaseCRUD(options: { onSuccess?: () => void } = {}) {
  const remove = (object: Codebase) =>
    change(() => {
      store.codebases = store.codebases.filter((c) => c.metadata.uid !== object.metadata.uid);
    });
  return {
    create: {
      isPending: false,
      error: null as { message: string } | null,
      mutate: (draft: CodebaseDraft, after: { onSuccess?: () => void } = {}) => {
        change(() => {
          store.codebases = [
            ...store.codebases,
            {
              apiVersion: "v2.edp.epam.com/v1",
              kind: "Codebase",
              ...draft,
              metadata: {
                ...draft.metadata,
                uid: crypto.randomUUID(),
                creationTimestamp: new Date().toISOString(),
              },
            },
          ];
        });
        options.onSuccess?.();
        after.onSuccess?.();
      },
    },
    remove: { isPending: false, mutate: remove },
    removeMany: { isPending: false, mutate: (objects: Codebase[]) => objects.forEach(remove) },
  };
}

export type ConnectionState =
  | { readonly state: "idle" | "connecting" | "live" | "offline" }
  | {
      readonly state: "reconnecting";
      readonly attempt: number;
      readonly nextRetryAt: number | null;
      readonly reason: string | null;
    }
  | { readonly state: "signedOut" | "denied"; readonly reason: string | null };
const live: ConnectionState = { state: "live" };
export const useConnection = (): ConnectionState => live;
const names = ["team-payments", "team-platform"];
export const useNamespaces = (): string[] => names;
