/**
 * Optimistic changes, laid over what the server has sent.
 *
 * The live store holds only the server's truth; an operation is a function from that truth to what is
 * shown. So a rollback is forgetting the operation, and a change by somebody else shows through it.
 *
 * The hard part is when to forget an operation that succeeded. The mutation's answer and the live event
 * race on two connections, resourceVersions cannot be ordered, and the server may conflate the very
 * event away. An operation stays until the store has seen
 *   - the resourceVersion the mutation answered (also when it came before the answer), or
 *   - a later generation, another uid, or the object's end, or
 *   - nothing of the kind for `settleMs` while live: then the truth wins. No ghost rows.
 * Each store (a list, another list, an item) catches up on its own, so none of them flickers.
 */
import type { ResourceObject } from "./wire.js";

export type OperationType = "create" | "update" | "patch" | "delete";

export interface PendingInfo {
  readonly operation: OperationType;
  /** "saving" until the server answered, then "confirming" until the live event arrived. */
  readonly phase: "saving" | "confirming";
}

const pendingObjects = new WeakMap<object, PendingInfo>();

/** What an object shown is waiting for, or null when it is as the server sent it. */
export function pendingOf(object: object | null | undefined): PendingInfo | null {
  return (object && pendingObjects.get(object)) ?? null;
}

/** A store that shows truth with operations over it. */
export interface OverlaidStore<K> {
  truthOf(key: string): K | undefined;
  /** Whether the store follows the server right now; operations are not timed out while it does not. */
  isLive(): boolean;
  overlayChanged(key: string): void;
}

export interface OperationRequest<K extends ResourceObject> {
  readonly type: OperationType;
  readonly key: string;
  /** The object a `create` adds; others change what is there. */
  readonly created?: K;
  readonly change?: (truth: K) => K;
}

export class Operation<K extends ResourceObject> {
  readonly type: OperationType;
  readonly key: string;
  result: K | null = null;
  phase: PendingInfo["phase"] = "saving";
  readonly #request: OperationRequest<K>;
  readonly #done = new WeakSet<OverlaidStore<K>>();
  readonly #seen = new WeakMap<OverlaidStore<K>, Set<string>>();
  #shown = new WeakMap<object, K>();

  constructor(request: OperationRequest<K>) {
    this.type = request.type;
    this.key = request.key;
    this.#request = request;
  }

  isDone(store: OverlaidStore<K>): boolean {
    return this.#done.has(store);
  }

  markDone(store: OverlaidStore<K>): void {
    this.#done.add(store);
  }

  /** What to show over `truth`; the same object for the same truth, so that rows stay memoized. */
  show(truth: K | undefined): K | undefined {
    // Whatever the server has under the name is at least as new as what was created.
    if (this.type === "create" ? truth : !truth) return truth;
    const anchor = truth ?? this;
    const known = this.#shown.get(anchor);
    if (known) return known;
    const shown = this.#compute(truth);
    pendingObjects.set(shown, { operation: this.type, phase: this.phase });
    this.#shown.set(anchor, shown);
    return shown;
  }

  settle(result: K | null): void {
    this.result = result;
    this.phase = "confirming";
    this.#shown = new WeakMap();
  }

  /** Records that `store` now holds `truth`; true when the store has caught up with this operation. */
  observe(store: OverlaidStore<K>, truth: K | undefined): boolean {
    const version = truth?.metadata.resourceVersion;
    if (version) {
      const seen = this.#seen.get(store) ?? new Set();
      this.#seen.set(store, seen.add(version));
    }
    return this.phase === "confirming" && this.#caughtUp(store, truth);
  }

  #caughtUp(store: OverlaidStore<K>, truth: K | undefined): boolean {
    if (this.type === "delete") return !truth || Boolean(truth.metadata.deletionTimestamp);
    const result = this.result?.metadata;
    if (!result) return true;
    const { resourceVersion } = result;
    if (resourceVersion && this.#seen.get(store)?.has(resourceVersion)) return true;
    if (this.type === "create") return truth !== undefined;
    if (!truth) return true;
    if (truth.metadata.uid && result.uid && truth.metadata.uid !== result.uid) return true;
    return (truth.metadata.generation ?? 0) > (result.generation ?? Number.POSITIVE_INFINITY);
  }

