import { FairleadErrorBoundary, FairleadProvider } from "@fairlead/react";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { fairlead, queryClient } from "./fairlead";
import { Notes } from "./notes";
import "./styles.css";

const root = document.getElementById("root");
if (!root) throw new Error('index.html has no element with the id "root"; put it back.');

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <FairleadProvider fairlead={fairlead}>
        <FairleadErrorBoundary>
          <Notes namespace="default" />
        </FairleadErrorBoundary>
      </FairleadProvider>
    </QueryClientProvider>
  </StrictMode>,
);
