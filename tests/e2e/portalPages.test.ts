/** What people do in the portal, in headless Chromium on one server. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page, WebSocketRoute } from "playwright-core";
import { expect, test } from "vitest";
import { Portal } from "./support/portal.ts";

const portal = new Portal();
const { folder } = portal;

test("a run shows its tasks as a graph, and the log of the one chosen", async () => {
  const name = portal
    .list("pipelineruns", "-l", "app.edp.epam.com/pipelinetype=build")
    .find(({ status }) => status?.["completionTime"])?.metadata.name;
  const { page, errors } = await portal.visit("viewer", `/pipelines/team-payments/${name}`);
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
  const { page, errors } = await portal.visit("developer", "/deployments?ns=team-payments");
  const stage = page.getByTestId("stage-team-payments/payments-qa");
  await stage.getByRole("button", { name: "Deploy to qa" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("(newest)").first().waitFor();
  // What is built while the form is open is offered at once, and chosen where the newest was.
  portal.patch("codebaseimagestream", "ledger-main", {
    spec: { tags: [{ name: "2.0.0-snapshot.999", created: new Date().toISOString() }] },
  });
  await dialog.getByRole("combobox").getByText("2.0.0-snapshot.999 (newest)").waitFor();
  await dialog.getByRole("button", { name: "Deploy", exact: true }).click();
  const told = await page.getByText(/^deploy-payments-qa-\S+ has started$/).textContent();
  const run = portal.get("pipelinerun", told?.split(" ")[0] ?? "");
  expect(run.metadata.labels?.["app.edp.epam.com/cdstage"]).toBe("payments-qa");
  const params = run.spec["params"] as { name: string; value: string }[];
  const payload = params.find((param) => param.name === "APPLICATIONS_PAYLOAD")?.value;
  expect(Object.keys(JSON.parse(payload ?? "{}")).sort()).toEqual([
    "checkout-api",
    "ledger",
    "payments-web",
  ]);
  expect(payload).toContain("2.0.0-snapshot.999");
  expect(Object.values(run.metadata.annotations ?? {}).join()).toContain('"developer"');
  expect(errors).toEqual([]);
});

test("an approval carries the name of who is signed in", async () => {
  portal.askForApproval("asked-by-a-test", "Ship it?");
  const { page } = await portal.visit("developer", "/approvals?ns=team-payments&q=Ship+it");
  await page.getByRole("button", { name: "Approve" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Comment").fill("looks good");
  await dialog.getByRole("button", { name: "Approve" }).click();
  await page.locator('[data-testid="status"]', { hasText: "Approved" }).waitFor();
  expect(portal.get("approvaltask", "asked-by-a-test").spec).toMatchObject({
    action: "Approved",
    approve: { approvedBy: "developer", comment: "looks good" },
  });
});

async function fillServer(page: Page, name: string): Promise<void> {
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill(name);
  await dialog.getByLabel("Host").fill("git.example.com");
  await dialog.getByLabel("Private SSH key").fill("key");
  await dialog.getByLabel("Access token").fill("token");
  await dialog.getByRole("button", { name: "Connect" }).click();
}

test("a Git server and its Secret come together, or not at all", async () => {
  const { page } = await portal.visit("admin", "/git-servers?ns=team-payments");
  await page.getByRole("button", { name: "Connect Git server" }).click();
  await fillServer(page, "e2e-git");
  await page.getByTestId("row-team-payments/e2e-git").waitFor();
  const secret = () => portal.get("secret", "ci-e2e-git");
  expect(secret().metadata.ownerReferences?.[0]).toMatchObject({
    kind: "GitServer",
    name: "e2e-git",
  });

  // Its address and its token change; the key that is not given stays, and nothing of it is shown.
  const { id_rsa: key = "" } = secret().data ?? {};
  await portal.go(page, "/git-servers?ns=team-payments&open=team-payments%2Fe2e-git");
  await page.getByTestId("drawer").getByRole("button", { name: "Edit" }).click();
  const editing = page.getByRole("dialog", { name: "Edit e2e-git" });
  expect(await editing.getByLabel("Private SSH key").inputValue()).toBe("");
  await editing.getByLabel("Host").fill("code.example.com");
  await editing.getByLabel("User").fill("robot");
  await editing.getByLabel("Access token").fill("another");
  // Somebody else moves a port: both changes are kept, and the token comes after them.
  portal.patch("gitserver", "e2e-git", { spec: { sshPort: 2222 } });
  await editing.getByRole("button", { name: "Save", exact: true }).click();
  await editing.getByRole("button", { name: "Keep both changes" }).click();
  await page.getByText("e2e-git has new credentials").waitFor();
  await editing.waitFor({ state: "detached" });
  expect(portal.get("gitserver", "e2e-git").spec).toMatchObject({
    gitHost: "code.example.com",
    gitUser: "robot",
    sshPort: 2222,
  });
  expect(secret().data).toMatchObject({
    id_rsa: key,
    token: Buffer.from("another").toString("base64"),
    username: Buffer.from("robot").toString("base64"),
  });

  // Keys that cannot be kept leave the server as it was, and the form says so.
  portal.kubectl("delete", "secret", "ci-e2e-git", "-n", "team-payments");
  await page.getByTestId("drawer").getByRole("button", { name: "Edit" }).click();
  await editing.getByLabel("Host").fill("elsewhere.example.com");
  await editing.getByLabel("Access token").fill("third");
  await editing.getByRole("button", { name: "Save", exact: true }).click();
  await editing
    .getByRole("alert")
    .getByText(/^Nothing was changed, since the credentials could not be: .*ci-e2e-git/)
    .waitFor();
  expect(portal.get("gitserver", "e2e-git").spec["gitHost"]).toBe("code.example.com");
  await portal.go(page, "/git-servers?ns=team-payments");

  // The server is there already: the Secret that was made for the second one is taken back.
  await page.getByRole("button", { name: "Connect Git server" }).click();
  await fillServer(page, "e2e-git");
  await page.getByRole("dialog").getByRole("alert").waitFor();
  expect(portal.kubectl("get", "secrets", "-n", "team-payments", "-o", "name")).not.toContain(
    "ci-e2e-git",
  );

  // Somebody else's Secret of that name is never touched.
  portal.kubectl("create", "secret", "generic", "ci-e2e-other", "-n", "team-payments");
  await page.getByRole("dialog").getByLabel("Name", { exact: true }).fill("e2e-other");
  await page.getByRole("dialog").getByRole("button", { name: "Connect" }).click();
  await page
    .getByRole("dialog")
    .getByRole("alert")
    .getByText(/ci-e2e-other/)
    .waitFor();
  expect(portal.kubectl("get", "secrets", "-n", "team-payments", "-o", "name")).toContain(
    "ci-e2e-other",
  );
});

test("a link edited in two tabs: the second is told, and decides", async () => {
  const { page: first, context } = await portal.visit(
    "admin",
    "/links?ns=team-payments&create=true",
  );
  const creating = first.getByRole("dialog");
  await creating.getByLabel("Name", { exact: true }).fill("e2e-link");
  await creating.getByLabel("Address").fill("https://one.example.com");
  await creating.getByRole("button", { name: "Add link" }).click();
  await first.getByTestId("row-team-payments/e2e-link").waitFor();
  const second = await context.newPage();
  for (const page of [first, second]) {
    await portal.go(page, "/links?ns=team-payments&open=team-payments%2Fe2e-link");
    await page.getByTestId("drawer").getByRole("button", { name: "Edit" }).click();
    await page.getByRole("dialog", { name: "Edit e2e-link" }).waitFor();
  }
  const save = async (page: Page, url: string) => {
    const dialog = page.getByRole("dialog", { name: "Edit e2e-link" });
    await dialog.getByLabel("Address").fill(url);
    await dialog.getByRole("button", { name: "Save", exact: true }).click();
    return dialog;
  };
  await first.getByRole("dialog").getByRole("switch").click();
  await (await save(first, "https://two.example.com")).waitFor({ state: "detached" });
  const losing = await save(second, "https://three.example.com");
  await losing.getByTestId("conflict").waitFor();
  await losing.getByRole("button", { name: "Save what is chosen" }).click();
  await losing.waitFor({ state: "detached" });
  // What only the first changed stays.
  await expect
    .poll(() => portal.get("quicklink", "e2e-link").spec)
    .toMatchObject({ url: "https://three.example.com", visible: false });
});

test("a right that is taken away greys the button out, and given back lights it", async () => {
  const { page } = await portal.visit("developer", "/links?ns=team-payments");
  const button = page.getByRole("button", { name: "Add link" });
  await button.waitFor();
  await expect.poll(() => button.getAttribute("aria-disabled")).toBe(null);
  await button.focus();
  const isFocused = () => button.evaluate((element) => element === document.activeElement);
  const binding = portal.kubectl(
    ...["get", "rolebinding", "portal-developer", "-n", "team-payments", "-o", "json"],
  );
  portal.kubectl("delete", "rolebinding", "portal-developer", "-n", "team-payments");
  await expect.poll(() => button.getAttribute("aria-disabled"), { timeout: 20_000 }).toBe("true");
  expect(await isFocused()).toBe(true);
  const { metadata, ...rest } = JSON.parse(binding) as {
    metadata: { name: string; namespace: string };
  };
  const { name, namespace } = metadata;
  const file = join(folder, "binding.json");
  writeFileSync(file, JSON.stringify({ ...rest, metadata: { name, namespace } }));
  portal.kubectl("create", "-f", file);
  await expect.poll(() => button.getAttribute("aria-disabled"), { timeout: 20_000 }).toBe(null);
  expect(await isFocused()).toBe(true);
});

test("a codebase that is deployed is not deleted, and says by what", async () => {
  const { page } = await portal.visit("admin", "/codebases?open=team-payments%2Fledger");
  await page.getByTestId("drawer").getByRole("button", { name: "Delete" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await page
    .getByText(/deployed by payments/)
    .first()
    .waitFor();
  expect(portal.kubectl("get", "codebase", "ledger", "-n", "team-payments")).toContain("ledger");
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
  const { page } = await portal.visit("viewer");
  const cut = await makeCuttable(page);
  await portal.go(page, "/links?ns=team-platform");
  await page.getByTestId("row-team-platform/registry").waitFor();
  await page.locator('[data-connection="live"]').waitFor();
  await cut(true);
  await page.locator('[data-connection="offline"]').waitFor();
  await page.getByTestId("row-team-platform/registry").waitFor();
  portal.kubectl("delete", "quicklink", "registry", "-n", "team-platform");
  await cut(false);
  await page.locator('[data-connection="live"]').waitFor();
  await page.getByTestId("row-team-platform/registry").waitFor({ state: "detached" });
});

test("a session that ends sends to the sign-in page, and back to the very page", async () => {
  const { page, context } = await portal.visit("viewer", "/links?ns=team-payments");
  await page.getByTestId("row-team-payments/argocd").waitFor();
  await context.clearCookies();
  // The next call tells: a click that loads something.
  await page.getByRole("link", { name: "Codebases" }).click();
  await page.getByTestId("persona-viewer").click();
  await page.getByRole("heading", { level: 1, name: "Codebases" }).waitFor();
  expect(page.url()).toContain("ns=team-payments");
});

test("one namespace, several, or all: lists follow, and the address keeps it", async () => {
  const { page } = await portal.visit("viewer", "/links");
  const rowOf = (place: string) => page.locator(`[data-testid^="row-${place}/"]`).first();
  await rowOf("team-platform").waitFor();
  await page.getByRole("button", { name: /^Namespace:/ }).click();
  const option = (name: string) => page.getByRole("menuitemcheckbox", { name });
  await option("team-payments").click();
  await rowOf("team-platform").waitFor({ state: "detached" });
  await rowOf("team-payments").waitFor();
  expect(page.url()).toContain("ns=team-payments");
  await option("team-platform").click();
  await rowOf("team-platform").waitFor();
  await page.getByRole("menuitem", { name: "Show all" }).click();
  await rowOf("team-payments").waitFor();
  expect(page.url()).not.toContain("ns=");
});

test("the overview counts what comes and goes, live", async () => {
  const { page } = await portal.visit("viewer", "/?ns=team-platform");
  const names = portal.kubectl("get", "codebases", "-n", "team-platform", "-o", "name").trim();
  const [first = "", ...others] = names.split("\n");
  const counted = page.getByText("codebases", { exact: true }).locator("xpath=..");
  await expect.poll(() => counted.textContent()).toBe(`${others.length + 1}codebases`);
  portal.kubectl("delete", first, "-n", "team-platform");
  await expect.poll(() => counted.textContent()).toBe(`${others.length}codebases`);
});

test("the command palette finds pages and objects by the keyboard alone", async () => {
  const { page } = await portal.visit("viewer");
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.type("fraud-sc");
  await page.getByRole("option", { name: /^fraud-scoring.*Codebase/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByTestId("drawer").getByText("fraud-scoring").first().waitFor();
  expect(page.url()).toContain("/codebases");
});
