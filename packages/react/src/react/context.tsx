import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import type { TRPCClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { createContext, type ReactNode, useContext, useMemo } from "react";
import type { Accessor, Fairlead } from "../core/index.js";

interface FairleadContextValue {
  readonly fairlead: Fairlead;
  readonly queryClient: QueryClient;
  /** tRPC's own options proxy, for query keys that other code of the application shares. */
  readonly options: unknown;
}

const FairleadContext = createContext<FairleadContextValue | null>(null);

export interface FairleadProviderProps {
  readonly fairlead: Fairlead;
  /** Defaults to the one of the nearest `QueryClientProvider`. */
  readonly queryClient?: QueryClient;
  readonly children?: ReactNode;
}

export function FairleadProvider({ fairlead, queryClient, children }: FairleadProviderProps) {
  const client = useQueryClient(queryClient);
  const value = useMemo(() => {
    const options = createTRPCOptionsProxy({
      // The context serves any router; each accessor states which one it was written for.
      client: fairlead.client as TRPCClient<AnyTRPCRouter>,
      queryClient: client,
    });
    return { fairlead, queryClient: client, options };
  }, [fairlead, client]);
  return <FairleadContext.Provider value={value}>{children}</FairleadContext.Provider>;
}

export function useFairleadContext(): FairleadContextValue {
  const value = useContext(FairleadContext);
  if (!value) {
    throw new Error(
      "No <FairleadProvider> above this component: wrap the application in one, with the result of createFairlead().",
    );
  }
  return value;
}

/** The runtime of the nearest provider. */
export function useFairlead(): Fairlead {
  return useFairleadContext().fairlead;
}

/** Finds a router in the client of the context. */
export function readProcedures<C, P>(fairlead: Fairlead, accessor: Accessor<C, P>): P {
  // The one place where the application's client meets the router type the hooks were made for.
  return accessor(fairlead.client as C);
}
