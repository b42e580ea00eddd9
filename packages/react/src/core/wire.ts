/**
 * The wire contract of a resource router, as TypeScript sees it through the official tRPC client.
 *
 * Metadata fields are optional here although a cluster always fills them: the same types must accept
 * a view of an object (a computed row) and an object this client has only drafted.
 */

export interface ResourceMetadata {
  readonly name?: string | null | undefined;
  readonly namespace?: string | null | undefined;
  readonly uid?: string | null | undefined;
  readonly resourceVersion?: string | null | undefined;
  readonly generation?: number | null | undefined;
  readonly generateName?: string | null | undefined;
  readonly labels?: { readonly [key: string]: string } | null | undefined;
  readonly deletionTimestamp?: string | null | undefined;
}

/** What the live store needs of an object: an identity. */
export interface ResourceObject {
  readonly metadata: ResourceMetadata;
}

/** The generated description of a resource kind. */
export interface ResourceConfig {
  readonly apiVersion: string;
  readonly kind: string;
  readonly group: string;
  readonly version: string;
  readonly singularName: string;
  readonly pluralName: string;
  readonly labels?: { readonly [key: string]: string } | undefined;
  readonly clusterScoped: boolean;
}

export interface ObjectRef {
  readonly namespace: string | null;
  readonly name: string;
  readonly uid: string;
}

export interface SnapshotFrame<K> {
  readonly type: "snapshot";
  readonly resourceVersion: string;
  readonly items: readonly K[];
  /** Of a window: how many rows fit, in the window or not; the items are then in order. */
  readonly total?: number | undefined;
  readonly counts?: Counts | null | undefined;
}

export interface DeltaFrame<K> {
  readonly type: "delta";
  readonly resourceVersion: string;
  readonly upserts: readonly K[];
  readonly deletes: readonly ObjectRef[];
  readonly total?: number | undefined;
  /** Of a window: where each of `upserts` goes, ascending, once they and the deleted rows are out. */
  readonly positions?: readonly number[] | undefined;
  /** All of them anew, where one has changed. */
  readonly counts?: Counts | null | undefined;
}

/** The server's own upstream watch was lost or regained. */
export interface StateFrame {
  readonly type: "state";
  readonly resourceVersion: string;
  readonly state: "live" | "stale";
  readonly reason: string | null;
}

export type WatchFrame<K> = SnapshotFrame<K> | DeltaFrame<K> | StateFrame;

/** What a list of several namespaces lacks. */
export interface MissingObjects {
  /** Null for all that may not be seen. */
  readonly namespace: string | null;
  /** What kind of failure that is: `FORBIDDEN`, `GATEWAY_TIMEOUT`. */
  readonly code: string;
  /** Why, for a person. */
  readonly message: string;
}

export interface ListResult<K> {
  readonly items: readonly K[];
  readonly total?: number | undefined;
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string | null | undefined;
    readonly remainingItemCount?: number | null | undefined;
    readonly missing?: readonly MissingObjects[] | undefined;
  };
}

export interface ViewFilter {
  readonly field: string;
  readonly operator:
    | "equals"
    | "notEquals"
    | "in"
    | "notIn"
    | "contains"
    | "greaterThan"
    | "lessThan"
    | "exists";
  readonly value?: JsonValue | undefined;
}

/** What rows are counted by: for each combination of the fields' values. */
export interface Facet {
  readonly by: string[];
  /** Numbers are rounded down to a multiple of it before. */
  readonly step?: number | undefined;
}

export interface FacetCount {
  readonly values: readonly JsonValue[];
  readonly count: number;
}

/** One list for each facet that was asked for. */
export type Counts = readonly (readonly FacetCount[])[];

/** Which rows of a view, in which order, and which part of them: worked out by the server. */
export interface ViewWindow {
  readonly filters?: readonly ViewFilter[] | undefined;
  readonly search?: string | null | undefined;
  /** Fields, with a dash in front for the other way round. */
  readonly sort?: readonly string[] | undefined;
  readonly offset?: number | undefined;
  readonly limit?: number | undefined;
  readonly facets?: readonly Facet[] | undefined;
  /** Changes in between are put together. */
  readonly maxFramesPerSecond?: number | undefined;
}

export interface WatchInput {
  namespace?: string | null;
  labelSelector?: string | null;
  fieldSelector?: string | null;
  lastEventId?: string | null;
}

export interface ListInput {
  namespace?: string | null;
  labelSelector?: string | null;
  fieldSelector?: string | null;
  limit?: number | null | undefined;
  continue?: string | null;
}

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** A JSON merge patch (RFC 7396): null removes a field. */
export interface MergePatch {
  [key: string]: JsonValue;
}

