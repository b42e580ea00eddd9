import { createConnection, createFairlead, sessionLink } from "@fairlead/react";
import type { AppRouter } from "@portal/shared";
import { driftLink, fairleadConnectionParams, fairleadHeaders } from "@portal/shared/drift";
import { QueryClient } from "@tanstack/react-query";
import {
  createTRPCClient,
  createWSClient,
  httpBatchStreamLink,
  httpLink,
  splitLink,
  wsLink,
} from "@trpc/client";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { clusterHeaders, clusterParams } from "./cluster";
import { FirstSocket } from "./firstSocket";
import { notify } from "./notices";
import { rememberSignedIn } from "./visitor";

const PATH = "/trpc";

export const SIGN_IN_PAGE = "/sign-in";

const connection = createConnection();
// Here or in another tab: whoever comes next is asked first.
connection.subscribe(() => {
  if (connection.getState().state === "signedOut") rememberSignedIn(false);
});
const wsClient = createWSClient({
  url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${PATH}`,
  ...connection.webSocketOptions(),
  WebSocket: FirstSocket,
  connectionParams: () => ({ ...fairleadConnectionParams(), ...clusterParams }),
});

/** The client itself, for subscriptions that are no resource. */
export const client = createTRPCClient<AppRouter>({
  links: [
    driftLink({ url: PATH }),
    sessionLink(connection),
    splitLink({
      // What is typed into a container goes where its output comes from: to the same process.
      condition: ({ type, path }) => type === "subscription" || path.startsWith("pods.exec"),
      true: wsLink({ client: wsClient }),
      false: splitLink({
        // Who is here, and which clusters there are, is told even where the address names one that is gone.
        condition: ({ path }) => /^(account|clusters)\./.test(path),
        true: httpLink({ url: PATH, headers: fairleadHeaders }),
        false: httpBatchStreamLink({
          url: PATH,
          headers: (batch) => ({ ...fairleadHeaders(batch), ...clusterHeaders }),
        }),
      }),
    }),
  ],
});

// Two parts of a page that ask the same as it begins are one request.
export const queryClient = new QueryClient({ defaultOptions: { queries: { staleTime: 2000 } } });

/** Everything live: watches, permissions and writes go through it. */
export const fairlead = createFairlead({
  client,
  connection,
  wsClient,
  notify,
  signIn: { page: SIGN_IN_PAGE },
});

/** Plain queries, as TanStack Query options. */
export const trpc = createTRPCOptionsProxy<AppRouter>({ client, queryClient });
