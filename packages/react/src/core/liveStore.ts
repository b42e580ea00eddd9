/**
 * The objects of one watch, keyed by `namespace/name`, with stable references.
 *
 * Frames change the truth at once; `commit` publishes, at most once per animation frame. An object whose
 * uid and resourceVersion did not change keeps its reference, so memoized rows do not render again.
 */
import { deepEqual } from "./equal.js";
import type { OverlaidStore, Overlay } from "./overlay.js";
import { inScope, type Scope } from "./selectors.js";
import {
  type Counts,
  type DeltaFrame,
  keyOf,
  type ObjectRef,
  objectKey,
  type ResourceObject,
  type WatchFrame,
} from "./wire.js";

export interface StoreSnapshot<K> {
  readonly items: readonly K[];
  /** Of a window: how many rows fit, in the window or not. */
  readonly total?: number | undefined;
  /** Of a window: what was counted of the rows that fit. */
  readonly counts?: Counts | undefined;
  /** Built on first use: most lists never look an object up. */
  readonly byKey: ReadonlyMap<string, K>;
}

export function createSnapshot<K extends ResourceObject>(
  items: readonly K[],
  total?: number,
  counts?: Counts,
): StoreSnapshot<K> {
  let byKey: ReadonlyMap<string, K> | undefined;
  return {
    items,
    total,
    counts,
    get byKey() {
      byKey ??= new Map(items.map((item) => [keyOf(item), item]));
      return byKey;
    },
  };
}

function isUnchanged(old: ResourceObject, next: ResourceObject): boolean {
  if (old.metadata.uid !== next.metadata.uid) return false;
  const version = next.metadata.resourceVersion;
  return version ? old.metadata.resourceVersion === version : deepEqual(old, next);
}

export interface LiveStoreOptions<K extends ResourceObject> {
  readonly scope: Scope;
  readonly overlay: Overlay<K>;
  readonly isLive: () => boolean;
  /** Called when there is something to commit. */
  readonly onDirty: () => void;
}

export class LiveStore<K extends ResourceObject> implements OverlaidStore<K> {
  #truth = new Map<string, K>();
  /** Of a window: the keys in the server's order, and how many rows there are in all. */
  #order: readonly string[] | null = null;
  #total: number | undefined;
  #counts: Counts | undefined;
  #snapshot: StoreSnapshot<K> = createSnapshot<K>([]);
  #positions = new Map<string, number>();
  readonly #dirty = new Set<string>();
  readonly #options: LiveStoreOptions<K>;
  readonly #detach: () => void;

  constructor(options: LiveStoreOptions<K>) {
    this.#options = options;
    this.#detach = options.overlay.attach(this);
    for (const key of options.overlay.keys()) this.#dirty.add(key);
  }

  get snapshot(): StoreSnapshot<K> {
    return this.#snapshot;
  }

  /** The object shown under a key, as of the last commit. */
  find(key: string): K | undefined {
    const position = this.#positions.get(key);
    return position === undefined ? undefined : this.#snapshot.items[position];
  }

  /** The object as the server last sent it, without pending operations. */
  truthOf(key: string): K | undefined {
    return this.#truth.get(key);
  }

