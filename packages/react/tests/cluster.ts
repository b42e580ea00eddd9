/** A cluster of one kind in memory: versions, history, watches, and faults on demand. */
import type {
  DeltaFrame,
  MissingObjects,
  ObjectRef,
  PermissionAnswers,
  WatchFrame,
} from "@fairlead/react/core";
import { TRPCError, tracked } from "@trpc/server";

export interface WidgetMetadata {
  name: string;
  namespace: string;
  uid: string;
  resourceVersion: string;
  generation: number;
  labels: Record<string, string>;
}

export interface Widget {
  apiVersion: string;
  kind: string;
  metadata: WidgetMetadata;
  spec: { size: number; color?: string };
  status?: { phase: string } | null;
}

export interface WidgetDraft {
  metadata: {
    name?: string;
    generateName?: string;
    namespace: string;
    labels?: Record<string, string>;
  };
  spec: { size: number; color?: string };
}

export interface Scope {
  namespace?: string | null;
  labelSelector?: string | null;
  fieldSelector?: string | null;
}

type Code = ConstructorParameters<typeof TRPCError>[0]["code"];
type Operation =
  | "watchPermissions"
  | "list"
  | "get"
  | "create"
  | "update"
  | "patch"
  | "delete"
  | "watch"
  | "permissions";

interface HistoryEntry {
  version: number;
  scope: Widget;
  change: { upsert: Widget } | { remove: ObjectRef };
}

function matches(scope: Scope, { metadata }: Widget): boolean {
  if (scope.namespace && scope.namespace !== metadata.namespace) return false;
  if (scope.fieldSelector && scope.fieldSelector !== `metadata.name=${metadata.name}`) return false;
  if (!scope.labelSelector) return true;
  const [key = "", value] = scope.labelSelector.split("=");
  return metadata.labels[key] === value;
}

function refOf({ metadata: { namespace, name, uid } }: Widget): ObjectRef {
  return { namespace, name, uid };
}

type Upstream = { state: "live" | "stale"; reason: string | null };

export class WidgetCluster {
  /** What its lists lack. */
  missing: readonly MissingObjects[] = [];
  readonly objects = new Map<string, Widget>();
  readonly counts = new Map<Operation, number>();
  readonly cursors: (string | null)[] = [];
  readonly watchers = new Set<() => void>();
  #version = 100;
  #history: HistoryEntry[] = [];
  #uid = 0;
  #listeners = new Set<() => void>();
  #failures = new Map<Operation, { code: Code; message: string; times: number }>();
  #gates = new Map<Operation, Promise<void>>();
  #upstream: Upstream | null = null;
  denied = new Set<string>();

