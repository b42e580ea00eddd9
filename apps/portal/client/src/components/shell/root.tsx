import { toLiveError } from "@fairlead/react";
import { useQuery } from "@tanstack/react-query";
import { Outlet, useLocation } from "@tanstack/react-router";
import { LoaderCircle } from "lucide-react";
import { fairlead, SIGN_IN_PAGE, trpc } from "@/app/client";
import { ErrorState } from "@/components/pageStates";
import { Shell } from "./shell";

/** The sign-in page stands alone; all others wait until it is known who is there. */
export function Root() {
  const { pathname } = useLocation();
  return pathname === SIGN_IN_PAGE ? <Outlet /> : <SignedIn />;
}

/** A server that takes its time is told of, after a moment: most answer sooner, and the page then never blinks. */
function Waiting() {
  return (
    <main className="flex h-full items-center justify-center">
      <p
        role="status"
        className="flex animate-[enter-fade_200ms_ease-out_1s_backwards] items-center gap-2 text-[13px] text-muted-foreground"
      >
        <LoaderCircle aria-hidden="true" className="size-4 animate-spin" />
        Waiting for the portal's server…
      </p>
    </main>
  );
}

/** Nothing is asked or watched before it is known for whom. */
function SignedIn() {
  const { data: me, error, refetch } = useQuery(trpc.account.me.queryOptions());
  if (me) {
    fairlead.kept.setOwner(me.name);
    return <Shell />;
  }
  // Signed out is not an error: the browser is on its way to the sign-in page.
  if (error && toLiveError(error).kind === "unauthorized") return null;
  if (!error) return <Waiting />;
  return (
    <main className="flex h-full">
      <ErrorState noun="portal" error={error} retry={() => void refetch()} />
    </main>
  );
}
