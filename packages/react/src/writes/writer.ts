/**
 * Optimistic writes: shown at once, confirmed by the live event, rolled back with the reason.
 */
import { backoffDelay } from "../core/backoff.js";
import { deepEqual } from "../core/equal.js";
import { type LiveError, toLiveError } from "../core/errors.js";
import type { Fairlead } from "../core/fairlead.js";
import { type MessageKind, type Messages, wordMessage } from "../core/notify.js";
import type { OperationRequest } from "../core/overlay.js";
import type { Resource } from "../core/resource.js";
import {
  type DeleteInput,
  type GetProcedure,
  keyOf,
  type MergePatch,
  objectKey,
  type PropagationPolicy,
  type ResourceObject,
  type WriteProcedures,
} from "../core/wire.js";
import { authoredPart, nameDraft, showDraft } from "./drafts.js";
import { applyMergePatch, createMergePatch, mergeThreeWay } from "./mergePatch.js";

export interface UpdateVariables<K> {
  readonly object: K;
  /** The object as the edit began. With it a conflict can be merged three ways. */
  readonly base?: K;
}

export interface PatchVariables {
  readonly name: string;
  readonly namespace?: string | null;
  readonly patch: MergePatch;
}

/** An update that lost: somebody else changed the object in the meantime. */
export interface Conflict<K> {
  readonly base: K | null;
  readonly mine: K;
  readonly theirs: K;
  /** Both changes together; mine where they clash. Without `base`, mine as a whole. */
  readonly merged: K;
  /** The paths that both changed, differently. */
  readonly conflicts: readonly string[];
  /** Saves mine over theirs. */
  overwrite(): Promise<K>;
  /** Saves `merged`, or a resolution the user edited. */
  merge(resolution?: K): Promise<K>;
}

export interface BulkResult<K> {
  readonly deleted: readonly K[];
  readonly failed: readonly { readonly object: K; readonly error: LiveError }[];
}

export interface WriterOptions<K> {
  readonly messages?: Messages | undefined;
  /** Says nothing to the notifier; the caller does. */
  readonly silent?: boolean | undefined;
  readonly propagationPolicy?: PropagationPolicy | undefined;
  readonly onConflict?: ((conflict: Conflict<K>) => void) | undefined;
  /** Sends an update by a procedure of your own, as one that saves more with it. No undo is offered. */
  readonly sendUpdate?: ((object: K) => Promise<K>) | undefined;
  /** How many deletions of a bulk are under way at a time. */
  readonly concurrency?: number | undefined;
}

type Procedures<K extends ResourceObject, D extends ResourceObject> = WriteProcedures<K, D> &
  GetProcedure<K>;

interface Write<K extends ResourceObject> {
  readonly request: OperationRequest<K>;
  readonly name: string;
  readonly namespace: string | null;
  readonly send: (attempt: number) => Promise<K | null>;
  /** Sending it twice does no harm, so a lost answer is no reason to give up. */
  readonly isIdempotent: boolean;
  readonly undo: ((result: K | null) => Promise<void>) | null;
}

const maxAttempts = 3;

/** Runs what it is given, at most so many at a time. */
type Limit = <T>(run: () => Promise<T>) => Promise<T>;

