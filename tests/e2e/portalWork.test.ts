/** Deleting, YAML, workloads, shells and the audit trail in the portal, in headless Chromium. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
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

async function visit(persona: Persona, path: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await openSignedIn(page, `${portal.url}${path}`, persona);
  return page;
}

const inPlace = (...args: string[]) => kubectl(folder, ...args, "-n", place);
const named = (kind: string) => inPlace("get", kind, "-o", "name");

async function confirm(page: Page): Promise<void> {
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
}

test("a link, a stage, its pipeline and a Git server are deleted, and their rows go", async () => {
  const page = await visit("admin", `/links?ns=${place}&open=${place}%2Fsonarqube`);
  await page.getByTestId("drawer").getByRole("button", { name: "Delete" }).click();
  await confirm(page);
  await page.getByTestId(`row-${place}/sonarqube`).waitFor({ state: "detached" });
  await expect.poll(() => named("quicklinks")).not.toContain("/sonarqube");

  await page.goto(`${portal.url}/deployments?ns=${place}`);
  const stage = page.getByTestId(`stage-${place}/payments-qa`);
  await stage.getByRole("button", { name: "Delete stage qa" }).click();
  await confirm(page);
  await stage.waitFor({ state: "detached" });
  await page.goto(`${portal.url}/deployments?ns=${place}&open=${place}%2Fpayments`);
  await page.getByTestId("drawer").getByRole("button", { name: "Delete" }).click();
  await confirm(page);
  await page.getByTestId(`pipeline-${place}/payments`).waitFor({ state: "detached" });
  await expect.poll(() => named("stages,cdpipelines")).not.toContain("payments");

  await page.goto(`${portal.url}/git-servers?ns=${place}&open=${place}%2Fgithub`);
  await page.getByTestId("drawer").getByRole("button", { name: "Delete" }).click();
  await confirm(page);
  await page.getByTestId(`row-${place}/github`).waitFor({ state: "detached" });
  await expect.poll(() => named("gitservers")).not.toContain("/github");
});

test("YAML: a refusal stands at its line, a change is compared, checked and saved", async () => {
  const kind = "quicklinks.v1.v2.edp.epam.com";
  const page = await visit("developer", `/explore?ns=${place}&kind=${kind}&open=${place}%2Fargocd`);
  const drawer = page.getByTestId("drawer");
  await drawer.locator(".cm-line", { hasText: "visible: true" }).click();
  await page.keyboard.press("End");
  await page.keyboard.type("ish");
  await drawer.getByRole("button", { name: "Check" }).click();
  await drawer
    .getByRole("alert")
    .getByText(/visible/)
    .waitFor();
  await drawer.locator(".cm-lint-marker-error").waitFor();

  await drawer.locator(".cm-line", { hasText: "visible: trueish" }).click();
  await page.keyboard.press("End");
  for (const _ of "trueish") await page.keyboard.press("Backspace");
  await page.keyboard.type("false");
  // Escape closes what completes, and with Tab it leads out of the editor; the drawer stays.
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  const isInside = () =>
    page.evaluate(() => document.activeElement?.closest(".cm-editor") !== null);
  expect(await isInside()).toBe(false);
  await drawer.getByRole("button", { name: "Check" }).click();
  await page.getByText("The cluster would take it").waitFor();
  const visible = ["get", "quicklink", "argocd", "-o", "jsonpath={.spec.visible}"];
  expect(inPlace(...visible)).toBe("true");
  await drawer.getByRole("button", { name: "Review and save" }).click();
  const review = page.getByRole("dialog", { name: "Changes to argocd" });
  await review.locator(".cm-changedLine, .cm-insertedLine").first().waitFor();
  await review.getByRole("button", { name: "Save" }).click();
  await page.getByText("argocd is saved").waitFor();
  expect(inPlace(...visible)).toBe("false");
});

test("applied YAML is first checked only, then created", async () => {
  const page = await visit("admin", `/explore?ns=${place}`);
  await page.getByRole("button", { name: "Apply YAML" }).click();
  const dialog = page.getByRole("dialog", { name: "Apply YAML" });
  await dialog.getByRole("button", { name: "Check" }).click();
  await dialog.getByText("Checked only: nothing was changed.").waitFor();
  expect(named("configmaps")).not.toContain("/example");
  await dialog.getByRole("button", { name: "Apply" }).click();
  await dialog.getByText("Checked only").waitFor({ state: "detached" });
  await expect.poll(() => named("configmaps")).toContain("/example");
});

test("an application is scaled and restarted; who only reads cannot", async () => {
  const path = `/workloads?ns=${place}&open=${place}%2Fledger-dev`;
  const page = await visit("developer", path);
  const drawer = page.getByTestId("drawer");
  await drawer.getByRole("button", { name: "One replica more" }).click();
  await drawer.getByRole("button", { name: "Scale", exact: true }).click();
  await page.getByText("ledger-dev is scaled to 2").waitFor();
  await drawer.getByRole("button", { name: "Restart" }).click();
  await page.getByText(/ledger-dev restarts/).waitFor();
  const deployment = JSON.parse(inPlace("get", "deployment", "ledger-dev", "-o", "json")) as {
    spec: { replicas: number; template: { metadata: { annotations?: object } } };
  };
  expect(deployment.spec.replicas).toBe(2);
  expect(Object.keys(deployment.spec.template.metadata.annotations ?? {})).toContain(
    "kubectl.kubernetes.io/restartedAt",
  );
  const reader = await visit("viewer", path);
  const restart = reader.getByTestId("drawer").getByRole("button", { name: "Restart" });
  await expect.poll(() => restart.getAttribute("aria-disabled")).toBe("true");
});

/** One that stays: the pods of what was restarted go. */
function podOf(deployment: string): string {
  inPlace("rollout", "status", `deployment/${deployment}`, "--timeout=60s");
  const { items } = JSON.parse(inPlace("get", "pods", "-o", "json")) as {
    items: { metadata: { name: string; deletionTimestamp?: string }; status: { phase: string } }[];
  };
  const stays = items.find(
    ({ metadata, status }) =>
      metadata.name.startsWith(`${deployment}-`) &&
      metadata.deletionTimestamp === undefined &&
      status.phase === "Running",
  );
  return stays?.metadata.name ?? `no pod of ${deployment}`;
}

test("a shell in a container answers to what is typed", async () => {
  const pod = podOf("ledger-dev");
  const page = await visit("developer", `/pods?ns=${place}&open=${place}%2F${pod}`);
  const drawer = page.getByTestId("drawer");
  await drawer.getByRole("tab", { name: "Terminal" }).click();
  await drawer.getByText("connected").waitFor();
  await page.keyboard.type("echo said-$((40+2))\n");
  await expect.poll(() => drawer.getByTestId("terminal").textContent()).toContain("said-");
});

test("who did what is in the audit trail, also what was refused", async () => {
  const reader = await visit("viewer", "/");
  const answer = await reader.request.post(`${portal.url}/trpc/quickLinks.delete`, {
    data: { name: "grafana", namespace: place },
    headers: { origin: portal.url },
  });
  expect(answer.status()).toBe(403);
  const page = await visit("admin", "/audit");
  const refused = page.getByRole("row", { name: /viewer.*denied.*quickLinks\.delete/ });
  await refused.first().waitFor();
  expect(await refused.first().textContent()).toContain("grafana");
});
