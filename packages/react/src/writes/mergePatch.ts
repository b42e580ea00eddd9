import { deepEqual, isObject } from "../core/equal.js";
import type { JsonValue, MergePatch } from "../core/wire.js";

/** RFC 7396. The result shares every subtree the patch does not touch. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = applyMergePatch(result[key], value);
  }
  return result;
}

/** The smallest merge patch that turns `from` into `to`. Undefined fields count as absent. */
export function createMergePatch(from: object, to: object): MergePatch {
  const patch: MergePatch = {};
  const before = new Map(Object.entries(from));
  const after = new Map(Object.entries(to).filter(([, value]) => value !== undefined));
  for (const key of before.keys()) {
    if (!after.has(key)) patch[key] = null;
  }
  for (const [key, value] of after) {
    const old = before.get(key);
    if (deepEqual(old, value)) continue;
    // Objects that came off the wire hold JSON and nothing else.
    patch[key] =
      isObject(old) && isObject(value) ? createMergePatch(old, value) : (value as JsonValue);
  }
  return patch;
}

export interface MergeResult<T> {
  readonly merged: T;
  /** Paths both sides changed, differently. `merged` holds mine there. */
  readonly conflicts: readonly string[];
}

const absent = Symbol("absent");

function mergeValue(
  versions: { base: unknown; mine: unknown; theirs: unknown },
  path: string,
  conflicts: string[],
): unknown {
  const { base, mine, theirs } = versions;
  if (deepEqual(mine, theirs) || deepEqual(base, theirs)) return mine;
  if (deepEqual(base, mine)) return theirs;
  if (!isObject(mine) || !isObject(theirs)) {
    conflicts.push(path);
    return mine;
  }
  const result: Record<string, unknown> = {};
  const origin = isObject(base) ? base : {};
  const read = (from: Record<string, unknown>, key: string) =>
    Object.hasOwn(from, key) ? from[key] : absent;
  for (const key of new Set([...Object.keys(theirs), ...Object.keys(mine)])) {
    const next = { base: read(origin, key), mine: read(mine, key), theirs: read(theirs, key) };
    const merged = mergeValue(next, path ? `${path}.${key}` : key, conflicts);
    if (merged !== absent) result[key] = merged;
  }
  return result;
}

/** Three-way merge of JSON. Arrays merge as wholes: Kubernetes alone knows their keys. */
export function mergeThreeWay<T>(base: T, mine: T, theirs: T): MergeResult<T> {
  const conflicts: string[] = [];
  // Every field of the result is a field of one of the three.
  const merged = mergeValue({ base, mine, theirs }, "", conflicts) as T;
  return { merged, conflicts };
}
