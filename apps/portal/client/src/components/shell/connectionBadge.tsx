import { type ConnectionState, useConnection } from "@fairlead/react";
import { Tooltip } from "@/components/ui/tooltip";
import { useNow } from "@/lib/clock";
import { cn } from "@/lib/cn";

type View = { label: string; hint: string; dot: string; pulse?: boolean };

/** Says what the socket itself reports, never what a successful query would let one hope. */
export function ConnectionBadge() {
  const connection = useConnection();
  const now = useNow();
  const view = describe(connection, now);
  return (
    <Tooltip content={view.hint} side="bottom">
      <button
        type="button"
        data-testid="connection"
        data-state-name={connection.state}
        className="inline-flex h-8 cursor-default items-center gap-2 rounded-full border bg-card px-2.5 text-xs font-medium whitespace-nowrap"
      >
        <span aria-hidden="true" className="relative flex size-2">
          {view.pulse ? (
            <span
              className={cn(
                "absolute inline-flex size-full animate-ping rounded-full opacity-60 [animation-duration:2.2s]",
                view.dot,
              )}
            />
          ) : null}
          <span className={cn("relative inline-flex size-2 rounded-full", view.dot)} />
        </span>
        {/* Only the word is announced: a counting-down second would never let a reader rest. */}
        <span role="status" className="max-sm:sr-only">
          {view.label}
        </span>
      </button>
    </Tooltip>
  );
}

function describe(connection: ConnectionState, now: number): View {
  switch (connection.state) {
    case "live":
      return {
        label: "Live",
        hint: "Connected. Changes in the cluster show at once.",
        dot: "bg-success-fill",
        pulse: true,
      };
    case "idle":
      return { label: "Idle", hint: "Nothing on this page is live.", dot: "bg-neutral-fill" };
    case "connecting":
      return { label: "Connecting", hint: "Opening the live connection.", dot: "bg-warning-fill" };
    case "reconnecting":
      return {
        label: "Reconnecting",
        hint: `The live connection was lost; what you see may be old. ${retryText(connection, now)}`,
        dot: "bg-warning-fill",
        pulse: true,
      };
    case "offline":
      return {
        label: "Offline",
        hint: "This browser has no network. What you see may be old.",
        dot: "bg-danger-fill",
      };
    case "signedOut":
      return {
        label: "Signed out",
        hint: connection.reason ?? "Your session has ended. Sign in again to go on.",
        dot: "bg-danger-fill",
      };
    case "denied":
      return {
        label: "Not permitted",
        hint: connection.reason ?? "You may not watch what this page shows.",
        dot: "bg-danger-fill",
      };
  }
}

function retryText(
  { attempt, nextRetryAt }: Extract<ConnectionState, { state: "reconnecting" }>,
  now: number,
): string {
  if (nextRetryAt === null || nextRetryAt <= now) return `Trying again (attempt ${attempt}).`;
  return `Attempt ${attempt} in ${Math.ceil((nextRetryAt - now) / 1000)} s.`;
}
