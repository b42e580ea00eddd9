/** Writing in the portal: editing against others, guarded deletions, deliveries and runs, in headless Chromium. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "./support/browser.ts";
import { kubectl, makeFolder, type Running, startPortal } from "./support/processes.ts";
import { openSignedIn, type Persona } from "./support/signIn.ts";

const folder = makeFolder();
const place = "team-payments";
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

type Visit = { context: BrowserContext; page: Page };

async function visit(persona: Persona, path: string): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await openSignedIn(page, `${portal.url}${path}`, persona);
  return { context, page };
}

type Found = {
  metadata: {
    name: string;
    labels?: Record<string, string>;
    ownerReferences?: { kind: string; name: string }[];
  };
  spec: Record<string, unknown>;
};

function get(kind: string, name: string): Found {
  return JSON.parse(kubectl(folder, "get", kind, name, "-n", place, "-o", "json")) as Found;
}

function patch(kind: string, name: string, change: object): void {
  kubectl(
    folder,
    ...["patch", kind, name, "-n", place, "--type", "merge", "-p", JSON.stringify(change)],
  );
}

async function choose(page: Page, label: string, option: string): Promise<void> {
  await page.getByRole("dialog").getByLabel(label, { exact: true }).click();
  await page.getByRole("option", { name: option, exact: true }).click();
}

/** Opens the form of a codebase, as somebody who then has other things to do. */
async function edit(page: Page, name: string) {
  await page.goto(`${portal.url}/codebases?ns=${place}&open=${place}%2F${name}`);
  await page.getByTestId("drawer").getByRole("button", { name: "Edit" }).click();
  const dialog = page.getByRole("dialog", { name: `Edit ${name}` });
  await dialog.waitFor();
  return dialog;
}

test("a codebase edited in two tabs: both values are shown, and what is chosen is saved", async () => {
  const { page: first, context } = await visit("developer", "/codebases");
  const second = await context.newPage();
  const mine = await edit(second, "card-vault");
  const other = await edit(first, "card-vault");
  await other.getByLabel("Description").fill("what the first wrote");
  await other.getByLabel("Ticket name pattern").fill("PAY-\\d+");
  await other.getByRole("button", { name: "Save", exact: true }).click();
  await other.waitFor({ state: "detached" });

  await mine.getByLabel("Description").fill("what the second wrote");
  await mine.getByLabel("Jira server").fill("jira");
  await mine.getByRole("button", { name: "Save", exact: true }).click();
  const conflict = mine.getByTestId("conflict");
  await conflict.getByText("what the first wrote").waitFor();
  await conflict.getByText("what the second wrote").waitFor();
  await conflict.getByRole("radio", { name: /^Theirs/ }).click();
  await conflict.getByRole("button", { name: "Save what is chosen" }).click();
  await mine.waitFor({ state: "detached" });
  expect(get("codebase", "card-vault").spec).toMatchObject({
    description: "what the first wrote",
    ticketNamePattern: "PAY-\\d+",
    jiraServer: "jira",
  });
  await context.close();
});

test("changes of different fields are both kept", async () => {
  const { page, context } = await visit("developer", "/codebases");
  const dialog = await edit(page, "money-types");
  patch("codebase", "money-types", { spec: { jiraServer: "of-somebody" } });
  await dialog.getByLabel("Description").fill("cents only");
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  await dialog.getByRole("button", { name: "Keep both changes" }).click();
  await dialog.waitFor({ state: "detached" });
  expect(get("codebase", "money-types").spec).toMatchObject({
    description: "cents only",
    jiraServer: "of-somebody",
  });
  await context.close();
});

test("a branch is created with its codebase as owner", async () => {
  const { page, context } = await visit("developer", `/branches?ns=${place}`);
  await page.getByRole("button", { name: "Create branch" }).click();
  await choose(page, "Codebase", "ledger");
  await page.getByRole("dialog").getByLabel("Branch", { exact: true }).fill("feature/cents");
  await page.getByRole("dialog").getByRole("button", { name: "Create branch" }).click();
  const row = page.locator(`[data-testid^="row-${place}/ledger-feature-cents-"]`);
  await row.waitFor();
  const name = (await row.getAttribute("data-testid"))?.split("/")[1] ?? "";
  const made = get("codebasebranch", name);
  expect(made.metadata.ownerReferences?.[0]).toMatchObject({ kind: "Codebase", name: "ledger" });
  expect(made.metadata.labels?.["app.edp.epam.com/codebaseName"]).toBe("ledger");
  await context.close();
});

test("of many branches those that are deployed stay, and say so", async () => {
  const { page, context } = await visit("developer", `/branches?ns=${place}&q=ledger`);
  const kept = page.locator(`[data-testid^="row-${place}/ledger-main-"]`);
  const gone = page.locator(`[data-testid^="row-${place}/ledger-release-"]`);
  await kept.getByRole("checkbox").check();
  await gone.getByRole("checkbox").check();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  const told = page.getByRole("dialog", { name: "One was kept" });
  await told.getByText(/ledger-main is deployed by payments/).waitFor();
  await told.getByRole("button", { name: "Close" }).first().click();
  await gone.waitFor({ state: "detached" });
  await kept.waitFor();
  await context.close();
});
