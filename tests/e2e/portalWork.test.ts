/** Deleting, YAML, workloads, shells and the audit trail in the portal, in headless Chromium. */
import { expect, test } from "vitest";
import { violationsInBothThemes } from "./support/axe.ts";
import { confirm, Portal } from "./support/portal.ts";

const portal = new Portal();
const { place } = portal;

test("a link, a stage, its pipeline and a Git server are deleted, and their rows go", async () => {
  const { page } = await portal.visit("admin", `/links?ns=${place}&open=${place}%2Fsonarqube`);
  await page.getByTestId("drawer").getByRole("button", { name: "Delete" }).click();
  await confirm(page);
  await page.getByTestId(`row-${place}/sonarqube`).waitFor({ state: "detached" });
  await expect
    .poll(() => portal.inPlace("get", "quicklinks", "-o", "name"))
    .not.toContain("/sonarqube");

  await portal.go(page, `/deployments?ns=${place}`);
  const stage = page.getByTestId(`stage-${place}/payments-qa`);
  await stage.getByRole("button", { name: "Delete stage qa" }).click();
  await confirm(page);
  await stage.waitFor({ state: "detached" });
  await portal.go(page, `/deployments?ns=${place}&open=${place}%2Fpayments`);
  await page.getByTestId("drawer").getByRole("button", { name: "Delete" }).click();
  await confirm(page);
  await page.getByTestId(`pipeline-${place}/payments`).waitFor({ state: "detached" });
  await expect
    .poll(() => portal.inPlace("get", "stages,cdpipelines", "-o", "name"))
    .not.toContain("payments");

  await portal.go(page, `/git-servers?ns=${place}&open=${place}%2Fgithub`);
  await page.getByTestId("drawer").getByRole("button", { name: "Delete" }).click();
  await confirm(page);
  await page.getByTestId(`row-${place}/github`).waitFor({ state: "detached" });
  await expect
    .poll(() => portal.inPlace("get", "gitservers", "-o", "name"))
    .not.toContain("/github");
});

test("YAML: a refusal stands at its line, a change is compared, checked and saved", async () => {
  const kind = "quicklinks.v1.v2.edp.epam.com";
  const { page } = await portal.visit(
    "developer",
    `/explore?ns=${place}&kind=${kind}&open=${place}%2Fargocd`,
  );
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
  expect(portal.inPlace(...visible)).toBe("true");
  await drawer.getByRole("button", { name: "Review and save" }).click();
  const review = page.getByRole("dialog", { name: "Changes to argocd" });
  await review.locator(".cm-changedLine, .cm-insertedLine").first().waitFor();
  await review.getByRole("button", { name: "Save" }).click();
  await page.getByText("argocd is saved").waitFor();
  expect(portal.inPlace(...visible)).toBe("false");
});

