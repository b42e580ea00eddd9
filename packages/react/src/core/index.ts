/** The core: everything live, nothing of React. */
export { type BackoffOptions, backoffDelay } from "./backoff.js";
export {
  Connection,
  type ConnectionOptions,
  type ConnectionState,
  createConnection,
  type WebSocketClientSettings,
} from "./connection.js";
export { type ErrorKind, errorData, LiveError, toLiveError } from "./errors.js";
export { createFairlead, type Fairlead, type FairleadOptions } from "./fairlead.js";
export { createFrameScheduler, type FrameScheduler } from "./frames.js";
export { KeptInput } from "./keptInput.js";
export { createSnapshot, LiveStore, type StoreSnapshot } from "./liveStore.js";
export type {
  ErrorNotice,
  Message,
  MessageSubject,
  Messages,
  Notice,
  Notifier,
  SuccessNotice,
} from "./notify.js";
export { type OperationType, Overlay, type PendingInfo, pendingOf } from "./overlay.js";
export {
  type Permission,
  PermissionCache,
  type PermissionCacheOptions,
  type PermissionKey,
  type PermissionSource,
  type PermissionState,
  pendingPermissions,
  type SubresourcePermissions,
} from "./permissions.js";
export { type ShareSource, WatchRegistry, type WatchRequest, watchKey } from "./registry.js";
export { describeResource, type Resource } from "./resource.js";
export { coversObject, inScope, type Scope, scopeInput } from "./selectors.js";
export { sessionLink } from "./sessionLink.js";
export { leadToSignIn, type SignInLead, type SignInPage, signInUrl } from "./signInPage.js";
export type { TabGroup, TabTarget } from "./tabGroup.js";
export {
  Watch,
  type WatchEnvironment,
  type WatchEvent,
  type WatchSource,
  type WatchState,
  type WatchStatus,
} from "./watch.js";
export {
  type Accessor,
  type Counts,
  type DeltaFrame,
  type DraftOf,
  type Facet,
  type FacetCount,
  type GetProcedure,
  type JsonValue,
  keyOf,
  type ListInput,
  type ListResult,
  type MergePatch,
  type MissingObjects,
  type ObjectOf,
  type ObjectRef,
  objectKey,
  type PermissionAnswer,
  type PermissionAnswers,
  type PermissionsInput,
  type PermissionsProcedure,
  type PropagationPolicy,
  type ResourceConfig,
  type ResourceMetadata,
  type ResourceObject,
  type ResourceProcedures,
  type SnapshotFrame,
  type StateFrame,
  type SubscribeOptions,
  type Verb,
  type ViewFilter,
  type ViewWindow,
  verbs,
  type WatchFrame,
  type WatchInput,
  type WatchProcedures,
  type WriteProcedures,
} from "./wire.js";
