import { FairleadProvider } from "@fairlead/react";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { fairlead, queryClient, SIGN_IN_PAGE, trpc } from "./app/client";
import { router } from "./app/routes";
import { Toasts } from "./app/toasts";
import "./styles.css";

const root = document.getElementById("root");
if (!root) throw new Error('index.html has no element with the id "root"; put it back.');

// Everything waits for who is here: that is asked before the first rendering, not after it.
if (location.pathname !== SIGN_IN_PAGE) {
  void queryClient.prefetchQuery(trpc.account.me.queryOptions());
}
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <FairleadProvider fairlead={fairlead}>
        <RouterProvider router={router} />
        <Toasts />
      </FairleadProvider>
    </QueryClientProvider>
  </StrictMode>,
);