  /** All objects as the server last sent them, as a snapshot has them. */
  whole() {
    const items = this.#order?.flatMap((key) => this.#truth.get(key) ?? []);
    return {
      items: items ?? [...this.#truth.values()],
      total: this.#total,
      counts: this.#counts,
    };
  }

  isLive(): boolean {
    return this.#options.isLive();
  }

  overlayChanged(key: string): void {
    this.#touch(key);
  }

  apply(frame: WatchFrame<K>): void {
    if (frame.type === "state") return;
    this.#counts = frame.counts ?? this.#counts;
    if (frame.type === "snapshot") this.replace(frame.items, frame.total);
    else {
      for (const ref of frame.deletes) this.#delete(ref);
      for (const object of frame.upserts) this.#upsert(object);
      if (frame.total !== undefined) this.#arrange(frame, frame.total);
    }
  }

  // Whoever applies a frame commits after it, so an order that changed alone need not ask for that.
  /** Takes the rows that went or changed out of the order, and puts those that changed back in. */
  #arrange({ upserts, deletes, positions = [] }: DeltaFrame<K>, total: number): void {
    const moved = new Set(upserts.map(keyOf));
    for (const { namespace, name } of deletes) moved.add(objectKey(namespace, name));
    const order = (this.#order ?? []).filter((key) => !moved.has(key));
    upserts.forEach((object, index) => {
      order.splice(positions[index] ?? order.length, 0, keyOf(object));
    });
    this.#order = order;
    this.#total = total;
  }

  /** Whatever is not in `items` is gone: a snapshot is how deletions survive a lost connection. */
  replace(items: readonly K[], total?: number): void {
    this.#order = total === undefined ? null : items.map(keyOf);
    this.#total = total;
    const previous = this.#truth;
    this.#truth = new Map();
    for (const object of items) {
      const key = keyOf(object);
      const old = previous.get(key);
      const kept = old && isUnchanged(old, object) ? old : object;
      this.#truth.set(key, kept);
      this.#options.overlay.observe(this, key, kept);
      if (kept !== old) this.#touch(key);
    }
    for (const key of previous.keys()) {
      if (this.#truth.has(key)) continue;
      this.#options.overlay.observe(this, key, undefined);
      this.#touch(key);
    }
  }

  /** Publishes what changed; false when nothing a reader can see did. */
  commit(): boolean {
    if (this.#order) return this.#commitOrdered(this.#order);
    if (this.#dirty.size === 0) return false;
    const keys = [...this.#dirty];
    this.#dirty.clear();
    const next = this.#nextItems(keys);
    if (!next) return false;
    this.#snapshot = createSnapshot(next);
    return true;
  }

  #commitOrdered(order: readonly string[]): boolean {
    this.#dirty.clear();
    const { items, total, counts } = this.#snapshot;
    const next = order.flatMap((key) => this.#resolve(key) ?? []);
    if (
      total === this.#total &&
      counts === this.#counts &&
      next.length === items.length &&
      next.every((item, at) => item === items[at])
    ) {
      return false;
    }
    this.#place(next);
    this.#snapshot = createSnapshot(next, this.#total, this.#counts);
    return true;
  }

  dispose(): void {
    this.#detach();
  }

  #touch(key: string): void {
    this.#dirty.add(key);
    this.#options.onDirty();
  }

  #upsert(object: K): void {
    const key = keyOf(object);
    const old = this.#truth.get(key);
    if (old && isUnchanged(old, object)) return;
    this.#truth.set(key, object);
    this.#options.overlay.observe(this, key, object);
    this.#touch(key);
  }

  #delete(ref: ObjectRef): void {
    const key = objectKey(ref.namespace, ref.name);
    // Whatever its uid: who fell behind may be told of the end of an object that he never saw, which
    // had the name of the one that he knows.
    if (!this.#truth.delete(key)) return;
    this.#options.overlay.observe(this, key, undefined);
    this.#touch(key);
  }

  #resolve(key: string): K | undefined {
    const { overlay, scope } = this.#options;
    const truth = this.#truth.get(key);
    if (!overlay.has(key)) return truth;
    const shown = overlay.resolve(this, key, truth);
    return shown && !truth && !inScope(scope, shown) ? undefined : shown;
  }

  /** The items with `keys` brought up to date, or null when all of them are as before. */
  #nextItems(keys: readonly string[]): readonly K[] | null {
    const { items } = this.#snapshot;
    let next: (K | undefined)[] | null = null;
    let removed = false;
    for (const key of keys) {
      const shown = this.#resolve(key);
      const position = this.#positions.get(key);
      if (shown === (position === undefined ? undefined : items[position])) continue;
      next ??= items.slice();
      if (position === undefined) {
        this.#positions.set(key, next.push(shown) - 1);
      } else {
        next[position] = shown;
        removed ||= shown === undefined;
      }
    }
    if (!removed) return next as K[] | null;
    const kept = (next ?? []).filter((item): item is K => item !== undefined);
    this.#place(kept);
    return kept;
  }

  #place(items: readonly K[]): void {
    this.#positions = new Map(items.map((item, index) => [keyOf(item), index]));
  }
}
