import { Overlay, type OverlayOptions } from "./overlay.js";
import { coversObject, type Scope } from "./selectors.js";
import { Watch, type WatchEnvironment, type WatchSource } from "./watch.js";
import type { ResourceObject } from "./wire.js";

export interface WatchRequest<K extends ResourceObject> {
  /** Group, version, plural and router path: nothing less tells two kinds apart. */
  readonly resourceId: string;
  /** Where the router is in the client, for a tab that watches on behalf of another. */
  readonly path: readonly string[];
  readonly scope: Scope;
  readonly source: WatchSource<K>;
}

/** Replaces a watch's source, so that another tab's socket can feed it. */
export type ShareSource = <K extends ResourceObject>(request: WatchRequest<K>) => WatchSource<K>;

export function watchKey({ resourceId, scope }: Pick<WatchRequest<never>, "resourceId" | "scope">) {
  const { namespace, labelSelector, fieldSelector, window } = scope;
  return `${resourceId}|${JSON.stringify([namespace, labelSelector, fieldSelector, window])}`;
}

interface Entry {
  readonly resourceId: string;
  readonly watch: Watch<ResourceObject>;
}

/** All watches of a client: one per kind and scope, shared by every component that shows it. */
export class WatchRegistry {
  /** Set by a tab group. */
  share: ShareSource = (request) => request.source;
  /** Hears of kinds of which a watch was denied. */
  onDenied: (resourceId: string) => void = () => undefined;
  readonly #entries = new Map<string, Entry>();
  readonly #overlays = new Map<string, Overlay<ResourceObject>>();
  readonly #environment: WatchEnvironment;
  readonly #overlayOptions: OverlayOptions;

  constructor(environment: WatchEnvironment, overlayOptions: OverlayOptions = {}) {
    this.#environment = environment;
    this.#overlayOptions = overlayOptions;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The watch for a request. It starts with its first listener and lingers after its last. */
  get<K extends ResourceObject>(request: WatchRequest<K>): Watch<K> {
    const key = watchKey(request);
    const known = this.#find<K>(key);
    if (known) return known;
    const watch: Watch<K> = new Watch<K>({
      scope: request.scope,
      overlay: this.overlay<K>(request.resourceId),
      source: this.share(request),
      environment: this.#environment,
      onDenied: () => this.onDenied(request.resourceId),
      onIdle: () => this.#entries.delete(key),
    });
    this.#entries.set(key, { resourceId: request.resourceId, watch: erase(watch) });
    return watch;
  }

  /** The pending operations of a kind, seen by all its watches. */
  overlay<K extends ResourceObject>(resourceId: string): Overlay<K> {
    const known = this.#overlays.get(resourceId);
    // A resource id stands for one object type.
    if (known) return known as unknown as Overlay<K>;
    const overlay = new Overlay<K>(this.#overlayOptions);
    this.#overlays.set(resourceId, overlay as unknown as Overlay<ResourceObject>);
    return overlay;
  }

  /** A started watch that holds the named object anyway, so that an item needs none of its own. */
  findCovering<K extends ResourceObject>(
    resourceId: string,
    namespace: string | null,
    name: string,
  ): Watch<K> | undefined {
    for (const watch of this.#watchesOf<K>(resourceId)) {
      if (watch.isStarted && coversObject(watch.scope, namespace, name)) return watch;
    }
    return undefined;
  }

  /** The object as any watch of the kind last received it. */
  findTruth<K extends ResourceObject>(resourceId: string, key: string): K | undefined {
    for (const watch of this.#watchesOf<K>(resourceId)) {
      const truth = watch.truthOf(key);
      if (truth) return truth;
    }
    return undefined;
  }

  retryDenied(resourceId: string): void {
    for (const watch of this.#watchesOf(resourceId)) watch.retryIfDenied();
  }

  /** Forgets all data, for the end of a session. Watches in use start anew. */
  clear(): void {
    for (const overlay of this.#overlays.values()) overlay.clear();
    for (const { watch } of this.#entries.values()) watch.clear();
  }

  dispose(): void {
    for (const { watch } of this.#entries.values()) watch.dispose();
    this.#entries.clear();
  }

  #find<K extends ResourceObject>(key: string): Watch<K> | undefined {
    const watch = this.#entries.get(key)?.watch;
    // A key begins with the resource id, and that stands for one object type.
    return watch as unknown as Watch<K> | undefined;
  }

  *#watchesOf<K extends ResourceObject>(resourceId: string): Iterable<Watch<K>> {
    for (const entry of this.#entries.values()) {
      if (entry.resourceId === resourceId) yield entry.watch as unknown as Watch<K>;
    }
  }
}

function erase<K extends ResourceObject>(watch: Watch<K>): Watch<ResourceObject> {
  return watch as unknown as Watch<ResourceObject>;
}
