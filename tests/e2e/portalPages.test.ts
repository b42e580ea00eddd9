/** What people do in the portal, in headless Chromium on one server. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, Page, WebSocketRoute } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "./support/browser.ts";
import { kubectl, makeFolder, type Running, startPortal } from "./support/processes.ts";
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

type Visit = { context: BrowserContext; page: Page; errors: string[] };

const contexts: BrowserContext[] = [];

// A live page that nobody looks at any more still takes its share of the machine.
afterEach(async () => {
  await Promise.all(contexts.splice(0).map((context) => context.close()));
});

/** A browser of its own, with somebody signed in. */
async function visit(persona: Persona, path = "/"): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  contexts.push(context);
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await openSignedIn(page, `${portal.url}${path}`, persona);
  return { context, page, errors };
}

async function go(page: Page, path: string): Promise<void> {
  await page.goto(`${portal.url}${path}`);
}

function json(...args: string[]): unknown {
  return JSON.parse(kubectl(folder, ...args, "-o", "json"));
}

test("a run shows its tasks as a graph, and the log of the one chosen", async () => {
  const runs = json(
    ...["get", "pipelineruns", "-n", "team-payments"],
    ...["-l", "app.edp.epam.com/pipelinetype=build"],
  ) as { items: { metadata: { name: string }; status?: { completionTime?: string } }[] };
  const name = runs.items.find(({ status }) => status?.completionTime)?.metadata.name ?? "";
  const { page, errors } = await visit("viewer", `/pipelines/team-payments/${name}`);
  await page.getByTestId("task-compile").click();
  expect(page.url()).toContain("task=compile");
  await page.getByRole("log").getByText("compile of").waitFor();
  // Who only reads is told why the button does nothing.
  const again = page.getByRole("button", { name: "Run again" });
  await expect.poll(() => again.getAttribute("aria-disabled")).toBe("true");
  await page.getByRole("tab", { name: "YAML" }).click();
  await page.getByText("kind: PipelineRun").waitFor();
  expect(errors).toEqual([]);
});

