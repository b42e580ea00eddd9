import { toLiveError } from "@fairlead/react";
import type { KindTable, TableColumn } from "@portal/shared";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { client, trpc } from "@/app/client";
import type { ListState } from "@/components/table/liveTable";
import type { KindName } from "./explorerSearch";

const PRINTED_ANEW = 60_000;

function isDate({ type, name }: TableColumn): boolean {
  return type === "date" && name !== "Age";
}

/** A kind's table, read anew whenever its objects change. */
export function useKindTable(
  kind: KindName | null,
  namespace: string | null,
): { table: KindTable | undefined; list: ListState } {
  const queryClient = useQueryClient();
  const [isStale, setIsStale] = useState(false);
  const { group = "", version = "", plural = "" } = kind ?? {};
  const input = { kind: { group, version, plural }, namespace };
  const query = useQuery(
    trpc.explorer.table.queryOptions(input, {
      enabled: kind !== null,
      placeholderData: keepPreviousData,
      retry: false,
      // The cluster prints a date as the time since then, and that goes on.
      refetchInterval: ({ state }) => (state.data?.columns.some(isDate) ? PRINTED_ANEW : false),
    }),
  );
  const isReady = query.isSuccess;
  useEffect(() => {
    if (!isReady) return;
    const followed = { kind: { group, version, plural }, namespace };
    const subscription = client.explorer.changes.subscribe(followed, {
      onData: () => {
        setIsStale(false);
        void queryClient.invalidateQueries({ queryKey: trpc.explorer.table.queryKey(followed) });
      },
      onConnectionStateChange: ({ state }) => setIsStale(state !== "pending"),
      onError: () => setIsStale(true),
    });
    return () => subscription.unsubscribe();
  }, [isReady, group, version, plural, namespace, queryClient]);
  const error = query.error ? toLiveError(query.error) : null;
  const status = query.isSuccess
    ? "ready"
    : error
      ? error.kind === "forbidden"
        ? "denied"
        : "error"
      : "loading";
  return {
    table: query.data,
    list: { status, error, isStale, refetch: () => void query.refetch() },
  };
}
