import { useEffect, useState, useSyncExternalStore } from "react";

// An open socket is not yet live data: the server behind it may have lost the cluster. Each live list
// on the page reports itself here, so that the one indicator in the header can tell both.
const listeners = new Set<() => void>();
let behind = 0;

// A list's first data come ahead of its subscription; that moment is not worth a warning.
const GRACE = 3000;

function report(change: 1 | -1): void {
  behind += change;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Whether a list has not followed the cluster for a while; the header's indicator learns of it. */
export function useIsBehind(list: { status: string; isStale: boolean }): boolean {
  const isBroken = list.isStale || list.status === "error";
  const [isBehind, setIsBehind] = useState(false);
  useEffect(() => {
    if (!isBroken) return;
    const timer = setTimeout(() => setIsBehind(true), GRACE);
    return () => {
      clearTimeout(timer);
      setIsBehind(false);
    };
  }, [isBroken]);
  useEffect(() => {
    if (!isBehind) return;
    report(1);
    return () => report(-1);
  }, [isBehind]);
  return isBehind;
}

/** Whether all live lists on the page follow the cluster. */
export function useIsHealthy(): boolean {
  return useSyncExternalStore(subscribe, () => behind === 0);
}