test("a developer deploys a version, which starts a run for that stage", async () => {
  const { page, errors } = await visit("developer", "/deployments?ns=team-payments");
  const stage = page.getByTestId("stage-team-payments/payments-qa");
  await stage.getByRole("button", { name: "Deploy to qa" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("(newest)").first().waitFor();
  await dialog.getByRole("button", { name: "Deploy", exact: true }).click();
  const told = await page.getByText(/^deploy-payments-qa-\S+ has started$/).textContent();
  const name = told?.split(" ")[0];
  const run = json("get", "pipelinerun", name ?? "", "-n", "team-payments") as {
    metadata: { labels: Record<string, string>; annotations: Record<string, string> };
    spec: { params: { name: string; value: string }[] };
  };
  expect(run.metadata.labels["app.edp.epam.com/cdstage"]).toBe("payments-qa");
  const payload = run.spec.params.find((param) => param.name === "APPLICATIONS_PAYLOAD")?.value;
  expect(Object.keys(JSON.parse(payload ?? "{}")).sort()).toEqual([
    "checkout-api",
    "ledger",
    "payments-web",
  ]);
  expect(Object.values(run.metadata.annotations).join()).toContain('"developer"');
  expect(errors).toEqual([]);
});

test("an approval carries the name of who is signed in", async () => {
  kubectl(folder, "create", "-f", writeApproval("asked-by-a-test"));
  const { page } = await visit("developer", "/approvals?ns=team-payments&q=Ship+it");
  await page.getByRole("button", { name: "Approve" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Comment").fill("looks good");
  await dialog.getByRole("button", { name: "Approve" }).click();
  await page.locator('[data-testid="status"]', { hasText: "Approved" }).waitFor();
  const task = json("get", "approvaltask", "asked-by-a-test", "-n", "team-payments") as {
    spec: unknown;
  };
  expect(task.spec).toMatchObject({
    action: "Approved",
    approve: { approvedBy: "developer", comment: "looks good" },
  });
});

function writeApproval(name: string): string {
  const file = join(folder, `${name}.json`);
  const approval = {
    apiVersion: "edp.epam.com/v1alpha1",
    kind: "ApprovalTask",
    metadata: { name, namespace: "team-payments" },
    spec: { action: "Pending", description: "Ship it?" },
  };
  writeFileSync(file, JSON.stringify(approval));
  return file;
}

async function fillServer(page: Page, name: string): Promise<void> {
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill(name);
  await dialog.getByLabel("Host").fill("git.example.com");
  await dialog.getByLabel("Private SSH key").fill("key");
  await dialog.getByLabel("Access token").fill("token");
  await dialog.getByRole("button", { name: "Connect" }).click();
}

test("a Git server and its Secret come together, or not at all", async () => {
  const { page } = await visit("admin", "/git-servers?ns=team-payments");
  await page.getByRole("button", { name: "Connect Git server" }).click();
  await fillServer(page, "e2e-git");
  await page.getByTestId("row-team-payments/e2e-git").waitFor();
  const secret = json("get", "secret", "ci-e2e-git", "-n", "team-payments") as {
    metadata: { ownerReferences: { kind: string; name: string }[] };
  };
  expect(secret.metadata.ownerReferences[0]).toMatchObject({ kind: "GitServer", name: "e2e-git" });

  // The server is there already: the Secret that was made for the second one is taken back.
  kubectl(folder, "delete", "secret", "ci-e2e-git", "-n", "team-payments");
  await page.getByRole("button", { name: "Connect Git server" }).click();
  await fillServer(page, "e2e-git");
  await page.getByRole("dialog").getByRole("alert").waitFor();
  expect(kubectl(folder, "get", "secrets", "-n", "team-payments", "-o", "name")).not.toContain(
    "ci-e2e-git",
  );

  // Somebody else's Secret of that name is never touched.
  kubectl(folder, "create", "secret", "generic", "ci-e2e-other", "-n", "team-payments");
  await page.getByRole("dialog").getByLabel("Name", { exact: true }).fill("e2e-other");
  await page.getByRole("dialog").getByRole("button", { name: "Connect" }).click();
  await page
    .getByRole("dialog")
    .getByRole("alert")
    .getByText(/ci-e2e-other/)
    .waitFor();
  expect(kubectl(folder, "get", "secrets", "-n", "team-payments", "-o", "name")).toContain(
    "ci-e2e-other",
  );
});

test("a link edited in two tabs: the second is told, and decides", async () => {
  const { page: first, context } = await visit("admin", "/links?ns=team-payments&create=true");
  const creating = first.getByRole("dialog");
  await creating.getByLabel("Name", { exact: true }).fill("e2e-link");
  await creating.getByLabel("Address").fill("https://one.example.com");
  await creating.getByRole("button", { name: "Add link" }).click();
  await first.getByTestId("row-team-payments/e2e-link").waitFor();
  const second = await context.newPage();
  for (const page of [first, second]) {
    await go(page, "/links?ns=team-payments&open=team-payments%2Fe2e-link");
    await page.getByTestId("drawer").getByRole("button", { name: "Edit" }).click();
    await page.getByRole("dialog", { name: "Edit e2e-link" }).waitFor();
  }
  const save = async (page: Page, url: string) => {
    const dialog = page.getByRole("dialog", { name: "Edit e2e-link" });
    await dialog.getByLabel("Address").fill(url);
    await dialog.getByRole("button", { name: "Save", exact: true }).click();
    return dialog;
  };
  await (await save(first, "https://two.example.com")).waitFor({ state: "detached" });
  const losing = await save(second, "https://three.example.com");
  await losing.getByTestId("conflict").waitFor();
  await losing.getByRole("button", { name: "Save mine over it" }).click();
  await losing.waitFor({ state: "detached" });
  const url = () =>
    (json("get", "quicklink", "e2e-link", "-n", "team-payments") as { spec: { url: string } }).spec
      .url;
  await expect.poll(url).toBe("https://three.example.com");
});

test("a right that is taken away greys the button out, and given back lights it", async () => {
  const { page } = await visit("developer", "/links?ns=team-payments");
  const button = page.getByRole("button", { name: "Add link" });
  await button.waitFor();
  await expect.poll(() => button.getAttribute("aria-disabled")).toBe(null);
  const binding = kubectl(
    folder,
    ...["get", "rolebinding", "portal-developer", "-n", "team-payments", "-o", "json"],
  );
  kubectl(folder, "delete", "rolebinding", "portal-developer", "-n", "team-payments");
  await expect.poll(() => button.getAttribute("aria-disabled"), { timeout: 20_000 }).toBe("true");
  const { metadata, ...rest } = JSON.parse(binding) as {
    metadata: { name: string; namespace: string };
  };
  const { name, namespace } = metadata;
  const file = join(folder, "binding.json");
  writeFileSync(file, JSON.stringify({ ...rest, metadata: { name, namespace } }));
  kubectl(folder, "create", "-f", file);
  await expect.poll(() => button.getAttribute("aria-disabled"), { timeout: 20_000 }).toBe(null);
});

test("a codebase that is deployed is not deleted, and says by what", async () => {
  const { page } = await visit("admin", "/codebases?open=team-payments%2Fledger");
  await page.getByTestId("drawer").getByRole("button", { name: "Delete" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await page
    .getByText(/deployed by payments/)
    .first()
    .waitFor();
  expect(kubectl(folder, "get", "codebase", "ledger", "-n", "team-payments")).toContain("ledger");
});

/** Cuts a page's live connection as a lost network does: what is open breaks, nothing new opens. */
async function makeCuttable(page: Page): Promise<(off: boolean) => Promise<void>> {
  const open = new Set<WebSocketRoute>();
  let isOff = false;
  await page.routeWebSocket(/trpc/, (socket) => {
    if (isOff) return void socket.close({ code: 4000 });
    open.add(socket);
    socket.connectToServer();
  });
  return async (off) => {
    isOff = off;
    await page.context().setOffline(off);
    if (!off) return;
    for (const socket of open) await socket.close({ code: 4000 });
    open.clear();
  };
}

test("offline it says so and keeps what it shows; back online it follows again", async () => {
  const { page } = await visit("viewer");
  const cut = await makeCuttable(page);
  await go(page, "/links?ns=team-platform");
  await page.getByTestId("row-team-platform/registry").waitFor();
  await page.locator('[data-connection="live"]').waitFor();
  await cut(true);
  await page.locator('[data-connection="offline"]').waitFor();
  await page.getByTestId("row-team-platform/registry").waitFor();
  kubectl(folder, "delete", "quicklink", "registry", "-n", "team-platform");
  await cut(false);
  await page.locator('[data-connection="live"]').waitFor();
  await page.getByTestId("row-team-platform/registry").waitFor({ state: "detached" });
});

test("a session that ends sends to the sign-in page, and back to the very page", async () => {
  const { page, context } = await visit("viewer", "/links?ns=team-payments");
  await page.getByTestId("row-team-payments/argocd").waitFor();
  await context.clearCookies();
  // The next call tells: a click that loads something.
  await page.getByRole("link", { name: "Codebases" }).click();
  await page.getByTestId("persona-viewer").click();
  await page.getByRole("heading", { level: 1, name: "Codebases" }).waitFor();
  expect(page.url()).toContain("ns=team-payments");
});

test("the command palette finds pages and objects by the keyboard alone", async () => {
  const { page } = await visit("viewer");
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.type("fraud-sc");
  await page.getByRole("option", { name: /^fraud-scoring.*Codebase/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByTestId("drawer").getByText("fraud-scoring").first().waitFor();
  expect(page.url()).toContain("/codebases");
});
