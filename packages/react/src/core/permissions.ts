/**
 * What the user may do, per kind, namespace and name.
 *
 * "Pending" is a state of its own: a button that is not known to be allowed is not "denied for a reason".
 * The server tells of changes while somebody shows the answers. Where it cannot (no socket now, another
 * tab has it, an older server), they are asked again every so often, when the tab is looked at again,
 * and at once after any FORBIDDEN. Either way a role granted or revoked shows without a reload.
 */
import { Emitter } from "./emitter.js";
import { deepEqual } from "./equal.js";
import { type LiveError, toLiveError } from "./errors.js";
import { type FollowOptions, type PermissionAnswers, type Verb, verbs } from "./wire.js";

export interface Permission {
  readonly state: "pending" | "allowed" | "denied";
  readonly allowed: boolean;
  readonly reason: string | null;
}

export interface PermissionState {
  readonly status: "loading" | "ready" | "error";
  readonly permissions: { readonly [verb in Verb]: Permission };
  /** By subresource and verb: `subresources.log?.get`. */
  readonly subresources: SubresourcePermissions;
  readonly error: LiveError | null;
}

export interface SubresourcePermissions {
  readonly [subresource: string]: { readonly [verb: string]: Permission };
}

/** Where answers come from. */
export interface PermissionSource {
  ask(): Promise<PermissionAnswers>;
  /** Tells of changes as they happen. */
  follow?(observer: FollowOptions<PermissionAnswers>): { unsubscribe(): void };
}

export interface PermissionCacheOptions {
  /** Answers older than this are asked for again while in use, unless the server tells of changes. */
  readonly maxAgeMs?: number;
  /** The same in a tab whose socket another tab has, and while there is no socket. */
  readonly pollMs?: number;
  /** How long answers nobody shows are kept. */
  readonly lingerMs?: number;
}

const failedRetryMs = 5_000;

const pending: Permission = { state: "pending", allowed: false, reason: null };

function forAllVerbs(permission: (verb: Verb) => Permission): PermissionState["permissions"] {
  // `verbs` are all of them.
  const entries = verbs.map((verb) => [verb, permission(verb)]);
  return Object.fromEntries(entries) as PermissionState["permissions"];
}

export const pendingPermissions: PermissionState = {
  status: "loading",
  permissions: forAllVerbs(() => pending),
  subresources: {},
  error: null,
};

class Entry {
  readonly emitter = new Emitter();
  state: PermissionState = pendingPermissions;
  asking: Promise<void> | null = null;
  askAgain = false;
  askedAt = 0;
  timer: ReturnType<typeof setTimeout> | undefined;
  source: PermissionSource;
  /** The subscription, once it is open; `null` where the server has none. */
  following: { unsubscribe(): void } | null | undefined;
  /** The subscription is connected: nothing has to be asked. */
  isTold = false;
  /** How often it was told: an answer asked for before is older. */
  told = 0;

  constructor(source: PermissionSource) {
    this.source = source;
  }

  unfollow(): void {
    this.following?.unsubscribe();
    this.following = undefined;
    this.isTold = false;
  }
}

export interface PermissionKey {
  readonly resourceId: string;
  readonly namespace: string | null;
  readonly name?: string | null;
}

export class PermissionCache {
  /** Set by a tab group: whether this tab has a socket to be told by. */
  canFollow: () => boolean = () => true;
  readonly #entries = new Map<string, Entry>();
  readonly #maxAgeMs: number;
  readonly #pollMs: number;
  readonly #lingerMs: number;
  readonly #onReadable: (resourceId: string) => void;

  /** `onReadable` hears of kinds whose list or watch has become allowed. */
  constructor(
    options: PermissionCacheOptions = {},
    onReadable: (resourceId: string) => void = () => undefined,
  ) {
    this.#maxAgeMs = options.maxAgeMs ?? 60_000;
    this.#pollMs = Math.min(options.pollMs ?? 4_000, this.#maxAgeMs);
    this.#lingerMs = options.lingerMs ?? 30_000;
    this.#onReadable = onReadable;
  }

  getState(key: PermissionKey): PermissionState {
    return this.#entries.get(serialize(key))?.state ?? pendingPermissions;
  }

