/** What holds for every page of the portal: who may what, axe in both themes, keyboard, narrow screens. */
import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { violations, violationsInBothThemes } from "./support/axe.ts";
import { launchBrowser } from "./support/browser.ts";
import { follow, pages, waitForPage } from "./support/pages.ts";
import { makeFolder, type Running, startPortal } from "./support/processes.ts";
import { openSignedIn, type Persona } from "./support/signIn.ts";

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

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
});

const wide = { viewport: { width: 1440, height: 900 } };
const ns = "?ns=team-payments";

/** A browser of its own with somebody signed in, and what its console complains about. */
async function visit(persona: Persona, path: string, options: BrowserContextOptions = wide) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  await openSignedIn(page, `${portal.url}${path}`, persona);
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  return { page, complaints };
}

const personas: readonly Persona[] = ["admin", "developer", "viewer", "nobody"];

test.each(personas)("every page shows %s what he may, and greys out what not", async (persona) => {
  const { page, complaints } = await visit(persona, `/${ns}`);
  for (const { path, title, button, for: allowed, denies } of pages) {
    await follow(page, path + ns);
    const isAudit = path === "/audit";
    await waitForPage(page, path === "/explore" && persona === "nobody" ? "" : title);
    const isDenied = isAudit ? persona !== "admin" : persona === "nobody" && denies !== false;
    const denial = page
      .locator("main")
      .getByText(/^You may not see/)
      .first();
    if (isDenied) await denial.waitFor();
    else expect(await denial.isVisible(), `${path} as ${persona}`).toBe(false);
    if (button) {
      const offered = page.getByRole("button", { name: button }).first();
      const state = allowed?.includes(persona) ? null : "true";
      await expect.poll(() => offered.getAttribute("aria-disabled"), { message: path }).toBe(state);
    }
    // What the admin sees is all there is: once for him, colours in the dark are judged too.
    const judge = persona === "admin" ? violationsInBothThemes : violations;
    expect.soft(await judge(page), `${path} as ${persona}`).toEqual([]);
  }
  expect(complaints).toEqual([]);
});

/** Drawers, dialogs and menus: how each is opened. */
const layers: readonly {
  path: string;
  click?: readonly string[];
  shown: "dialog" | "alertdialog" | "menu";
}[] = [
  { path: `/codebases${ns}&create=true`, shown: "dialog" },
  { path: `/codebases${ns}&open=team-payments%2Fledger`, shown: "dialog" },
  { path: `/codebases${ns}&open=team-payments%2Fledger&tab=yaml`, shown: "dialog" },
  { path: `/codebases${ns}&open=team-payments%2Fledger`, click: ["Delete"], shown: "alertdialog" },
  { path: `/branches${ns}&open=team-payments%2Fledger-main-d5n7h`, shown: "dialog" },
  { path: `/deployments${ns}&create=true`, shown: "dialog" },
  { path: `/deployments${ns}&open=team-payments%2Fpayments`, shown: "dialog" },
  { path: `/deployments${ns}`, click: ["Add stage"], shown: "dialog" },
  { path: `/deployments${ns}`, click: ["Deploy to qa"], shown: "dialog" },
  { path: `/git-servers${ns}&create=true`, shown: "dialog" },
  { path: `/git-servers${ns}&open=team-payments%2Fgithub`, shown: "dialog" },
  {
    path: `/git-servers${ns}&open=team-payments%2Fgithub`,
    click: ["New credentials"],
    shown: "dialog",
  },
  { path: `/links${ns}&create=true`, shown: "dialog" },
  { path: `/links${ns}&open=team-payments%2Fargocd`, shown: "dialog" },
  { path: `/links${ns}&open=team-payments%2Fargocd`, click: ["Edit"], shown: "dialog" },
  { path: `/explore${ns}`, click: ["Apply YAML"], shown: "dialog" },
  { path: "/", click: ["Search"], shown: "dialog" },
  { path: "/", click: ["Theme"], shown: "menu" },
  { path: "/", click: ["Account of"], shown: "menu" },
  { path: "/pipelines", click: ["Columns"], shown: "menu" },
  { path: "/pipelines", click: ["Status"], shown: "menu" },
  { path: "/pipelines", click: ["Namespace"], shown: "menu" },
];

test("every drawer, dialog and menu is accessible in both themes", async () => {
  const { page, complaints } = await visit("admin", "/");
  for (const { path, click = [], shown } of layers) {
    await follow(page, path);
    for (const name of click) await page.getByRole("button", { name }).first().click();
    const layer = page.getByRole(shown).last();
    const where = `${path} ${click.join()}`;
    await expect.poll(() => layer.isVisible(), { message: where, timeout: 15_000 }).toBe(true);
    expect.soft(await violationsInBothThemes(page), where).toEqual([]);
    await page.keyboard.press("Escape");
  }
  expect(complaints).toEqual([]);
});