export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete";

export const verbs: readonly Verb[] = [
  "get",
  "list",
  "watch",
  "create",
  "update",
  "patch",
  "delete",
];

export interface PermissionAnswer {
  readonly allowed: boolean;
  readonly reason: string | null;
}

export type PermissionAnswers = { readonly [verb in Verb]: PermissionAnswer } & {
  readonly subresources?: {
    readonly [subresource: string]: { readonly [verb: string]: PermissionAnswer };
  };
};

export type PropagationPolicy = "Background" | "Foreground" | "Orphan";

export interface DeleteInput {
  name: string;
  namespace?: string | null;
  propagationPolicy?: PropagationPolicy | null;
  uid?: string | null;
  resourceVersion?: string | null;
}

interface CallOptions {
  readonly signal?: AbortSignal;
}

interface Unsubscribable {
  unsubscribe(): void;
}

/** Connection states as `wsLink` reports them on a subscription. */
export interface SocketStateEvent {
  readonly state: "idle" | "connecting" | "pending";
  readonly error: { readonly message: string } | null;
}

export interface FollowOptions<T> {
  onData: (data: T) => void;
  onError: (error: unknown) => void;
  onComplete: () => void;
  onConnectionStateChange: (state: SocketStateEvent) => void;
}

export interface SubscribeOptions<K> extends FollowOptions<{ id: string; data: WatchFrame<K> }> {}

// Methods rather than function properties: the client's own input types are then compared bivariantly,
// so a router that narrows an input (a cluster-scoped `get` without `namespace`) still fits.

/** The two procedures every live list needs; views have just these. */
export interface WatchProcedures<K extends ResourceObject> {
  readonly list: { query(input: ListInput, options?: CallOptions): Promise<ListResult<K>> };
  readonly watch: { subscribe(input: WatchInput, options: SubscribeOptions<K>): Unsubscribable };
}

export interface GetProcedure<K> {
  readonly get: {
    query(input: { name: string; namespace?: string | null }, options?: CallOptions): Promise<K>;
  };
}

export interface PermissionsInput {
  namespace?: string | null;
  name?: string | null;
}

export interface PermissionsProcedure {
  readonly permissions: {
    query(input: PermissionsInput, options?: CallOptions): Promise<PermissionAnswers>;
  };
  /** Routers that cannot tell of changes lack it; the answers are then asked for again. */
  readonly watchPermissions?: {
    subscribe(input: PermissionsInput, options: FollowOptions<PermissionAnswers>): Unsubscribable;
  };
}

export interface WriteProcedures<K extends ResourceObject, D extends ResourceObject> {
  readonly create: {
    mutate(input: { object: D; dryRun?: boolean }, options?: CallOptions): Promise<K>;
  };
  readonly update: {
    mutate(input: { object: K; dryRun?: boolean }, options?: CallOptions): Promise<K>;
  };
  readonly patch: {
    mutate(
      input: { name: string; namespace?: string | null; patch: MergePatch; dryRun?: boolean },
      options?: CallOptions,
    ): Promise<K>;
  };
  readonly delete: { mutate(input: DeleteInput, options?: CallOptions): Promise<unknown> };
}

/** A whole resource router, as `client.codebases` is one. */
export interface ResourceProcedures<K extends ResourceObject, D extends ResourceObject>
  extends WatchProcedures<K>,
    GetProcedure<K>,
    PermissionsProcedure,
    WriteProcedures<K, D> {}

/** How a hook finds its router: `(client: TRPCClient<AppRouter>) => client.codebases`. */
export type Accessor<C, P> = (client: C) => P;

/** The object type a router serves, read off its `list`. */
export type ObjectOf<P> = P extends {
  readonly list: {
    query: (...args: never[]) => PromiseLike<{ readonly items: readonly (infer K)[] }>;
  };
}
  ? K extends ResourceObject
    ? K
    : never
  : never;

/** The draft type a router creates from, read off its `create`. */
export type DraftOf<P> = P extends {
  readonly create: { mutate: (input: infer I, ...rest: never[]) => unknown };
}
  ? I extends { readonly object: infer D }
    ? D extends ResourceObject
      ? D
      : never
    : never
  : never;

/** The key of an object everywhere: `namespace/name`; `/name` when cluster-scoped. */
export function objectKey(
  namespace: string | null | undefined,
  name: string | null | undefined,
): string {
  return `${namespace ?? ""}/${name ?? ""}`;
}

export function keyOf(object: ResourceObject): string {
  return objectKey(object.metadata.namespace, object.metadata.name);
}