function createLimit(size: number): Limit {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (run) => {
    if (running >= size) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

const unlimited: Limit = (run) => run();
let lastNoticeId = 0;

export class ResourceWriter<K extends ResourceObject, D extends ResourceObject> {
  readonly #fairlead: Fairlead;
  readonly #resource: Resource;
  readonly #procedures: Procedures<K, D>;
  readonly #options: WriterOptions<K>;
  #limit = unlimited;

  constructor(
    { fairlead, resource, procedures }: WriterTarget<K, D>,
    options: WriterOptions<K> = {},
  ) {
    this.#fairlead = fairlead;
    this.#resource = resource;
    this.#procedures = procedures;
    this.#options = options;
  }

  create(draft: D): Promise<K> {
    const object = nameDraft(draft);
    const shown = showDraft<K, D>(object, this.#resource.config);
    return this.#write({
      ...identity(object),
      request: { type: "create", key: keyOf(object), created: shown },
      send: () => this.#procedures.create.mutate({ object }),
      isIdempotent: false,
      undo: async (result) => {
        if (result) await this.remove(result);
      },
    }).then(required);
  }

  async update({ object, base }: UpdateVariables<K>): Promise<K> {
    const before = this.#truth(keyOf(object));
    const isSameVersion = before?.metadata.resourceVersion === object.metadata.resourceVersion;
    const origin = base ?? (isSameVersion ? before : undefined) ?? null;
    try {
      return await this.#write({
        ...identity(object),
        request: { type: "update", key: keyOf(object), change: () => object },
        send: () => this.#sendUpdate(object, origin),
        isIdempotent: false,
        // A patch takes back what is in the object, and nothing that was saved with it.
        undo:
          before && !this.#options.sendUpdate
            ? (result) => this.#restore(result ?? object, before)
            : null,
      }).then(required);
    } catch (cause) {
      if (toLiveError(cause).kind === "conflict") await this.#offerResolution(object, origin);
      throw cause;
    }
  }

  patch({ name, namespace = null, patch }: PatchVariables): Promise<K> {
    const key = objectKey(namespace, name);
    const before = this.#truth(key);
    return this.#write({
      name,
      namespace,
      // A merge patch of an object of the type gives one, as far as the server agrees.
      request: { type: "patch", key, change: (truth) => applyMergePatch(truth, patch) as K },
      send: () => this.#procedures.patch.mutate({ name, namespace, patch }),
      isIdempotent: true,
      undo: before ? (result) => this.#restore(result ?? before, before) : null,
    }).then(required);
  }

  async remove(object: ResourceObject): Promise<void> {
    const { name, namespace } = identity(object);
    const key = objectKey(namespace, name);
    const before = this.#truth(key);
    const input: DeleteInput = {
      name,
      namespace,
      // Never somebody else's new object of the same name.
      uid: object.metadata.uid ?? before?.metadata.uid ?? null,
      propagationPolicy: this.#options.propagationPolicy ?? null,
    };
    await this.#write({
      name,
      namespace,
      request: { type: "delete", key, change: markDeleted },
      send: (attempt) => this.#sendDelete(input, attempt),
      isIdempotent: true,
      undo: before
        ? async () => {
            // What its author wrote is what a draft holds.
            await this.create(authoredPart(before) as unknown as D);
          }
        : null,
    });
  }

  async removeMany(objects: readonly K[]): Promise<BulkResult<K>> {
    const id = noticeId();
    const { notify } = this.#fairlead;
    const what = `${objects.length} ${pluralOf(this.#resource.config)}`;
    notify.loading({ id, message: `Deleting ${what}` });
    const one = new ResourceWriter<K, D>(this.#target, { ...this.#options, silent: true });
    // All show at once; the requests are few at a time, so that no batch outgrows the server's bounds.
    one.#limit = createLimit(this.#options.concurrency ?? 8);
    const outcomes = await Promise.allSettled(objects.map((object) => one.remove(object)));
    const deleted: K[] = [];
    const failed: BulkResult<K>["failed"][number][] = [];
    objects.forEach((object, index) => {
      const outcome = outcomes[index];
      if (outcome?.status !== "rejected") deleted.push(object);
      else failed.push({ object, error: toLiveError(outcome.reason) });
    });
    const first = failed[0];
    if (!first) notify.success({ id, message: `${what} deleted`, undo: null });
    else {
      const message = `${failed.length} of ${what} not deleted: ${first.error.message}`;
      const retry = async () => {
        await this.removeMany(failed.map(({ object }) => object));
      };
      notify.error({ id, message, error: first.error, retry });
    }
    return { deleted, failed };
  }

  get #target(): WriterTarget<K, D> {
    return {
      fairlead: this.#fairlead,
      resource: this.#resource,
      procedures: this.#procedures,
    };
  }

  #truth(key: string): K | undefined {
    return this.#fairlead.registry.findTruth<K>(this.#resource.id, key);
  }

  async #write(write: Write<K>): Promise<K | null> {
    const overlay = this.#fairlead.registry.overlay<K>(this.#resource.id);
    const say = this.#notices(write);
    const operation = overlay.begin(write.request);
    say("loading");
    try {
      const result = await this.#limit(() => this.#send(write));
      overlay.settle(operation, result);
      say("success", { undo: write.undo && (() => write.undo?.(result)) });
      return result;
    } catch (cause) {
      overlay.rollback(operation);
      const error = toLiveError(cause);
      this.#learn(error);
      const again = error.retryable ? () => this.#write(write) : null;
      say("error", { error, retry: again });
      throw cause;
    }
  }

  /**
   * A lost answer leaves open whether the server did it. What can safely be sent again is; a create or
   * an update is rolled back instead, and the live list shows what really happened.
   */
  async #send(write: Write<K>): Promise<K | null> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await write.send(attempt);
      } catch (cause) {
        const mayRepeat = write.isIdempotent && attempt < maxAttempts;
        if (!mayRepeat || toLiveError(cause).kind !== "transport") throw cause;
        await new Promise((resolve) => setTimeout(resolve, backoffDelay(attempt)));
      }
    }
  }

  /** Who writes is not in conflict with the cluster's own part, as a status that an operator reports. */
  async #sendUpdate(object: K, base: K | null): Promise<K> {
    const send =
      this.#options.sendUpdate ?? ((object) => this.#procedures.update.mutate({ object }));
    try {
      return await send(object);
    } catch (cause) {
      if (!base || toLiveError(cause).kind !== "conflict") throw cause;
      const theirs = await this.#procedures.get.query(identity(object)).catch(() => null);
      if (!theirs || !deepEqual(authoredPart(base), authoredPart(theirs))) throw cause;
      const { merged } = mergeThreeWay(base, object, theirs);
      return send(atVersionOf(theirs, merged));
    }
  }

  async #sendDelete(input: DeleteInput, attempt: number): Promise<null> {
    try {
      await this.#procedures.delete.mutate(input);
    } catch (cause) {
      // The first attempt's answer was lost, and it had worked.
      if (attempt === 1 || toLiveError(cause).kind !== "notFound") throw cause;
    }
    return null;
  }

  #learn(error: LiveError): void {
    if (error.kind === "forbidden") this.#fairlead.permissions.invalidate(this.#resource.id);
    if (error.kind === "unauthorized") this.#fairlead.connection.reportSignedOut(error.message);
  }

  async #restore(now: K, before: K): Promise<void> {
    const patch = createMergePatch(authoredPart(now), authoredPart(before));
    await this.patch({ ...identity(before), patch });
  }

  async #offerResolution(mine: K, base: K | null): Promise<void> {
    const { onConflict } = this.#options;
    if (!onConflict) return;
    const theirs = await this.#procedures.get.query(identity(mine)).catch(() => null);
    if (!theirs) return;
    const { merged, conflicts } = mergeThreeWay(base ?? theirs, mine, theirs);
    const save = (object: K) => this.update({ object: atVersionOf(theirs, object), base: theirs });
    onConflict({
      base,
      mine,
      theirs,
      merged,
      conflicts: conflicts.filter((path) => !path.startsWith("metadata.resourceVersion")),
      overwrite: () => save(mine),
      merge: (resolution = merged) => save(resolution),
    });
  }

  #notices(write: Write<K>): Say {
    if (this.#options.silent) return () => undefined;
    const id = noticeId();
    const { notify } = this.#fairlead;
    const { messages } = this.#options;
    const operation = write.request.type;
    const subject = { kind: this.#resource.config.kind, ...identityOf(write), error: null };
    return (moment, { error, undo, retry } = {}) => {
      const message = wordMessage(
        { operation, moment, messages },
        { ...subject, error: error ?? null },
      );
      if (moment === "loading") notify.loading({ id, message });
      else if (error) notify.error({ id, message, error, retry: retry ? ignore(retry) : null });
      else notify.success({ id, message, undo: undo ? ignore(undo) : null });
    };
  }
}

