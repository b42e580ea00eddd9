import { toLiveError } from "@fairlead/react";
import { useQuery } from "@tanstack/react-query";
import { Outlet, useLocation } from "@tanstack/react-router";
import { fairlead, SIGN_IN_PAGE, trpc } from "@/app/client";
import { ErrorState } from "@/components/pageStates";
import { Shell } from "./shell";

/** The sign-in page stands alone; all others wait until it is known who is there. */
export function Root() {
  const { pathname } = useLocation();
  return pathname === SIGN_IN_PAGE ? <Outlet /> : <SignedIn />;
}

/** Nothing is asked or watched before it is known for whom. */
function SignedIn() {
  const { data: me, error, refetch } = useQuery(trpc.account.me.queryOptions());
  if (me) {
    fairlead.kept.setOwner(me.name);
    return <Shell />;
  }
  // Signed out is not an error: the browser is on its way to the sign-in page.
  if (!error || toLiveError(error).kind === "unauthorized") return null;
  return (
    <main className="flex h-full">
      <ErrorState noun="portal" error={error} retry={() => void refetch()} />
    </main>
  );
}
