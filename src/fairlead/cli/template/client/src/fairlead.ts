import { createConnection, createFairlead, sessionLink } from "@fairlead/react";
import type { AppRouter } from "@{{name}}/shared";
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
});

const client = createTRPCClient<AppRouter>({
  links: [
    sessionLink(connection),
    splitLink({
      condition: (operation) => operation.type === "subscription",
      true: wsLink({ client: wsClient }),
      false: httpBatchStreamLink({ url: "/trpc" }),
    }),
  ],
});

export const queryClient = new QueryClient();
export const fairlead = createFairlead({ client, connection, wsClient });
