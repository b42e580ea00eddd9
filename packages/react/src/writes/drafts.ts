import type { ResourceConfig, ResourceObject } from "../core/wire.js";

const suffixAlphabet = "bcdfghjklmnpqrstvwxz2456789";
const suffixLength = 5;

function randomSuffix(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(suffixLength));
  return Array.from(bytes, (byte) => suffixAlphabet[byte % suffixAlphabet.length]).join("");
}

/**
 * A draft with `generateName` gets its name here, the way the API server would make it. The optimistic
 * object, the live event and the messages then all speak of the same name.
 */
export function nameDraft<D extends ResourceObject>(draft: D): D {
  const { name, generateName } = draft.metadata;
  if (name || !generateName) return draft;
  return { ...draft, metadata: { ...draft.metadata, name: `${generateName}${randomSuffix()}` } };
}

/** A draft as a list would show it until the server has filled the rest. */
export function showDraft<K extends ResourceObject, D extends ResourceObject>(
  draft: D,
  config: ResourceConfig,
): K {
  const { apiVersion, kind } = config;
  const shown: unknown = {
    apiVersion,
    kind,
    ...draft,
    metadata: {
      creationTimestamp: new Date().toISOString(),
      uid: `pending:${crypto.randomUUID()}`,
      ...draft.metadata,
    },
  };
  // Not wholly true, and unavoidable: defaults and status are the server's to fill. `pendingOf` tells.
  return shown as K;
}

const serverMetadata = [
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "generation",
  "managedFields",
  "resourceVersion",
  "selfLink",
  "uid",
];

/** The parts of an object that its author decided: what a copy, an undo or a comparison is about. */
export function authoredPart<K extends ResourceObject>(object: K): K {
  const copy = Object.fromEntries<unknown>(Object.entries(object));
  delete copy["status"];
  const metadata: Record<string, unknown> = { ...object.metadata };
  for (const field of serverMetadata) delete metadata[field];
  copy["metadata"] = metadata;
  // Only fields that every object type has as optional were left out.
  return copy as unknown as K;
}
