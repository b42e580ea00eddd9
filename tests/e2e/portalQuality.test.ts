/** What holds for every page of the portal: who may what, axe in both themes, keyboard, narrow screens. */
import type { Locator, Page } from "playwright-core";
import { expect, test, vi } from "vitest";
import { violations, violationsInBothThemes } from "./support/axe.ts";
import { follow, pages, waitForPage } from "./support/pages.ts";
import { Portal } from "./support/portal.ts";
import type { Persona } from "./support/signIn.ts";

const portal = new Portal();

// A tour of all pages takes its time where others are at work, too.
vi.setConfig({ testTimeout: 240_000 });

const ns = "?ns=team-payments";

const personas: readonly Persona[] = ["admin", "developer", "viewer", "nobody"];

test.each(personas)("every page shows %s what he may, and greys out what not", async (persona) => {
  const { page, errors } = await portal.visit(persona, `/${ns}`);
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
    const found = persona === "admin" ? await violationsInBothThemes(page) : await violations(page);
    expect.soft(found, `${path} as ${persona}`).toEqual([]);
  }
  expect(errors).toEqual([]);
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
  { path: `/codebases${ns}&open=team-payments%2Fledger`, click: ["Edit"], shown: "dialog" },
  { path: `/branches${ns}&open=team-payments%2Fledger-main-d5n7h`, shown: "dialog" },
  {
    path: `/branches${ns}&open=team-payments%2Fledger-main-d5n7h`,
    click: ["Delete"],
    shown: "alertdialog",
  },
  {
    path: `/branches${ns}&open=team-payments%2Fledger-main-d5n7h`,
    click: ["Edit"],
    shown: "dialog",
  },
  { path: `/branches${ns}&create=true`, shown: "dialog" },
  { path: `/pipelines${ns}&create=true`, shown: "dialog" },
  { path: `/workloads${ns}&open=team-payments%2Fledger-dev`, shown: "dialog" },
  { path: `/workloads${ns}&open=team-payments%2Fledger-dev&tab=revisions`, shown: "dialog" },
  { path: `/pods${ns}&open=$pod`, shown: "dialog" },
  {
    path: `/explore${ns}&kind=quicklinks.v1.v2.edp.epam.com&open=team-payments%2Fargocd`,
    shown: "dialog",
  },
  { path: `/deployments${ns}&create=true`, shown: "dialog" },
  { path: `/deployments${ns}&open=team-payments%2Fpayments`, shown: "dialog" },
  { path: `/deployments${ns}&open=team-payments%2Fpayments`, click: ["Edit"], shown: "dialog" },
  { path: `/deployments${ns}`, click: ["Add stage"], shown: "dialog" },
  { path: `/deployments${ns}`, click: ["Edit stage dev"], shown: "dialog" },
  { path: `/deployments${ns}`, click: ["Deploy to qa"], shown: "dialog" },
  { path: `/git-servers${ns}&create=true`, shown: "dialog" },
  { path: `/git-servers${ns}&open=team-payments%2Fgithub`, shown: "dialog" },
  {
    path: `/git-servers${ns}&open=team-payments%2Fgithub`,
    click: ["Edit"],
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

/** Opens one after the other, and judges it; what is behind a menu is judged with its page. */
async function openEach(some: typeof layers): Promise<void> {
  const { page, errors } = await portal.visit("admin", "/");
  const [pod = ""] = portal.names("pods");
  for (const { path, click = [], shown } of some) {
    await follow(page, path.replace("$pod", `team-payments%2F${pod}`));
    for (const name of click) await page.getByRole("button", { name }).first().click();
    const layer = page.getByRole(shown).last();
    const where = `${path} ${click.join()}`;
    await expect.poll(() => layer.isVisible(), { message: where, timeout: 15_000 }).toBe(true);
    const within = shown === "menu" ? '[role="menu"]' : "";
    expect.soft(await violationsInBothThemes(page, within), where).toEqual([]);
    await page.keyboard.press("Escape");
  }
  expect(errors).toEqual([]);
}

const middle = Math.ceil(layers.length / 2);

test.each([
  ["first", layers.slice(0, middle)],
  ["second", layers.slice(middle)],
])("every drawer, dialog and menu is accessible in both themes: the %s half", (_, some) =>
  openEach(some),
);

test("a run's page is accessible in both themes, with its log, its parts and its YAML", async () => {
  const [run = ""] = portal.names("pipelineruns", "-l", "app.edp.epam.com/pipelinetype=build");
  const { page, errors } = await portal.visit("admin", `/pipelines/team-payments/${run}`);
  await page.getByTestId("task-compile").click();
  await page.getByRole("log").first().waitFor();
  expect.soft(await violationsInBothThemes(page), "task and log").toEqual([]);
  const tabs = page.getByRole("tablist").first().getByRole("tab");
  for (let n = 0; n < (await tabs.count()); n += 1) {
    await tabs.nth(n).click();
    const name = (await tabs.nth(n).textContent()) ?? "";
    expect.soft(await violationsInBothThemes(page), name).toEqual([]);
  }
  expect(errors).toEqual([]);
});

test("the sign-in page is accessible in both themes, and needs no mouse", async () => {
  const context = await portal.context();
  const page = await context.newPage();
  await page.goto(`${portal.url}/codebases${ns}`);
  const persona = page.getByTestId("persona-viewer");
  await persona.waitFor();
  expect(await violationsInBothThemes(page)).toEqual([]);
  for (let n = 0; n < 10 && !(await isFocused(persona)); n += 1) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await waitForPage(page, "Codebases");
});

/** How wide the column with the links is; what does not fit in there is cut. */
async function nameWidth(page: Page): Promise<number> {
  const link = page.locator("main td:has([data-row-link])").first();
  return (await link.count()) === 0 ? Infinity : await link.evaluate((cell) => cell.clientWidth);
}

test("no page is wider than a phone, its names can be read on any screen, and the menu is there", async () => {
  const { page } = await portal.visit("admin", "/", { viewport: { width: 390, height: 844 } });
  for (const { path, title } of pages) {
    await follow(page, path);
    await waitForPage(page, title);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect.soft(width, path).toBeLessThanOrEqual(390);
    const main = await page.locator("main").evaluate((element) => element.scrollWidth);
    expect.soft(main, `${path}: what it holds`).toBeLessThanOrEqual(390);
    for (const width of [1024, 1200, 1280]) {
      await page.setViewportSize({ width, height: 844 });
      const name = await nameWidth(page);
      expect.soft(name, `${path} at ${width}: the names`).toBeGreaterThanOrEqual(140);
    }
    await page.setViewportSize({ width: 390, height: 844 });
  }
  await page.getByRole("button", { name: "Open menu" }).click();
  await page.getByRole("dialog", { name: "Menu" }).waitFor();
  expect(await violations(page)).toEqual([]);
  await page.getByRole("dialog").getByRole("link", { name: "Codebases" }).click();
  await waitForPage(page, "Codebases");
});

/** What people without a session were refused, as an admin sees it. */
async function refusalsOfStrangers(): Promise<string[]> {
  const { page } = await portal.visit("admin", "/audit");
  const input = encodeURIComponent(JSON.stringify({ decision: "denied", limit: 500 }));
  const answer = await page.request.get(`${portal.url}/trpc/audit.list?input=${input}`);
  type Trail = { result: { data: { entries: { user: string | null; path: string }[] } } };
  const { entries } = ((await answer.json()) as Trail).result.data;
  return entries.filter(({ user }) => user === null).map(({ path }) => path);
}

test("who is not signed in is asked who he is, and refused nothing else", async () => {
  const context = await portal.context();
  const page = await context.newPage();
  const signInPage = page.getByTestId("persona-viewer");
  for (const path of ["/", "/pipelines", "/deployments", "/codebases"]) {
    await portal.go(page, path + ns);
    await signInPage.waitFor();
  }
  // Nor is he when he was signed in before.
  await signInPage.click();
  await waitForPage(page, "Codebases");
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await signInPage.waitFor();
  await portal.go(page, `/links${ns}`);
  await signInPage.waitFor();
  expect(await refusalsOfStrangers()).toEqual(["account.me"]);
});

test("the keyboard alone is enough: skip to content, find, open, close, sort", async () => {
  const { page } = await portal.visit("developer", `/codebases${ns}`);
  await waitForPage(page, "Codebases");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
  await page.keyboard.press("/");
  await page.keyboard.type("ledger");
  await expect.poll(() => page.locator('[data-testid^="row-"]').count()).toBe(1);
  const link = page.locator("[data-row-link]");
  for (let n = 0; n < 30 && !(await isFocused(link)); n += 1) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByTestId("drawer").waitFor();
  await page.keyboard.press("Escape");
  await page.getByTestId("drawer").waitFor({ state: "detached" });
  await expect.poll(() => isFocused(link), { message: "the focus is back" }).toBe(true);
  const head = page.getByRole("columnheader", { name: "Name" });
  const sort = head.getByRole("button");
  for (let n = 0; n < 30 && !(await isFocused(sort)); n += 1)
    await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await expect.poll(() => head.getAttribute("aria-sort")).toMatch(/ascending|descending/);
});

/** Dialogs, the button that opens each, and where they begin: `name` of a field, or of a button. */
const beginnings: readonly {
  path: string;
  opener: string;
  role: "textbox" | "combobox" | "radio" | "button";
  name: string | RegExp;
}[] = [
  { path: `/pipelines${ns}`, opener: "Run pipeline", role: "combobox", name: "Namespace" },
  { path: `/codebases${ns}`, opener: "Create codebase", role: "radio", name: /^Create/ },
  {
    path: `/codebases${ns}&open=team-payments%2Fledger`,
    opener: "Edit",
    role: "textbox",
    name: "Description",
  },
  { path: `/branches${ns}`, opener: "Create branch", role: "combobox", name: "Namespace" },
  {
    path: `/branches${ns}&open=team-payments%2Fledger-main-d5n7h`,
    opener: "Edit",
    role: "textbox",
    name: "Version",
  },
  { path: `/deployments${ns}`, opener: "Deploy to qa", role: "combobox", name: /./ },
  { path: `/deployments${ns}`, opener: "Add stage", role: "textbox", name: "Name" },
  { path: `/git-servers${ns}`, opener: "Connect Git server", role: "textbox", name: "Name" },
  {
    path: `/git-servers${ns}&open=team-payments%2Fgithub`,
    opener: "Edit",
    role: "textbox",
    name: "Host",
  },
  {
    path: `/links${ns}&open=team-payments%2Fargocd`,
    opener: "Edit",
    role: "textbox",
    name: "Address",
  },
  { path: `/explore${ns}`, opener: "Apply YAML", role: "textbox", name: "Documents to apply" },
];

test("a dialog begins at its first field, and gives the focus back to what opened it", async () => {
  const { page } = await portal.visit("admin", "/");
  for (const { path, opener, role, name } of beginnings) {
    await follow(page, path);
    const button = page.getByRole("button", { name: opener, exact: true }).first();
    // A right that is still asked for: until then the button does nothing.
    await expect.poll(() => button.getAttribute("aria-disabled"), { message: path }).toBeNull();
    await button.focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog").last();
    const first = dialog.getByRole(role, { name }).first();
    const where = `${path} ${opener}`;
    await expect.poll(() => isFocused(first), { message: where, timeout: 15_000 }).toBe(true);
    await dialog.getByRole("button", { name: "Close" }).last().press("Enter");
    await expect.poll(() => isFocused(button), { message: `${where}: back` }).toBe(true);
  }
});

test("a dialog without a field begins at what it is for", async () => {
  const { page } = await portal.visit("viewer", "/");
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("menuitem", { name: "My sessions" }).click();
  const done = page.getByRole("dialog").getByRole("button", { name: "Done" });
  await expect.poll(() => isFocused(done)).toBe(true);
});

test("Tab goes through a dialog from its first field to its last button, and round; Escape closes", async () => {
  const { page } = await portal.visit("admin", `/pipelines${ns}`);
  const opener = page.getByRole("button", { name: "Run pipeline" });
  await expect.poll(() => opener.getAttribute("aria-disabled")).toBeNull();
  await opener.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  const stops = [
    dialog.getByRole("combobox", { name: "Namespace" }),
    dialog.getByRole("combobox", { name: "Pipeline" }),
    dialog.getByRole("button", { name: "Cancel" }),
    dialog.getByRole("button", { name: "Run" }),
    dialog.getByRole("button", { name: "Close" }),
  ];
  for (const stop of [...stops, ...stops.slice(0, 1)]) {
    await expect.poll(() => isFocused(stop), { message: String(stop) }).toBe(true);
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await expect.poll(() => isFocused(opener)).toBe(true);
});

function isFocused(element: Locator): Promise<boolean> {
  return element.evaluate((found) => found === document.activeElement, null, { timeout: 5000 });
}

test("a filter says how many runs each choice leaves, whatever is chosen", async () => {
  const { page } = await portal.visit("viewer", `/pipelines${ns}`);
  await waitForPage(page, "Pipelines");
  await page.getByRole("button", { name: "Status" }).first().click();
  const option = (name: RegExp) => page.getByRole("menuitemcheckbox", { name });
  const numberOf = async (of: Locator) => Number(/\d+$/.exec((await of.textContent()) ?? "")?.[0]);
  await option(/^Succeeded/).click();
  await expect.poll(() => page.url()).toContain("status=succeeded");
  // Behind an open menu all else is hidden from readers.
  const shown = page.locator("p[role=status]").filter({ hasText: / runs$/ });
  const total = async () => parseInt((await shown.textContent()) ?? "", 10);
  await expect
    .poll(async () => (await total()) - (await numberOf(option(/^Succeeded/))), { timeout: 10_000 })
    .toBe(0);
  expect(await numberOf(option(/^Failed/))).toBeGreaterThan(0);
});

test("who wants no motion gets none", async () => {
  const { page } = await portal.visit("viewer", "/pipelines", { reducedMotion: "reduce" });
  await waitForPage(page, "Pipelines");
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("menu").waitFor();
  const longest = await page.evaluate(() =>
    Math.max(
      0,
      ...document.getAnimations().map((each) => Number(each.effect?.getComputedTiming().endTime)),
    ),
  );
  expect(longest).toBeLessThanOrEqual(10);
});
