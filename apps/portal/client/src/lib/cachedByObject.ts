/**
 * Remembers what was made of each object for as long as the object lives. Live lists keep the objects
 * that did not change, so that one change among ten thousand makes one new row.
 */
export function cachedByObject<Source extends object, Result>(
  make: (source: Source) => Result,
): (source: Source) => Result {
  const made = new WeakMap<Source, Result>();
  return (source) => {
    const known = made.get(source);
    if (known !== undefined) return known;
    const result = make(source);
    made.set(source, result);
    return result;
  };
}
