/**
 * What the user may do, per kind and namespace.
 *
 * "Pending" is a state of its own: a button that is not known to be allowed is not "denied for a reason".
 * Answers are asked again while somebody shows them, when the tab is looked at again, and at once after
 * any FORBIDDEN, so that a role granted or revoked shows without a reload.
 */
import { Emitter } from "./emitter.js";
import { deepEqual } from "./equal.js";
import { type LiveError, toLiveError } from "./errors.js";
import type { PermissionAnswers, Verb } from "./wire.js";

export interface Permission {
  readonly state: "pending" | "allowed" | "denied";
  readonly allowed: boolean;
  readonly reason: string | null;
}

export interface PermissionState {
  readonly status: "loading" | "ready" | "error";
  readonly permissions: { readonly [verb in Verb]: Permission };
  readonly error: LiveError | null;
}

export interface PermissionCacheOptions {
  /** Answers older than this are asked for again while in use. */
  readonly maxAgeMs?: number;
  /** How long answers nobody shows are kept. */
  readonly lingerMs?: number;
}

const failedRetryMs = 5_000;

const pending: Permission = { state: "pending", allowed: false, reason: null };

function forAllVerbs(permission: (verb: Verb) => Permission): PermissionState["permissions"] {
  return {
    get: permission("get"),
    list: permission("list"),
    watch: permission("watch"),
    create: permission("create"),
    update: permission("update"),
    patch: permission("patch"),
    delete: permission("delete"),
  };
}

export const pendingPermissions: PermissionState = {
  status: "loading",
  permissions: forAllVerbs(() => pending),
  error: null,
};

type Ask = () => Promise<PermissionAnswers>;

class Entry {
  readonly emitter = new Emitter();
  state: PermissionState = pendingPermissions;
  asking: Promise<void> | null = null;
  askAgain = false;
  askedAt = 0;
  timer: ReturnType<typeof setTimeout> | undefined;
  ask: Ask;

  constructor(ask: Ask) {
    this.ask = ask;
  }
}

export interface PermissionKey {
  readonly resourceId: string;
  readonly namespace: string | null;
}

export class PermissionCache {
  readonly #entries = new Map<string, Entry>();
  readonly #maxAgeMs: number;
  readonly #lingerMs: number;
  readonly #onReadable: (resourceId: string) => void;

  /** `onReadable` hears of kinds whose list or watch has become allowed. */
  constructor(
    options: PermissionCacheOptions = {},
    onReadable: (resourceId: string) => void = () => undefined,
  ) {
    this.#maxAgeMs = options.maxAgeMs ?? 60_000;
    this.#lingerMs = options.lingerMs ?? 30_000;
    this.#onReadable = onReadable;
  }

  getState(key: PermissionKey): PermissionState {
    return this.#entries.get(serialize(key))?.state ?? pendingPermissions;
  }

  subscribe(key: PermissionKey, ask: Ask, listener: () => void): () => void {
    const id = serialize(key);
    const entry = this.#entries.get(id) ?? new Entry(ask);
    this.#entries.set(id, entry);
    entry.ask = ask;
    clearTimeout(entry.timer);
    const unsubscribe = entry.emitter.subscribe(listener);
    if (Date.now() - entry.askedAt >= this.#maxAgeMs) void this.#ask(key, entry);
    else this.#askLater(key, entry);
    return () => {
      unsubscribe();
      if (entry.emitter.size > 0) return;
      clearTimeout(entry.timer);
      entry.timer = setTimeout(() => this.#entries.delete(id), this.#lingerMs);
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
      const due = Date.now() - entry.askedAt >= minAgeMs;
      if (due && entry.emitter.size > 0) void this.#ask(deserialize(id), entry);
    }
  }

  clear(): void {
    for (const [id, entry] of this.#entries) {
      entry.askedAt = 0;
      this.#publish(entry, pendingPermissions);
      if (entry.emitter.size > 0) void this.#ask(deserialize(id), entry);
    }
  }

  dispose(): void {
    for (const entry of this.#entries.values()) clearTimeout(entry.timer);
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
    const before = entry.state.permissions;
    try {
      const answers = await entry.ask();
      this.#publish(entry, readAnswers(answers));
    } catch (cause) {
      const error = toLiveError(cause);
      // Known answers stay: losing the network is no reason to grey out every button.
      const status = entry.state.status === "ready" ? "ready" : "error";
      this.#publish(entry, { ...entry.state, status, error });
    }
    const now = entry.state.permissions;
    const gained = (verb: Verb) => now[verb].allowed && before[verb].state === "denied";
    if (gained("list") || gained("watch")) this.#onReadable(key.resourceId);
  }

  #askLater(key: PermissionKey, entry: Entry): void {
    clearTimeout(entry.timer);
    if (entry.emitter.size === 0) return;
    const delay = entry.state.error ? Math.min(failedRetryMs, this.#maxAgeMs) : this.#maxAgeMs;
    entry.timer = setTimeout(() => void this.#ask(key, entry), delay);
  }

  #publish(entry: Entry, state: PermissionState): void {
    const { status, error, permissions } = entry.state;
    const isSame = status === state.status && error === state.error;
    if (isSame && deepEqual(permissions, state.permissions)) return;
    entry.state = state;
    entry.emitter.emit();
  }
}

function readAnswers(answers: PermissionAnswers): PermissionState {
  const permissions = forAllVerbs((verb) => {
    const { allowed, reason } = answers[verb];
    return { state: allowed ? "allowed" : "denied", allowed, reason };
  });
  return { status: "ready", permissions, error: null };
}

function serialize({ resourceId, namespace }: PermissionKey): string {
  return JSON.stringify([resourceId, namespace]);
}

function deserialize(id: string): PermissionKey {
  const [resourceId, namespace] = JSON.parse(id) as [string, string | null];
  return { resourceId, namespace };
}
