import { useQuery } from "@tanstack/react-query";
import { ChevronsUpDown, LogOut, MonitorSmartphone } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { fairlead, SIGN_IN_PAGE, trpc } from "@/app/client";
import { rememberSignedIn } from "@/app/visitor";
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuLabel,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from "@/components/ui/dropdownMenu";
import { Skeleton } from "@/components/ui/skeleton";
import { SessionsDialog } from "./sessionsDialog";

/** Who is signed in, and what can be done about it. */
export function UserBadge({ compact = false }: { compact?: boolean }) {
  const { data: me, isError } = useQuery(trpc.account.me.queryOptions());
  const [showSessions, setShowSessions] = useState(false);
  if (isError) return null;
  if (!me) return <Skeleton className={compact ? "size-8 rounded-full" : "h-8 flex-1"} />;
  return (
    <>
      <DropdownMenu>
        <DropdownMenuTrigger
          {...(compact ? { "aria-label": `Account of ${me.displayName}` } : {})}
          className="flex min-w-0 flex-1 items-center gap-2.5 rounded-md p-1 text-left hover:bg-accent"
        >
          <span
            aria-hidden="true"
            className="flex size-8 shrink-0 items-center justify-center rounded-full bg-primary/15 text-xs font-semibold text-primary"
          >
            {initials(me.displayName)}
          </span>
          {compact ? null : (
            <>
              <span className="sr-only">Account of </span>
              <span className="min-w-0 flex-1 leading-tight">
                <span className="block truncate text-[13px] font-medium">{me.displayName}</span>
                <span className="block truncate text-xs text-muted-foreground">{me.name}</span>
              </span>
              <ChevronsUpDown aria-hidden="true" className="size-4 text-muted-foreground" />
            </>
          )}
        </DropdownMenuTrigger>
        <DropdownMenuContent side="top" align="start" className="min-w-56">
          <DropdownMenuLabel>
            {me.groups.length > 0 ? `Groups: ${me.groups.join(", ")}` : "In no group"}
          </DropdownMenuLabel>
          {me.session ? (
            <>
              <DropdownMenuSeparator />
              <DropdownMenuItem onSelect={() => setShowSessions(true)}>
                <MonitorSmartphone /> My sessions
              </DropdownMenuItem>
              <DropdownMenuItem onSelect={() => void leave()}>
                <LogOut /> Sign out
              </DropdownMenuItem>
            </>
          ) : null}
        </DropdownMenuContent>
      </DropdownMenu>
      {showSessions ? <SessionsDialog onClose={() => setShowSessions(false)} /> : null}
    </>
  );
}

/** A whole new page afterwards: nothing of this user stays. */
async function leave(): Promise<void> {
  const resume = fairlead.holdSignIn();
  try {
    // Not fetched by everybody at the start of every visit.
    const { signOut } = await import("@/pages/signIn/api");
    const redirect = await signOut();
    // What is shown is on its way out. Cleared, it would ask anew, as nobody.
    fairlead.kept.clear();
    rememberSignedIn(false);
    window.location.assign(redirect ?? SIGN_IN_PAGE);
  } catch (error) {
    resume();
    const message = error instanceof Error ? error.message : String(error);
    toast.error(message, { id: "sign-out" });
  }
}

function initials(name: string): string {
  const words = name.split(/[\s.]+/).filter(Boolean);
  return words
    .slice(0, 2)
    .map((word) => word.charAt(0))
    .join("")
    .toUpperCase();
}