  #compute(truth: K | undefined): K {
    if (this.result) return { ...this.result };
    const { created, change } = this.#request;
    const base = created ?? truth;
    if (!base)
      throw new TypeError(`An optimistic ${this.type} of ${this.key} has nothing to show.`);
    // A new object in any case: the mark must not stick to the server's.
    return { ...(truth && change ? change(truth) : base) };
  }
}

export interface OverlayOptions {
  /** How long a confirmed operation waits for its live event. */
  readonly settleMs?: number;
}

export class Overlay<K extends ResourceObject> {
  readonly #operations = new Map<string, Operation<K>[]>();
  readonly #stores = new Set<OverlaidStore<K>>();
  readonly #settleMs: number;

  constructor({ settleMs = 3_000 }: OverlayOptions = {}) {
    this.#settleMs = settleMs;
  }

  attach(store: OverlaidStore<K>): () => void {
    this.#stores.add(store);
    return () => {
      this.#stores.delete(store);
      for (const key of [...this.#operations.keys()]) this.#forgetIfDone(key);
    };
  }

  keys(): Iterable<string> {
    return this.#operations.keys();
  }

  has(key: string): boolean {
    return this.#operations.has(key);
  }

  begin(request: OperationRequest<K>): Operation<K> {
    const operation = new Operation(request);
    const queue = this.#operations.get(request.key);
    if (queue) queue.push(operation);
    else this.#operations.set(request.key, [operation]);
    this.#changed(request.key);
    return operation;
  }

  /** The server did it. The operation stays shown until each store has the live event. */
  settle(operation: Operation<K>, result: K | null): void {
    operation.settle(result);
    for (const store of this.#stores) {
      if (operation.observe(store, store.truthOf(operation.key))) operation.markDone(store);
    }
    this.#changed(operation.key);
    this.#forgetIfDone(operation.key);
    if (this.#operations.get(operation.key)?.includes(operation)) this.#expire(operation);
  }

  /** The server refused, or nobody knows: show the truth again. */
  rollback(operation: Operation<K>): void {
    this.#remove(operation);
    this.#changed(operation.key);
  }

  /** What `store` shows for a key of which it holds `truth`. */
  resolve(store: OverlaidStore<K>, key: string, truth: K | undefined): K | undefined {
    let shown = truth;
    for (const operation of this.#operations.get(key) ?? []) {
      if (!operation.isDone(store)) shown = operation.show(shown);
    }
    return shown;
  }

  /** To be called by a store for each key it received anew. */
  observe(store: OverlaidStore<K>, key: string, truth: K | undefined): void {
    const queue = this.#operations.get(key);
    if (!queue) return;
    for (const operation of queue) {
      if (operation.observe(store, truth)) operation.markDone(store);
    }
    this.#forgetIfDone(key);
  }

  clear(): void {
    const keys = [...this.#operations.keys()];
    this.#operations.clear();
    for (const key of keys) this.#changed(key);
  }

  #expire(operation: Operation<K>): void {
    setTimeout(() => {
      if (!this.#operations.get(operation.key)?.includes(operation)) return;
      for (const store of this.#stores) {
        if (store.isLive()) operation.markDone(store);
      }
      this.#changed(operation.key);
      this.#forgetIfDone(operation.key);
      this.#expire(operation);
    }, this.#settleMs);
  }

  #forgetIfDone(key: string): void {
    const queue = this.#operations.get(key) ?? [];
    for (const operation of [...queue]) {
      const done = [...this.#stores].every((store) => operation.isDone(store));
      if (operation.phase === "confirming" && done) this.#remove(operation);
    }
  }

  #remove(operation: Operation<K>): void {
    const queue = this.#operations.get(operation.key) ?? [];
    const rest = queue.filter((other) => other !== operation);
    if (rest.length > 0) this.#operations.set(operation.key, rest);
    else this.#operations.delete(operation.key);
  }

  #changed(key: string): void {
    for (const store of this.#stores) store.overlayChanged(key);
  }
}
