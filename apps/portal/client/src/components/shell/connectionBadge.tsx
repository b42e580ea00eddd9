import { type ConnectionState, useConnection, useSecondsUntil } from "@fairlead/react";
import { Tooltip } from "@/components/ui/tooltip";
import { cn } from "@/lib/cn";
import { useIsHealthy } from "@/lib/watchHealth";

type View = { state: string; label: string; hint: string; dot: string; pulse?: boolean };

/** Says what the socket and the watches report, never what a successful query would let one hope. */
export function ConnectionBadge() {
  const connection = useConnection();
  const isHealthy = useIsHealthy();
  const view = connection.state === "live" && !isHealthy ? behind : describe(connection);
  return (
    <Tooltip
      content={
        <>
          {view.hint}
          {connection.state === "reconnecting" ? <Retry {...connection} /> : null}
        </>
      }
      side="bottom"
    >
      <button
        type="button"
        data-testid="connection"
        data-connection={view.state}
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
        <span role="status" className="max-sm:sr-only">
          {view.label}
        </span>
      </button>
    </Tooltip>
  );
}

/** The socket is open, but the server has no live data to send over it. */
const behind: View = {
  state: "behind",
  label: "Not live",
  hint: "The server answers, but it has lost the cluster. What you see may be old; it catches up by itself.",
  dot: "bg-warning-fill",
  pulse: true,
};

function describe(connection: ConnectionState): View {
  const { state } = connection;
  switch (state) {
    case "live": {
      const hint = "Connected. Changes in the cluster show at once.";
      return { state, label: "Live", hint, dot: "bg-success-fill", pulse: true };
    }
    case "idle":
      return { state, label: "Idle", hint: "Nothing here is live.", dot: "bg-neutral-fill" };
    case "connecting": {
      const hint = "Opening the live connection.";
      return { state, label: "Connecting", hint, dot: "bg-warning-fill" };
    }
    case "reconnecting": {
      const hint = "The live connection was lost; what you see may be old. ";
      return { state, label: "Reconnecting", hint, dot: "bg-warning-fill", pulse: true };
    }
    case "offline": {
      const hint = "This browser has no network. What you see may be old.";
      return { state, label: "Offline", hint, dot: "bg-danger-fill" };
    }
    case "signedOut": {
      const hint = connection.reason ?? "Your session has ended. Sign in again to go on.";
      return { state, label: "Signed out", hint, dot: "bg-danger-fill" };
    }
    case "denied": {
      const hint = connection.reason ?? "You may not watch what this page shows.";
      return { state, label: "Not permitted", hint, dot: "bg-danger-fill" };
    }
  }
}

function Retry({ attempt, nextRetryAt }: Extract<ConnectionState, { state: "reconnecting" }>) {
  const seconds = useSecondsUntil(nextRetryAt);
  return seconds ? `Attempt ${attempt} in ${seconds} s.` : `Trying again (attempt ${attempt}).`;
}
