/**
 * React entry of `@fairlead/react`.
 *
 * How the pieces meet
 * -------------------
 * 1. The application builds the official tRPC client once, then a Fairlead runtime around it:
 *
 *      const connection = createConnection();
 *      const wsClient = createWSClient({ url: "/trpc", ...connection.webSocketOptions() });
 *      const client = createTRPCClient<AppRouter>({
 *        links: [
 *          sessionLink(connection),                      // UNAUTHORIZED anywhere -> signed out
 *          splitLink({
 *            condition: (op) => op.type === "subscription",
 *            true: wsLink({ client: wsClient }),
 *            false: httpBatchStreamLink({ url: "/trpc" }),
 *          }),
 *        ],
 *      });
 *      const fairlead = createFairlead({ client, connection, wsClient, notify });
 *
 *      <QueryClientProvider client={queryClient}>
 *        <FairleadProvider fairlead={fairlead}>…</FairleadProvider>
 *      </QueryClientProvider>
 *
 *    Hooks find the tRPC client in the FairleadProvider context. Every hook factory takes an accessor
 *    `(client: TRPCClient<AppRouter>) => client.codebases`; it must be a plain property path.
 *
 * 2. Generated code, one statement per resource kind (K and its draft type are inferred from the
 *    router; no type arguments are needed):
 *
 *      import { createResourceHooks } from "@fairlead/react";
 *      import type { TRPCClient } from "@trpc/client";
 *
 *      const codebase = createResourceHooks(
 *        codebaseConfig,                                             // `as const`, a ResourceConfig
 *        (client: TRPCClient<AppRouter>) => client.codebases,
 *      );
 *      export const useCodebaseWatchList = codebase.useWatchList;    // UseWatchList<Codebase>
 *      export const useCodebaseWatchItem = codebase.useWatchItem;    // UseWatchItem<Codebase>
 *      export const useCodebasePermissions = codebase.usePermissions; // UsePermissions
 *      export const useCodebaseCRUD = codebase.useCRUD;              // UseCRUD<Codebase, CodebaseDraft>
 *      export const useCodebaseInfiniteList = codebase.useInfiniteList; // UseInfiniteList<Codebase>
 *
 *    A hand-written declaration file can name the types in the comments: all are exported here.
 *    A view (a router with `list` and `watch` only) uses `createUseViewHook(config, accessor)`: rows that
 *    the server computes, sorts, filters and cuts to a window.
 *
 * 3. What the hooks return:
 *
 *      useCodebaseWatchList({ namespace?: string | string[] | null, labelSelector?, fieldSelector?,
 *                             enabled?, select? })
 *        -> { data, items, byKey, status: "loading" | "ready" | "error" | "denied", error, isLoading,
 *             isEmpty, isStale, connection, refetch }
 *      useCodebaseWatchItem({ name, namespace?, enabled? })
 *        -> { data, item, status: … | "deleted" | "notFound", isDeleted, error, isStale, connection, refetch }
 *      useCodebasePermissions({ namespace?, name? })
 *        -> { status, create: Permission, update: …, patch, delete, get, list, watch, subresources, error, refetch }
 *           Permission = { state: "pending" | "allowed" | "denied"; allowed: boolean; reason: string | null }
 *      useCodebaseCRUD({ messages?, onSuccess?, onError?, onConflict? })
 *        -> { create, update, patch, remove, removeMany,   // TanStack mutation results, optimistic
 *                 isPending, conflict, dismissConflict }
 *           create.mutate(draft); update.mutate({ object, base? }); patch.mutate({ name, namespace, patch });
 *           remove.mutate(object); removeMany.mutate(objects)
 *
 *    `pendingOf(item)` tells whether an item shown is an optimistic one, and of which operation.
 */
export {
  type Accessor,
  Connection,
  type ConnectionOptions,
  type ConnectionState,
  type Counts,
  createConnection,
  createFairlead,
  type DraftOf,
  type ErrorKind,
  type ErrorNotice,
  errorData,
  type Facet,
  type FacetCount,
  type Fairlead,
  type FairleadOptions,
  KeptInput,
  keyOf,
  type ListResult,
  LiveError,
  type Message,
  type MessageSubject,
  type Messages,
  type MissingObjects,
  type Notice,
  type Notifier,
  type ObjectOf,
  type ObjectRef,
  type OperationType,
  objectKey,
  type PendingInfo,
  type Permission,
  type PropagationPolicy,
  pendingOf,
  type ResourceConfig,
  type ResourceMetadata,
  type ResourceObject,
  type ResourceProcedures,
  type SignInPage,
  type SuccessNotice,
  sessionLink,
  signInUrl,
  toLiveError,
  type Verb,
  type ViewFilter,
  type ViewWindow,
  type WatchFrame,
  type WatchProcedures,
  type WatchStatus,
} from "./core/index.js";
export {
  ConnectionIndicator,
  type ConnectionIndicatorProps,
  useConnection,
  useSecondsUntil,
} from "./react/connectionComponents.js";
export { FairleadProvider, type FairleadProviderProps, useFairlead } from "./react/context.js";
export {
  type ErrorFallbackProps,
  ErrorView,
  FairleadErrorBoundary,
  type FairleadErrorBoundaryProps,
  type QueryStateLike,
  QueryStateView,
  type QueryStateViewProps,
  type RenderError,
} from "./react/errorComponents.js";
export {
  ButtonWithPermission,
  type ButtonWithPermissionProps,
  Can,
  type CanProps,
  type PermissionButtonProps,
} from "./react/permissionComponents.js";
export { createResourceHooks, type ResourceHooks } from "./react/resourceHooks.js";
export {
  type CRUDMutation,
  type CRUDOperation,
  type CRUDOptions,
  type CRUDResult,
  type CRUDVariables,
  createUseCRUDHook,
  type UseCRUD,
  useResourceCRUDMutation,
} from "./react/useCRUD.js";
export {
  createUseInfiniteListHook,
  type InfiniteListData,
  type InfiniteListOptions,
  type InfiniteListResult,
  type UseInfiniteList,
} from "./react/useInfiniteList.js";
export { useKeptInput } from "./react/useKeptInput.js";
export {
  createUsePermissionsHook,
  type PermissionsOptions,
  type PermissionsResult,
  type UsePermissions,
} from "./react/usePermissions.js";
export {
  createUseViewHook,
  type UseView,
  type ViewOptions,
  type ViewResult,
} from "./react/useView.js";
export {
  createUseWatchItemHook,
  type UseWatchItem,
  type WatchItemOptions,
  type WatchItemResult,
  type WatchItemStatus,
} from "./react/useWatchItem.js";
export {
  createUseWatchListHook,
  type SelectedWatchListResult,
  type SelectOptions,
  type UseWatchList,
  type WatchListOptions,
  type WatchListResult,
} from "./react/useWatchList.js";
export { createTarget, type ResourceTarget } from "./react/watchSource.js";
export { version } from "./version.js";
export {
  authoredPart,
  type BulkResult,
  type Conflict,
  type FieldError,
  fieldErrors,
  mergeThreeWay,
  type PatchVariables,
  type UpdateVariables,
} from "./writes/index.js";
