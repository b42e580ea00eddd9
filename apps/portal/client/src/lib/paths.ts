/** Reads a place such as `spec.description`; keys that hold dots themselves are found too. */
export function readAt(value: unknown, path: string): unknown {
  if (path === "") return value;
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    if (key === path) return inner;
    if (!path.startsWith(`${key}.`)) continue;
    const found = readAt(inner, path.slice(key.length + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A copy of `target` that has at `path` what `source` has there; nothing, where it has nothing. */
export function takeFrom<Item>(target: Item, source: unknown, path: string): Item {
  if (typeof target !== "object" || target === null) return target;
  const from = new Map(isRecord(source) ? Object.entries(source) : []);
  const copy = new Map(Object.entries(target));
  const key = [...new Set([...copy.keys(), ...from.keys()])].find(
    (name) => name === path || path.startsWith(`${name}.`),
  );
  if (key === undefined) return target;
  if (key !== path)
    copy.set(key, takeFrom(copy.get(key) ?? {}, from.get(key), path.slice(key.length + 1)));
  else if (from.has(key)) copy.set(key, from.get(key));
  else copy.delete(key);
  // The same object but for one value, which the other object of its type has there.
  return Object.fromEntries(copy) as Item;
}

function isRecord(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
