import { type ReactNode, useEffect, useState, useSyncExternalStore } from "react";
import type { ConnectionState } from "../core/index.js";
import { useFairlead } from "./context.js";

/** The state of the socket all watches share. */
export function useConnection(): ConnectionState {
  const { connection } = useFairlead();
  return useSyncExternalStore(connection.subscribe, connection.getState, connection.getState);
}

/** Whole seconds until `time`, counting down; null for none. */
export function useSecondsUntil(time: number | null): number | null {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (time === null) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [time]);
  return time === null ? null : Math.max(0, Math.ceil((time - now) / 1_000));
}

const labels: { readonly [state in ConnectionState["state"]]: string } = {
  idle: "Not connected",
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
  offline: "Offline",
  signedOut: "Signed out",
  denied: "No access",
};

export interface ConnectionIndicatorProps {
  /** The connection of one list or item; by default that of the socket. */
  readonly connection?: ConnectionState;
  readonly className?: string;
  readonly children?: (connection: ConnectionState, label: string) => ReactNode;
}

/** Says what is true about the connection. Style it by its `data-state`. */
export function ConnectionIndicator({ connection, className, children }: ConnectionIndicatorProps) {
  const socket = useConnection();
  const shown = connection ?? socket;
  const nextRetryAt = shown.state === "reconnecting" ? shown.nextRetryAt : null;
  const seconds = useSecondsUntil(nextRetryAt);
  const label = labels[shown.state];
  return (
    <output className={className} data-state={shown.state}>
      {children ? children(shown, label) : label}
      {/* Not announced: a screen reader would speak every second. */}
      {!children && seconds !== null && seconds > 0 && (
        <span aria-hidden="true">{` (next try in ${seconds} s)`}</span>
      )}
    </output>
  );
}