test("an object that others change or delete under the editor: it says so, and nothing is lost", async () => {
  const kind = "quicklinks.v1.v2.edp.epam.com";
  const path = `/explore?ns=${place}&kind=${kind}&open=${place}%2Fgrafana`;
  const { page } = await portal.visit("developer", path);
  const drawer = page.getByTestId("drawer");
  const lines = (text: string) => drawer.locator(".cm-line", { hasText: text });
  await lines("visible: true").waitFor();
  portal.patch("quicklink", "grafana", { spec: { visible: false } });
  await lines("visible: false").waitFor();

  await lines("url: ").click();
  await page.keyboard.press("End");
  await page.keyboard.type("/mine");
  portal.inPlace("label", "quicklink", "grafana", "team=theirs");
  await drawer.getByRole("button", { name: "Bring mine over" }).click();
  await lines("team: theirs").waitFor();
  await drawer.getByRole("button", { name: "Review and save" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await page.getByText("grafana is saved").waitFor();
  const { metadata, spec } = portal.get("quicklink", "grafana");
  expect(metadata.labels?.["team"]).toBe("theirs");
  expect(spec["url"]).toMatch(/\/mine$/);

  portal.inPlace("delete", "quicklink", "grafana");
  await drawer.getByText(/^It was deleted/).waitFor();
  const check = drawer.getByRole("button", { name: "Check" });
  expect(await check.getAttribute("aria-disabled")).toBe("true");
  expect(await violationsInBothThemes(page)).toEqual([]);
});

test("applied YAML is first checked only, then created", async () => {
  const { page } = await portal.visit("admin", `/explore?ns=${place}`);
  await page.getByRole("button", { name: "Apply YAML" }).click();
  const dialog = page.getByRole("dialog", { name: "Apply YAML" });
  await dialog.getByRole("button", { name: "Check" }).click();
  await dialog.getByText("Checked only: nothing was changed.").waitFor();
  expect(portal.inPlace("get", "configmaps", "-o", "name")).not.toContain("/example");
  await dialog.getByRole("button", { name: "Apply" }).click();
  await dialog.getByText("Checked only").waitFor({ state: "detached" });
  await expect.poll(() => portal.inPlace("get", "configmaps", "-o", "name")).toContain("/example");
});

test("an application is scaled and restarted; who only reads cannot", async () => {
  const path = `/workloads?ns=${place}&open=${place}%2Fledger-dev`;
  const { page } = await portal.visit("developer", path);
  const drawer = page.getByTestId("drawer");
  await drawer.getByRole("button", { name: "One replica more" }).click();
  await drawer.getByRole("button", { name: "Scale", exact: true }).click();
  await page.getByText("ledger-dev is scaled to 2").waitFor();
  await drawer.getByRole("button", { name: "Restart" }).click();
  await page.getByText(/ledger-dev restarts/).waitFor();
  const { spec } = portal.get("deployment", "ledger-dev");
  expect(spec).toMatchObject({
    replicas: 2,
    template: {
      metadata: {
        annotations: { "kubectl.kubernetes.io/restartedAt": expect.any(String) as string },
      },
    },
  });
  const { page: reader } = await portal.visit("viewer", path);
  const restart = reader.getByTestId("drawer").getByRole("button", { name: "Restart" });
  await expect.poll(() => restart.getAttribute("aria-disabled")).toBe("true");
});

test("a version that was rolled out is rolled back from the list of revisions, live", async () => {
  const path = `/workloads?ns=${place}&open=${place}%2Fpayments-web-dev&tab=revisions`;
  const { page } = await portal.visit("developer", path);
  const drawer = page.getByTestId("drawer");
  const entries = drawer.getByRole("listitem");
  await entries.filter({ hasText: "snapshot.211" }).getByText("current").waitFor();
  // Somebody brings another version there: it shows while one looks on.
  portal.inPlace("set", "image", "deployment/payments-web-dev", "*=registry.example.com/web:new");
  await entries.filter({ hasText: "web:new" }).getByText("current").waitFor();
  const before = entries.filter({ hasText: "snapshot.211" });
  await before.getByRole("button", { name: "Roll back" }).click();
  await before.getByText("current").waitFor();
  await drawer.getByRole("tab", { name: "Overview" }).click();
  await drawer.getByText(/snapshot\.211$/).waitFor();
  const { template } = portal.get("deployment", "payments-web-dev").spec as {
    template: { spec: { containers: { image: string }[] } };
  };
  expect(template.spec.containers[0]?.image).toContain("snapshot.211");
});

/** One that stays: the pods of what was restarted go. */
function podOf(deployment: string): string {
  portal.inPlace("rollout", "status", `deployment/${deployment}`, "--timeout=60s");
  const stays = portal
    .list("pods")
    .find(
      ({ metadata, status }) =>
        metadata.name.startsWith(`${deployment}-`) &&
        metadata.deletionTimestamp === undefined &&
        status?.["phase"] === "Running",
    );
  return stays?.metadata.name ?? `no pod of ${deployment}`;
}

test("a shell in a container answers to what is typed", async () => {
  const pod = podOf("ledger-dev");
  const { page } = await portal.visit("developer", `/pods?ns=${place}&open=${place}%2F${pod}`);
  const drawer = page.getByTestId("drawer");
  await drawer.getByRole("tab", { name: "Terminal" }).click();
  await drawer.getByText("connected").waitFor();
  await page.keyboard.type("echo said-$((40+2))\n");
  await expect
    .poll(() => drawer.getByTestId("terminal").textContent(), { timeout: 10_000 })
    .toContain("said-");
});

test("who did what is in the audit trail, also what was refused", async () => {
  const { page: reader } = await portal.visit("viewer", "/");
  const answer = await reader.request.post(`${portal.url}/trpc/quickLinks.delete`, {
    data: { name: "grafana", namespace: place },
    headers: { origin: portal.url },
  });
  expect(answer.status()).toBe(403);
  const { page } = await portal.visit("admin", "/audit");
  const refused = page.getByRole("row", { name: /viewer.*denied.*quickLinks\.delete/ });
  await refused.first().waitFor();
  expect(await refused.first().textContent()).toContain("grafana");
});

test("the overview shows what there is, and says of each panel what it lacks", async () => {
  // Rights to codebases alone, on a cluster without Tekton.
  portal.kubectl("delete", "crd", "pipelineruns.tekton.dev", "taskruns.tekton.dev");
  const rules = [
    { apiGroups: ["v2.edp.epam.com"], resources: ["codebases"], verbs: ["get", "list", "watch"] },
    { apiGroups: ["tekton.dev"], resources: ["*"], verbs: ["get", "list", "watch"] },
    { apiGroups: ["apps"], resources: ["deployments"], verbs: ["get", "list", "watch"] },
  ];
  portal.kubectl(
    "patch",
    "clusterrole",
    "portal-viewer",
    "--type",
    "merge",
    "-p",
    JSON.stringify({ rules }),
  );
  const { page } = await portal.visit("viewer", `/?ns=${place}`);
  const main = page.locator("main");
  await main.getByText("There are no pipeline runs to show").waitFor();
  await main.getByText(/^The cluster does not serve this kind/).waitFor();
  await main.getByText("codebases", { exact: true }).waitFor();
  await main.getByText("deployments", { exact: true }).waitFor();
  await main.getByText(/^Without branches: .*may not/).waitFor();
  expect(await violationsInBothThemes(page)).toEqual([]);
  expect(await main.getByText("All clear").isVisible()).toBe(false);
});
