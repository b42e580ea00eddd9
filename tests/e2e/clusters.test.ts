/** Two clusters behind one portal, in headless Chromium: each page shows one, with the rights there. */
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { violationsInBothThemes } from "./support/axe.ts";
import { launchBrowser } from "./support/browser.ts";
import {
  findPort,
  kubectl,
  makeFolder,
  type Running,
  seed,
  startCluster,
  startServer,
} from "./support/processes.ts";

const folders = { east: makeFolder(), west: makeFolder() };
const running: Running[] = [];
let server: { url: string; running: Running };
let browser: Browser;

beforeAll(async () => {
  for (const folder of Object.values(folders)) {
    running.push(await startCluster(folder, await findPort()));
    await seed(folder);
  }
  kubectl(folders.west, "delete", "quicklinks", "--all", "-n", "team-payments");
  kubectl(folders.west, "delete", "clusterrolebinding", "portal-viewer");
  // Only in the west the viewer may add links.
  kubectl(
    folders.west,
    ...["create", "clusterrolebinding", "more", "--clusterrole=portal-admin", "--user=viewer"],
  );
  const clusters = Object.entries(folders).map(
    ([name, folder]) => `${name}=${join(folder, "kubeconfig")}`,
  );
  server = await startServer(folders.east, {
    FAIRLEAD_CLUSTERS: clusters.join(","),
    PORTAL_USER: "viewer",
  });
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  for (const each of [server?.running, ...running]) await each?.stop();
});

const addLink = (page: Page) => page.getByRole("button", { name: "Add link" }).first();

async function choose(page: Page, name: string): Promise<void> {
  await page.getByTestId("cluster").click();
  await page.getByRole("menuitemradio", { name }).click();
  await page.getByTestId("cluster").getByText(name).waitFor();
}

test("the switch leads to the other cluster: its objects, live, and its rights", async () => {
  const page = await browser.newPage();
  await page.goto(`${server.url}/links?ns=team-payments`);
  await page.getByTestId("row-team-payments/argocd").waitFor();
  await expect.poll(() => addLink(page).getAttribute("aria-disabled")).toBe("true");

  await page.getByTestId("cluster").click();
  await page.getByRole("menuitemradio", { name: "west" }).waitFor();
  expect(await violationsInBothThemes(page, '[role="menu"]')).toEqual([]);
  await page.keyboard.press("Escape");
  await choose(page, "west");
  await page.getByText("No links yet").or(page.locator('[data-testid^="row-"]').first()).waitFor();
  expect(new URL(page.url()).searchParams.get("cluster")).toBe("west");
  await expect.poll(() => addLink(page).getAttribute("aria-disabled")).toBe(null);
  expect(await page.getByTestId("row-team-payments/argocd").count()).toBe(0);

  // Writes go there, and what happens there shows.
  await addLink(page).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("only-west");
  await dialog.getByLabel("Address").fill("https://west.example.com");
  await dialog.getByRole("button", { name: "Add link" }).click();
  const row = page.locator('[data-testid$="/only-west"]');
  await row.waitFor();
  const [namespace = ""] = ((await row.getAttribute("data-testid")) ?? "")
    .replace("row-", "")
    .split("/");
  kubectl(folders.west, "delete", "quicklink", "only-west", "-n", namespace);
  await row.waitFor({ state: "detached" });
  expect(kubectl(folders.east, "get", "quicklinks", "-A", "-o", "name")).not.toContain("only-west");

  // Links keep the cluster, so does a new load; "Back" leads back to the other one.
  await page.getByRole("link", { name: "Codebases" }).click();
  await page.getByRole("heading", { level: 1, name: "Codebases" }).waitFor();
  expect(new URL(page.url()).searchParams.get("cluster")).toBe("west");
  await page.reload();
  await page.getByTestId("cluster").getByText("west").waitFor();
  await choose(page, "east");
  await page.goBack();
  await page.getByTestId("cluster").getByText("west").waitFor();
  await page.close();
});

test("a cluster that is gone says so, and can be left", async () => {
  const page = await browser.newPage();
  await page.goto(`${server.url}/links?cluster=north`);
  await page
    .getByText(/There is no cluster 'north' here/)
    .first()
    .waitFor();
  await choose(page, "east");
  await page.getByTestId("row-team-payments/argocd").waitFor();
  await page.close();
});
