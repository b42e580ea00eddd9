import type { Permission, Verb } from "@fairlead/react";
import { useSubscription } from "@trpc/tanstack-react-query";
import { trpc } from "@/app/client";
import type { KindName } from "./explorerSearch";

/** What one may do with an object of any kind, live: as the hooks of known kinds tell it. */
export function useKindPermission(
  kind: KindName,
  namespace: string | null,
  name: string,
  verb: Verb,
): Permission {
  const { data, error } = useSubscription(
    trpc.explorer.watchPermissions.subscriptionOptions({ kind, namespace, name }),
  );
  if (data) return { state: data[verb].allowed ? "allowed" : "denied", ...data[verb] };
  if (error) return { state: "denied", allowed: false, reason: error.message };
  return { state: "pending", allowed: false, reason: null };
}
