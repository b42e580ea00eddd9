/** A set of listeners, in the shape `useSyncExternalStore` wants. */
export class Emitter {
  readonly #listeners = new Set<() => void>();

  get size(): number {
    return this.#listeners.size;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    // Wrapped, so that the same function subscribed twice counts twice.
    const entry = () => listener();
    this.#listeners.add(entry);
    return () => {
      this.#listeners.delete(entry);
    };
  };

  emit(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
