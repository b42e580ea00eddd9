import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Toasts } from "@/app/toasts";
import { router } from "./app/routes";
import "./styles.css";

const root = document.getElementById("root");
if (!root) throw new Error('index.html has no element with the id "root"; put it back.');

createRoot(root).render(
  <StrictMode>
    <RouterProvider router={router} />
    <Toasts />
  </StrictMode>,
);
