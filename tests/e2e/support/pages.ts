/** Every page of the portal, and how to go from one to the next without loading all anew. */
import type { Page } from "playwright-core";
import type { Persona } from "./signIn.ts";

export type PortalPage = {
  path: string;
  /** Its heading. */
  title: string;
  /** A button that needs a right, and who has it in team-payments. */
  button?: string;
  for?: readonly Persona[];
  /** Whoever has no rights at all is told so. */
  denies?: false;
};

const workers: readonly Persona[] = ["admin", "developer"];

export const pages: readonly PortalPage[] = [
  { path: "/", title: "Overview" },
  { path: "/pipelines", title: "Pipelines" },
  { path: "/deployments", title: "Deployments", button: "Create pipeline", for: workers },
  { path: "/approvals", title: "Approvals" },
  { path: "/codebases", title: "Codebases", button: "Create codebase", for: workers },
  { path: "/branches", title: "Branches" },
  { path: "/git-servers", title: "Git servers", button: "Connect Git server", for: ["admin"] },
  { path: "/links", title: "Quick links", button: "Add link", for: workers },
  { path: "/workloads", title: "Workloads" },
  { path: "/pods", title: "Pods" },
  { path: "/explore", title: "ConfigMap" },
  { path: "/access", title: "My access", denies: false },
  { path: "/audit", title: "Audit trail" },
];

/** Goes there as a link in the page does. */
export async function follow(page: Page, path: string): Promise<void> {
  await page.evaluate((to) => history.pushState(null, "", to), path);
}

/** Waits until the page of that name has loaded what it shows. */
export async function waitForPage(page: Page, title: string): Promise<void> {
  await page.getByRole("heading", { level: 1, name: title }).waitFor();
  await page
    .locator('[aria-label^="Loading"], [aria-label^="Checking"]')
    .first()
    .waitFor({ state: "detached" });
}