  /** @param given a function is a source that only answers. */
  subscribe(
    key: PermissionKey,
    given: PermissionSource | PermissionSource["ask"],
    listener: () => void,
  ): () => void {
    const id = serialize(key);
    const source = typeof given === "function" ? { ask: given } : given;
    const entry = this.#entries.get(id) ?? new Entry(source);
    this.#entries.set(id, entry);
    entry.source = source;
    clearTimeout(entry.timer);
    const unsubscribe = entry.emitter.subscribe(listener);
    this.#follow(key, entry);
    if (!entry.isTold && Date.now() - entry.askedAt >= this.#maxAgeMs) void this.#ask(key, entry);
    else this.#askLater(key, entry);
    return () => {
      unsubscribe();
      if (entry.emitter.size > 0) return;
      clearTimeout(entry.timer);
      entry.timer = setTimeout(() => {
        entry.unfollow();
        this.#entries.delete(id);
      }, this.#lingerMs);
    };
  }

  /** Asks again, now. */
  async refetch(key: PermissionKey): Promise<void> {
    const entry = this.#entries.get(serialize(key));
    if (entry) await this.#ask(key, entry);
  }

  /** The server refused something of this kind: what is cached may be wrong. */
  invalidate(resourceId: string): void {
    for (const [id, entry] of this.#entries) {
      const key = deserialize(id);
      if (key.resourceId !== resourceId) continue;
      entry.askedAt = 0;
      if (entry.emitter.size > 0) void this.#ask(key, entry);
    }
  }

  /** Asks again for all that is shown: the tab was hidden, a role may have changed meanwhile. */
  refresh(minAgeMs = 10_000): void {
    for (const [id, entry] of this.#entries) {
      const due = !entry.isTold && Date.now() - entry.askedAt >= minAgeMs;
      if (due && entry.emitter.size > 0) void this.#ask(deserialize(id), entry);
    }
  }

  clear(): void {
    for (const [id, entry] of this.#entries) {
      const key = deserialize(id);
      entry.askedAt = 0;
      // What the last user's subscription may still say is not about the next one.
      entry.unfollow();
      this.#publish(entry, pendingPermissions);
      if (entry.emitter.size === 0) continue;
      this.#follow(key, entry);
      void this.#ask(key, entry);
    }
  }

  dispose(): void {
    for (const entry of this.#entries.values()) {
      clearTimeout(entry.timer);
      entry.unfollow();
    }
    this.#entries.clear();
  }

  #ask(key: PermissionKey, entry: Entry): Promise<void> {
    // An answer under way may be older than the reason to ask again.
    if (entry.asking) {
      entry.askAgain = true;
      return entry.asking;
    }
    entry.askedAt = Date.now();
    entry.asking = this.#answer(key, entry).finally(() => {
      entry.asking = null;
      const again = entry.askAgain;
      entry.askAgain = false;
      if (again) void this.#ask(key, entry);
      else this.#askLater(key, entry);
    });
    return entry.asking;
  }

  async #answer(key: PermissionKey, entry: Entry): Promise<void> {
    const { told } = entry;
    try {
      const answers = await entry.source.ask();
      if (entry.told === told) this.#learn(key, entry, answers);
    } catch (cause) {
      const error = toLiveError(cause);
      // Known answers stay: losing the network is no reason to grey out every button.
      const status = entry.state.status === "ready" ? "ready" : "error";
      this.#publish(entry, { ...entry.state, status, error });
    }
  }

  #learn(key: PermissionKey, entry: Entry, answers: PermissionAnswers): void {
    const before = entry.state.permissions;
    this.#publish(entry, readAnswers(answers));
    const now = entry.state.permissions;
    const gained = (verb: Verb) => now[verb].allowed && before[verb].state === "denied";
    if (gained("list") || gained("watch")) this.#onReadable(key.resourceId);
  }

  /** Has the server tell of changes, where it can. */
  #follow(key: PermissionKey, entry: Entry): void {
    const { source, following } = entry;
    if (!source.follow || following !== undefined || !this.canFollow()) return;
    let isOpen = true;
    const end = (next: null | undefined) => {
      if (!isOpen) return;
      isOpen = false;
      entry.following = next;
      entry.isTold = false;
      this.#askLater(key, entry);
    };
    const subscription = source.follow({
      onData: (answers) => {
        if (!isOpen) return;
        entry.told += 1;
        entry.isTold = true;
        this.#learn(key, entry, answers);
        this.#askLater(key, entry);
      },
      // An older server has no such procedure, and there is no use in asking for it again.
      onError: (cause) => end(toLiveError(cause).kind === "notFound" ? null : undefined),
      onComplete: () => end(undefined),
      onConnectionStateChange: ({ state }) => {
        if (!isOpen || state === "pending") return;
        entry.isTold = false;
        this.#askLater(key, entry);
      },
    });
    if (isOpen) {
      entry.following = {
        unsubscribe() {
          isOpen = false;
          subscription.unsubscribe();
        },
      };
    }
  }

  #askLater(key: PermissionKey, entry: Entry): void {
    clearTimeout(entry.timer);
    if (entry.emitter.size === 0 || entry.isTold) return;
    const waits = [this.#maxAgeMs];
    // A subscription that is to be opened (again), or that this tab cannot have.
    if (entry.source.follow && entry.following !== null) waits.push(this.#pollMs);
    if (entry.state.error) waits.push(failedRetryMs);
    entry.timer = setTimeout(
      () => {
        this.#follow(key, entry);
        void this.#ask(key, entry);
      },
      Math.min(...waits),
    );
  }

  #publish(entry: Entry, state: PermissionState): void {
    const { status, error, permissions, subresources } = entry.state;
    const isSame = status === state.status && error === state.error;
    const rights = [permissions, subresources];
    if (isSame && deepEqual(rights, [state.permissions, state.subresources])) return;
    entry.state = state;
    entry.emitter.emit();
  }
}

function readAnswer({ allowed, reason }: PermissionAnswers[Verb]): Permission {
  return { state: allowed ? "allowed" : "denied", allowed, reason };
}

function readAnswers(answers: PermissionAnswers): PermissionState {
  const subresources = Object.entries(answers.subresources ?? {}).map(([name, verbs]) => {
    const rights = Object.entries(verbs).map(([verb, answer]) => [verb, readAnswer(answer)]);
    return [name, Object.fromEntries(rights)];
  });
  return {
    status: "ready",
    permissions: forAllVerbs((verb) => readAnswer(answers[verb])),
    subresources: Object.fromEntries(subresources),
    error: null,
  };
}

function serialize({ resourceId, namespace, name = null }: PermissionKey): string {
  return JSON.stringify([resourceId, namespace, name]);
}

function deserialize(id: string): PermissionKey {
  const [resourceId, namespace, name] = JSON.parse(id) as [string, string | null, string | null];
  return { resourceId, namespace, name };
}
