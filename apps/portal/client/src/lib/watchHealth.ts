import { useEffect, useSyncExternalStore } from "react";

// An open socket is not yet live data: the server behind it may have lost the cluster. Each live list
// on the page reports itself here, so that the one indicator in the header can tell both.
const listeners = new Set<() => void>();
let broken = 0;

function report(change: 1 | -1): void {
  broken += change;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Counts the calling component's list among those that do not follow the cluster. */
export function useReportHealth(list: { status: string; isStale: boolean }): void {
  const isBroken = list.isStale || list.status === "error";
  useEffect(() => {
    if (!isBroken) return;
    report(1);
    return () => report(-1);
  }, [isBroken]);
}

/** Whether all live lists on the page follow the cluster. */
export function useIsHealthy(): boolean {
  return useSyncExternalStore(subscribe, () => broken === 0);
}
