import { toLiveError } from "@fairlead/react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { client, trpc } from "@/app/client";
import type { KindName } from "./explorerSearch";

/** One object of any kind, read anew whenever it changes. What was read stays once it is deleted. */
export function useLiveObject(kind: KindName, namespace: string | null, name: string) {
  const queryClient = useQueryClient();
  const { group, version, plural } = kind;
  const input = { kind: { group, version, plural }, name, namespace };
  const { data, error, isSuccess, refetch } = useQuery(
    trpc.explorer.get.queryOptions(input, { staleTime: 0, retry: false }),
  );
  useEffect(() => {
    const followed = { kind: { group, version, plural }, name, namespace };
    const read = () =>
      void queryClient.invalidateQueries({ queryKey: trpc.explorer.get.queryKey(followed) });
    // Who may read it but not follow it sees it as it was: saving tells of what came between.
    const subscription = client.explorer.changes.subscribe(followed, { onData: read });
    return () => subscription.unsubscribe();
  }, [group, version, plural, namespace, name, queryClient]);
  return {
    data,
    error,
    isGone: !isSuccess && error !== null && toLiveError(error).kind === "notFound",
    reload: () => void refetch(),
  };
}
