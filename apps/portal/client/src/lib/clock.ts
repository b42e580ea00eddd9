import { useSyncExternalStore } from "react";

// One timer for the whole page, running only while something on it shows a passing time.
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function tick(): void {
  now = Date.now();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    now = Date.now();
    timer = setInterval(tick, 1000);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The current time, renewed each second. */
export function useNow(): number {
  return useFromNow((time) => time);
}

/** What is made of the current time: renders again when that changes, and not each second. */
export function useFromNow<Value extends string | number>(make: (now: number) => Value): Value {
  const read = () => make(now);
  return useSyncExternalStore(subscribe, read, read);
}
