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
const drawn = createRoot(root);

// Who is slower than this gets the frame of the page first.
const PATIENCE = 400;

/** Draws the page once, with all that it begins with, instead of bit by bit as that comes. */
export async function render(begun: Promise<void>): Promise<void> {
  const late = new Promise((done) => setTimeout(done, PATIENCE));
  // What fails here fails again where it is drawn, and says so there.
  await Promise.race([Promise.allSettled([begun, router.load()]), late]);
  drawn.render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <FairleadProvider fairlead={fairlead}>
          <RouterProvider router={router} />
          <Toasts />
        </FairleadProvider>
      </QueryClientProvider>
    </StrictMode>,
  );
}
