import { useMutation, useQuery } from "@tanstack/react-query";
import { LogOut, Monitor, Terminal } from "lucide-react";
import { queryClient, trpc } from "@/app/client";
import { Age } from "@/components/times";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Dialog, DialogContent } from "@/components/ui/dialog";
import { Skeleton } from "@/components/ui/skeleton";
import { parseTime } from "@/lib/time";
import { describeBrowser } from "./describeBrowser";

/** Where the user is signed in, and how to end that. */
export function SessionsDialog({ onClose }: { onClose: () => void }) {
  const list = useQuery(trpc.account.sessions.list.queryOptions(undefined, { staleTime: 0 }));
  const renew = () =>
    queryClient.invalidateQueries({ queryKey: trpc.account.sessions.list.queryKey() });
  const end = useMutation(trpc.account.sessions.end.mutationOptions({ onSettled: renew }));
  const endOthers = useMutation(
    trpc.account.sessions.endOthers.mutationOptions({ onSettled: renew }),
  );
  const problem = list.error ?? end.error ?? endOthers.error;
  const others = list.data?.filter((session) => !session.current) ?? [];
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent title="My sessions" description="Where you are signed in to this portal.">
        <div className="scroll-thin min-h-32 overflow-y-auto">
          {problem ? (
            <p role="alert" className="px-6 pt-4 text-[13px] text-danger">
              {problem.message}
            </p>
          ) : null}
          {list.isPending ? <Skeleton className="m-6 h-14" /> : null}
          <ul className="divide-y">
            {list.data?.map((session) => {
              const browser = describeBrowser(session.browser);
              return (
                <li
                  key={session.id}
                  data-testid={`session-${session.id}`}
                  className="flex items-center gap-3 px-6 py-3"
                >
                  {browser.isBrowser ? (
                    <Monitor aria-hidden="true" className="size-5 text-muted-foreground" />
                  ) : (
                    <Terminal aria-hidden="true" className="size-5 text-muted-foreground" />
                  )}
                  <div className="min-w-0 flex-1">
                    <p className="flex items-center gap-2 text-sm font-medium">
                      {browser.label}
                      {session.current ? <Badge tone="success">This one</Badge> : null}
                    </p>
                    <p className="truncate text-xs text-muted-foreground">
                      {session.address ?? "unknown address"}, signed in{" "}
                      <Age time={parseTime(session.signedInAt)} suffix=" ago" />, used{" "}
                      <Age time={parseTime(session.lastSeen)} suffix=" ago" />
                    </p>
                  </div>
                  {session.current ? null : (
                    <Button
                      size="sm"
                      disabled={end.isPending}
                      onClick={() => end.mutate({ id: session.id })}
                    >
                      Sign out
                    </Button>
                  )}
                </li>
              );
            })}
          </ul>
        </div>
        <footer className="flex items-center justify-end gap-2 border-t bg-muted/40 px-6 py-3.5">
          <Button
            disabled={others.length === 0 || endOthers.isPending}
            onClick={() => endOthers.mutate()}
          >
            <LogOut /> Sign out all others
          </Button>
          <Button variant="primary" onClick={onClose}>
            Done
          </Button>
        </footer>
      </DialogContent>
    </Dialog>
  );
}
