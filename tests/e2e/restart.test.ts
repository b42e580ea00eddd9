/** The dev cluster dies and changes while nobody looks: the page ends equal to it. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "./support/browser.ts";
import {
  findPort,
  kubectl,
  listCodebases,
  makeFolder,
  type Running,
  seed,
  startCluster,
  startServer,
} from "./support/processes.ts";

const folder = makeFolder();
let port: number;
let cluster: Running;
let server: { url: string; running: Running };
let browser: Browser;

beforeAll(async () => {
  port = await findPort();
  cluster = await startCluster(folder, port);
  await seed(folder);
  server = await startServer(folder);
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await server?.running.stop();
  await cluster?.stop();
});

async function waitUntilPageShows(page: Page, wanted: string[]): Promise<void> {
  await page.waitForFunction(
    (expected) => {
      const shown = [...document.querySelectorAll('[data-testid^="row-"]')]
        .map((row) => row.getAttribute("data-testid")?.replace("row-", "") ?? "")
        .sort();
      return JSON.stringify(shown) === expected;
    },
    JSON.stringify(wanted),
    { timeout: 60_000 },
  );
}

test("after a kill, and deletions that the server could not see, the page equals the cluster", async () => {
  const page = await browser.newPage();
  await page.goto(`${server.url}/codebases`);
  const before = listCodebases(folder);
  await waitUntilPageShows(page, before);

  await cluster.stop("SIGKILL");
  // Back on another port, where the server does not look for it: what happens now it cannot see.
  copyFileSync(join(folder, "kubeconfig"), join(folder, "kubeconfig.before"));
  cluster = await startCluster(folder, await findPort());
  const [gone, changed] = before.map((key) => key.split("/") as [string, string]);
  if (gone === undefined || changed === undefined) throw new Error("two codebases are needed");
  kubectl(folder, "delete", "codebase", gone[1], "-n", gone[0]);
  kubectl(folder, "label", "codebase", changed[1], "-n", changed[0], "changed=yes");
  await cluster.stop("SIGKILL");

  cluster = await startCluster(folder, port);
  const after = listCodebases(folder);
  expect(after).not.toContain(gone.join("/"));
  await waitUntilPageShows(page, after);

  // And it is live again, not only equal once.
  kubectl(folder, "delete", "codebase", changed[1], "-n", changed[0]);
  await waitUntilPageShows(page, listCodebases(folder));
  await page.close();
});

test("a server that is started again in the middle of an edit: what was typed is saved", async () => {
  const page = await browser.newPage();
  await page.goto(`${server.url}/codebases?open=team-payments%2Fledger`);
  await page.getByTestId("drawer").getByRole("button", { name: "Edit" }).click();
  const dialog = page.getByRole("dialog", { name: "Edit ledger" });
  await dialog.getByLabel("Description").fill("typed before the restart");
  await server.running.stop();
  await page.locator('[data-connection="reconnecting"]').waitFor({ state: "attached" });
  server = await startServer(folder, {}, Number(new URL(server.url).port));
  await page.locator('[data-connection="live"]').waitFor({ state: "attached" });
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  const saved = kubectl(folder, "get", "codebase", "ledger", "-n", "team-payments", "-o", "json");
  expect((JSON.parse(saved) as { spec: object }).spec).toMatchObject({
    description: "typed before the restart",
  });
  await page.close();
});
