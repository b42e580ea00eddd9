/** The portal as `make run` starts it, in headless Chromium. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "./support/browser.ts";
import {
  kubectl,
  listCodebases,
  makeFolder,
  type Running,
  startPortal,
} from "./support/processes.ts";
import { openSignedIn } from "./support/signIn.ts";

const folder = makeFolder();
let portal: { url: string; running: Running };
let browser: Browser;

beforeAll(async () => {
  portal = await startPortal(folder);
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await portal?.running.stop();
});

async function open(path: string): Promise<{ page: Page; errors: string[] }> {
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await openSignedIn(page, `${portal.url}${path}`, "admin");
  return { page, errors };
}

function rows(page: Page) {
  return page.locator('[data-testid^="row-"]');
}

async function createCodebase(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "Create codebase" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill(name);
  while ((await dialog.getByRole("button", { name: "Next" }).count()) > 0) {
    await dialog.getByRole("button", { name: "Next" }).click();
  }
  await dialog.getByRole("button", { name: "Create codebase" }).click();
  await dialog.waitFor({ state: "detached" });
}

/**
 * In the page: has a run's state changed since it was first seen? Whichever moves first will do: some of
 * them wait for somebody's approval, and new ones come.
 */
function hasMoved(): boolean {
  const memory = globalThis as { seenStates?: Map<string, string> };
  memory.seenStates ??= new Map();
  const seen = memory.seenStates;
  return [...document.querySelectorAll('[data-testid^="row-"]')].some((row) => {
    const id = row.getAttribute("data-testid") ?? "";
    const state = row.querySelector('[data-testid="status"]')?.textContent ?? "";
    const before = seen.get(id);
    if (before === undefined) seen.set(id, state);
    return before !== undefined && before !== state;
  });
}

test("pipeline runs are listed and a state changes without reload", async () => {
  const { page, errors } = await open("/pipelines");
  await rows(page).nth(5).waitFor();
  await page.waitForFunction(hasMoved, undefined, { timeout: 60_000 });
  expect(await page.getByTestId("connection").textContent()).toContain("Live");
  expect(errors).toEqual([]);
  await page.close();
});

test("a codebase created in one tab shows in another, and its deletion too", async () => {
  const [first, second] = [await open("/codebases"), await open("/codebases")];
  await rows(first.page).first().waitFor();
  await rows(second.page).first().waitFor();
  const name = "e2e-two-tabs";
  await createCodebase(first.page, name);
  const row = `[data-testid$="/${name}"]`;
  await first.page.locator(row).waitFor();
  await second.page.locator(row).waitFor();

  const inCluster = kubectl(folder, "get", "codebases", "-A", "-o", "name");
  expect(inCluster).toContain(`/${name}`);

  await second.page.locator(row).getByRole("checkbox").check();
  await second.page
    .getByRole("button", { name: /^Delete/ })
    .first()
    .click();
  const dialog = second.page.getByRole("alertdialog");
  await dialog.getByRole("button", { name: /Delete/ }).click();
  await second.page.locator(row).waitFor({ state: "detached" });
  await first.page.locator(row).waitFor({ state: "detached" });
  expect(kubectl(folder, "get", "codebases", "-A", "-o", "name")).not.toContain(`/${name}`);
  expect([...first.errors, ...second.errors]).toEqual([]);
  await first.page.close();
  await second.page.close();
});

test("a codebase deleted by kubectl vanishes from the page", async () => {
  const { page } = await open("/codebases");
  await rows(page).first().waitFor();
  const [namespace = "", name = ""] = listCodebases(folder)[0]?.split("/") ?? [];
  const row = page.locator(`[data-testid="row-${namespace}/${name}"]`);
  await row.waitFor();
  kubectl(folder, "delete", "codebase", name, "-n", namespace);
  await row.waitFor({ state: "detached" });
  await page.close();
});

test("the page lists what kubectl lists", async () => {
  const { page } = await open("/codebases");
  await rows(page).first().waitFor();
  const shown = await rows(page).evaluateAll((found) =>
    found.map((row) => row.getAttribute("data-testid")?.replace("row-", "") ?? ""),
  );
  expect(shown.sort()).toEqual(listCodebases(folder));
  await page.close();
});

test("Ctrl-C ends everything with exit code 0 and no traceback", async () => {
  const code = await portal.running.stop("SIGINT");
  expect(code).toBe(0);
  expect(portal.running.output).not.toContain("Traceback");
  expect(portal.running.output).toContain("Stopped");
});
