import { FairleadProvider } from "@fairlead/react";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { fairlead, queryClient } from "./client";
import { router } from "./routes";
import { Toasts } from "./toasts";

const root = document.getElementById("root");
if (!root) throw new Error('index.html has no element with the id "root"; put it back.');

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