  get version(): string {
    return String(this.#version);
  }

  key = (namespace: string, name: string) => `${namespace}/${name}`;

  add(namespace: string, name: string, spec: Partial<Widget["spec"]> = {}, labels = {}): Widget {
    this.#version += 1;
    this.#uid += 1;
    const metadata = {
      name,
      namespace,
      uid: `uid-${this.#uid}`,
      resourceVersion: this.version,
      generation: 1,
      labels,
    };
    return this.#put({ apiVersion: "x/v1", kind: "Widget", metadata, spec: { size: 1, ...spec } });
  }

  change(namespace: string, name: string, spec: Partial<Widget["spec"]>): Widget {
    const old = this.find(namespace, name);
    this.#version += 1;
    const metadata = {
      ...old.metadata,
      resourceVersion: this.version,
      generation: old.metadata.generation + 1,
    };
    return this.#put({ ...old, metadata, spec: { ...old.spec, ...spec } });
  }

  /** What a controller reports. */
  report(namespace: string, name: string, phase: string): Widget {
    const old = this.find(namespace, name);
    this.#version += 1;
    const metadata = { ...old.metadata, resourceVersion: this.version };
    return this.#put({ ...old, metadata, status: { phase } });
  }

  remove(namespace: string, name: string): void {
    const old = this.find(namespace, name);
    this.#version += 1;
    this.objects.delete(this.key(namespace, name));
    this.#history.push({ version: this.#version, scope: old, change: { remove: refOf(old) } });
    this.#wake();
  }

  find(namespace: string, name: string): Widget {
    const found = this.objects.get(this.key(namespace, name));
    if (!found) throw new TRPCError({ code: "NOT_FOUND", message: `No widget ${name}` });
    return found;
  }

  /** Forgets the past, as etcd does: a cursor from before needs a snapshot. */
  compact(): void {
    this.#history = [];
  }

  fail(operation: Operation, code: Code, options: { message?: string; times?: number } = {}): void {
    const { message = code, times = Number.POSITIVE_INFINITY } = options;
    this.#failures.set(operation, { code, message, times });
    this.#wake();
  }

  heal(operation: Operation): void {
    this.#failures.delete(operation);
    this.#wake();
  }

  /** Holds answers of an operation back until the function returned is called. */
  hold(operation: Operation): () => void {
    let release = () => undefined as unknown;
    this.#gates.set(operation, new Promise<void>((resolve) => (release = resolve)));
    return () => {
      this.#gates.delete(operation);
      release();
    };
  }

  setUpstream(state: "live" | "stale", reason: string | null): void {
    this.#upstream = { state, reason };
    this.#wake();
  }

  /** Ends every watch without an error, as a server does that drains. */
  endWatches(): void {
    for (const end of [...this.watchers]) end();
  }

  async enter(operation: Operation): Promise<void> {
    this.counts.set(operation, (this.counts.get(operation) ?? 0) + 1);
    this.refuse(operation);
  }

  refuse(operation: Operation): void {
    const failure = this.#failures.get(operation);
    if (!failure) return;
    failure.times -= 1;
    if (failure.times <= 0) this.#failures.delete(operation);
    throw new TRPCError({ code: failure.code, message: failure.message });
  }

  async leave(operation: Operation): Promise<void> {
    await this.#gates.get(operation);
  }

  count(operation: Operation): number {
    return this.counts.get(operation) ?? 0;
  }

  list(scope: Scope): Widget[] {
    return [...this.objects.values()].filter((object) => matches(scope, object));
  }

  async *watch(scope: Scope, cursor: string | null, signal: AbortSignal) {
    this.cursors.push(cursor);
    let ended = false;
    let wake = () => undefined as unknown;
    let woken = new Promise<void>((resolve) => (wake = resolve));
    const poke = () => {
      wake();
      woken = new Promise<void>((resolve) => (wake = resolve));
    };
    const end = () => {
      ended = true;
      poke();
    };
    this.watchers.add(end);
    this.#listeners.add(poke);
    signal.addEventListener("abort", end);
    let said: Upstream | null = null;
    try {
      let version = this.#version;
      const first = this.#firstFrame(scope, cursor);
      yield tracked(first.resourceVersion, first);
      while (!ended) {
        const next = woken;
        this.refuse("watch");
        if (said !== this.#upstream && this.#upstream) {
          said = this.#upstream;
          const frame: WatchFrame<Widget> = {
            type: "state",
            resourceVersion: String(version),
            ...said,
          };
          yield tracked(frame.resourceVersion, frame);
        }
        const delta = this.#deltaSince(scope, version);
        version = this.#version;
        if (delta) yield tracked(delta.resourceVersion, delta);
        else await next;
      }
    } finally {
      this.watchers.delete(end);
      this.#listeners.delete(poke);
    }
  }

  /** Takes a right away, or gives it back, and tells who follows. */
  deny(right: string): void {
    this.denied.add(right);
    this.#wake();
  }

  permit(right: string): void {
    this.denied.delete(right);
    this.#wake();
  }

  async *followAnswers(namespace: string | null, signal: AbortSignal) {
    let wake = () => undefined as unknown;
    const poke = () => wake();
    this.#listeners.add(poke);
    signal.addEventListener("abort", poke);
    let said = "";
    try {
      while (!signal.aborted) {
        const next = new Promise<void>((resolve) => (wake = resolve));
        this.refuse("watchPermissions");
        const answers = this.answers(namespace);
        const text = JSON.stringify(answers);
        if (text !== said) yield answers;
        else await next;
        said = text;
      }
    } finally {
      this.#listeners.delete(poke);
    }
  }

  answers(namespace: string | null): PermissionAnswers {
    const answer = (verb: string) => {
      const denied = this.denied.has(verb) || this.denied.has(`${namespace}:${verb}`);
      return { allowed: !denied, reason: denied ? `RBAC: ${verb} denied` : null };
    };
    return {
      get: answer("get"),
      list: answer("list"),
      watch: answer("watch"),
      create: answer("create"),
      update: answer("update"),
      patch: answer("patch"),
      delete: answer("delete"),
      subresources: { log: { get: answer("get log") } },
    };
  }

  #firstFrame(scope: Scope, cursor: string | null): WatchFrame<Widget> {
    const oldest = this.#history[0]?.version ?? this.#version + 1;
    const known = cursor !== null && Number(cursor) >= oldest - 1;
    if (known) {
      const empty = { upserts: [], deletes: [] };
      const delta = this.#deltaSince(scope, Number(cursor));
      return delta ?? { type: "delta", resourceVersion: this.version, ...empty };
    }
    return { type: "snapshot", resourceVersion: this.version, items: this.list(scope) };
  }

  #deltaSince(scope: Scope, version: number): DeltaFrame<Widget> | null {
    const upserts = new Map<string, Widget>();
    const deletes = new Map<string, ObjectRef>();
    let start = this.#history.length;
    while (start > 0 && (this.#history[start - 1]?.version ?? 0) > version) start -= 1;
    for (const entry of this.#history.slice(start)) {
      if (!matches(scope, entry.scope)) continue;
      const key = this.key(entry.scope.metadata.namespace, entry.scope.metadata.name);
      if ("upsert" in entry.change) upserts.set(key, entry.change.upsert);
      else {
        upserts.delete(key);
        deletes.set(key, entry.change.remove);
      }
    }
    if (upserts.size + deletes.size === 0) return null;
    return {
      type: "delta",
      resourceVersion: this.version,
      upserts: [...upserts.values()],
      deletes: [...deletes.values()],
    };
  }

  #put(object: Widget): Widget {
    this.objects.set(this.key(object.metadata.namespace, object.metadata.name), object);
    this.#history.push({ version: this.#version, scope: object, change: { upsert: object } });
    this.#wake();
    return object;
  }

  #wake(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
