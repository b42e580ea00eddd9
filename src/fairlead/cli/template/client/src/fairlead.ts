import { createConnection, createFairlead, sessionLink } from "@fairlead/react";
import type { AppRouter } from "@{{name}}/shared";
import { driftLink, fairleadConnectionParams, fairleadHeaders } from "@{{name}}/shared/drift";
import { QueryClient } from "@tanstack/react-query";
import {
  createTRPCClient,
  createWSClient,
  httpBatchStreamLink,
  splitLink,
  wsLink,
} from "@trpc/client";

const connection = createConnection();
const wsClient = createWSClient({
  url: `${location.origin.replace("http", "ws")}/trpc`,
  ...connection.webSocketOptions(),
  connectionParams: fairleadConnectionParams,
});

const client = createTRPCClient<AppRouter>({
  links: [
    driftLink({ url: "/trpc" }), // tells when the server serves other types than this page knows
    sessionLink(connection),
    splitLink({
      condition: (operation) => operation.type === "subscription",
      true: wsLink({ client: wsClient }),
      false: httpBatchStreamLink({ url: "/trpc", headers: fairleadHeaders }),
    }),
  ],
});

export const queryClient = new QueryClient();
export const fairlead = createFairlead({ client, connection, wsClient });