export interface WriterTarget<K extends ResourceObject, D extends ResourceObject> {
  readonly fairlead: Fairlead;
  readonly resource: Resource;
  readonly procedures: Procedures<K, D>;
}

interface NoticeDetails {
  readonly error?: LiveError;
  readonly undo?: (() => Promise<unknown> | undefined) | null;
  readonly retry?: (() => Promise<unknown>) | null;
}

type Say = (moment: MessageKind, details?: NoticeDetails) => void;

/** An action of a message reports through a message of its own, so nobody awaits it. */
function ignore(action: () => Promise<unknown> | undefined): () => Promise<void> {
  return async () => {
    await Promise.resolve(action()).catch(() => undefined);
  };
}

function noticeId(): string {
  lastNoticeId += 1;
  return `fairlead:${lastNoticeId}`;
}

function identityOf({ name, namespace }: { name: string; namespace: string | null }) {
  return { name, namespace };
}

function identity(object: ResourceObject): { name: string; namespace: string | null } {
  return { name: object.metadata.name ?? "", namespace: object.metadata.namespace ?? null };
}

function required<T>(result: T | null): T {
  if (result === null) throw new TypeError("The server answered a write with no object.");
  return result;
}

function markDeleted<K extends ResourceObject>(truth: K): K {
  const deletionTimestamp = truth.metadata.deletionTimestamp ?? new Date().toISOString();
  return { ...truth, metadata: { ...truth.metadata, deletionTimestamp } };
}

function atVersionOf<K extends ResourceObject>(current: K, object: K): K {
  const { resourceVersion } = current.metadata;
  return { ...object, metadata: { ...object.metadata, resourceVersion } };
}

/** What several of a kind are called, in words: `codebase branches` of CodebaseBranch. */
function pluralOf({ kind, pluralName }: { kind: string; pluralName: string }): string {
  const first = kind.replace(/(\w)(?=[A-Z][a-z])/g, "$1 ").replace(/\S+$/, "");
  const words = first.replace(/[A-Z](?=[a-z])/g, (letter) => letter.toLowerCase());
  return words + pluralName.slice(words.replaceAll(" ", "").length);
}
