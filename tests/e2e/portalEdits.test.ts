/** Writing in the portal: editing against others, guarded deletions, deliveries and runs, in headless Chromium. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { choose, Portal } from "./support/portal.ts";

const portal = new Portal();
const { place } = portal;

/** Opens the form of a codebase, as somebody who then has other things to do. */
async function edit(page: Page, name: string) {
  await portal.go(page, `/codebases?ns=${place}&open=${place}%2F${name}`);
  await page.getByTestId("drawer").getByRole("button", { name: "Edit" }).click();
  const dialog = page.getByRole("dialog", { name: `Edit ${name}` });
  await dialog.waitFor();
  return dialog;
}

test("a codebase edited in two tabs: both values are shown, and what is chosen is saved", async () => {
  const { page: first, context } = await portal.visit("developer", "/codebases");
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
  expect(portal.get("codebase", "card-vault").spec).toMatchObject({
    description: "what the first wrote",
    ticketNamePattern: "PAY-\\d+",
    jiraServer: "jira",
  });
});

test("changes of different fields are both kept", async () => {
  const { page } = await portal.visit("developer", "/codebases");
  const dialog = await edit(page, "money-types");
  portal.patch("codebase", "money-types", { spec: { jiraServer: "of-somebody" } });
  await dialog.getByLabel("Description").fill("cents only");
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  await dialog.getByRole("button", { name: "Keep both changes" }).click();
  await dialog.waitFor({ state: "detached" });
  expect(portal.get("codebase", "money-types").spec).toMatchObject({
    description: "cents only",
    jiraServer: "of-somebody",
  });
});

test("a branch is created with its codebase as owner, and edited", async () => {
  const { page } = await portal.visit("developer", `/branches?ns=${place}`);
  await page.getByRole("button", { name: "Create branch" }).click();
  await choose(page, "Codebase", "ledger");
  await page.getByRole("dialog").getByLabel("Branch", { exact: true }).fill("feature/cents");
  await page.getByRole("dialog").getByRole("button", { name: "Create branch" }).click();
  const row = page.locator(`[data-testid^="row-${place}/ledger-feature-cents-"]`);
  await row.waitFor();
  const name = (await row.getAttribute("data-testid"))?.split("/")[1] ?? "";
  const made = portal.get("codebasebranch", name);
  expect(made.metadata.ownerReferences?.[0]).toMatchObject({ kind: "Codebase", name: "ledger" });
  expect(made.metadata.labels?.["app.edp.epam.com/codebaseName"]).toBe("ledger");

  await portal.go(page, `/branches?ns=${place}&open=${place}%2F${name}`);
  await page.getByTestId("drawer").getByRole("button", { name: "Edit" }).click();
  const dialog = page.getByRole("dialog", { name: "Edit ledger / feature/cents" });
  await dialog.getByLabel("Version").fill("2.1.0-SNAPSHOT");
  await dialog.getByLabel("Pipeline of review").fill("slow-review");
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  expect(portal.get("codebasebranch", name).spec).toMatchObject({
    branchName: "feature/cents",
    version: "2.1.0-SNAPSHOT",
    pipelines: { review: "slow-review" },
  });
});

test("of many branches those that are deployed stay, and say so", async () => {
  const { page } = await portal.visit("developer", `/branches?ns=${place}&q=ledger`);
  const kept = page.locator(`[data-testid^="row-${place}/ledger-main-"]`);
  const gone = page.locator(`[data-testid^="row-${place}/ledger-release-"]`);
  await kept.getByRole("checkbox").check();
  await gone.getByRole("checkbox").check();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await page.getByText(/^1 of 2 codebase branches not deleted/).waitFor();
  const told = page.getByRole("dialog", { name: "One was kept" });
  await told.getByText(/ledger-main is deployed by payments/).waitFor();
  await told.getByRole("button", { name: "Close" }).first().click();
  await gone.waitFor({ state: "detached" });
  await kept.waitFor();
});

test("a CD pipeline is created, and stages are added in their order", async () => {
  const { page } = await portal.visit("developer", `/deployments?ns=${place}`);
  await page.getByRole("button", { name: "Create pipeline" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("e2e-books");
  await dialog.getByRole("checkbox", { name: "ledger" }).check();
  await dialog.getByRole("button", { name: /^Create/ }).click();
  const card = page.getByTestId(`pipeline-${place}/e2e-books`);
  for (const name of ["dev", "prod"]) {
    await card.getByRole("button", { name: "Add stage" }).click();
    await page.getByRole("dialog").getByLabel("Name", { exact: true }).fill(name);
    await page.getByRole("dialog").getByRole("button", { name: "Add stage" }).click();
    await page.getByTestId(`stage-${place}/e2e-books-${name}`).waitFor();
  }
  expect(portal.get("cdpipeline", "e2e-books").spec).toMatchObject({
    applications: ["ledger"],
    inputDockerStreams: ["ledger-main"],
  });
  const orders = ["dev", "prod"].map(
    (name) => portal.get("stage", `e2e-books-${name}`).spec["order"],
  );
  expect(orders).toEqual([0, 1]);
});

test("a CD pipeline edited by two: of its lists, which go in pairs, one side is taken whole", async () => {
  const { page } = await portal.visit("developer", `/deployments?ns=${place}&open=${place}%2Frisk`);
  await page.getByTestId("drawer").getByRole("button", { name: "Edit" }).click();
  const dialog = page.getByRole("dialog", { name: "Edit risk" });
  await dialog.getByRole("checkbox", { name: "ledger", exact: true }).check();
  await dialog.getByRole("checkbox", { name: "Promote card-vault" }).uncheck();
  await dialog.getByLabel("Description").fill("decides");
  // Somebody else takes an application out in the meantime.
  portal.patch("cdpipeline", "risk", {
    spec: {
      applications: ["fraud-scoring"],
      inputDockerStreams: ["fraud-scoring-main"],
      applicationsToPromote: ["fraud-scoring"],
    },
  });
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  const conflict = dialog.getByTestId("conflict");
  await conflict.getByRole("radio", { name: /^Theirs/ }).click();
  await conflict.getByRole("radio", { name: /^Mine/ }).click();
  await conflict.getByRole("button", { name: "Save what is chosen" }).click();
  await dialog.waitFor({ state: "detached" });
  expect(portal.get("cdpipeline", "risk").spec).toMatchObject({
    description: "decides",
    applications: ["fraud-scoring", "card-vault", "ledger"],
    inputDockerStreams: ["fraud-scoring-main", "card-vault-main", "ledger-main"],
    applicationsToPromote: ["fraud-scoring", "ledger"],
  });
});

test("a stage gets another trigger and one gate more; what the form does not show stays", async () => {
  const { page } = await portal.visit("developer", `/deployments?ns=${place}`);
  const stage = page.getByTestId(`stage-${place}/payments-dev`);
  await stage.getByRole("button", { name: "Edit stage dev" }).click();
  await choose(page, "Deploys", "When somebody says so");
  const dialog = page.getByRole("dialog", { name: "Edit payments-dev" });
  await dialog.getByRole("button", { name: "Add gate" }).click();
  await dialog.getByLabel("Step").nth(1).fill("sign-off");
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  await stage.getByText("Manual").waitFor();
  expect(portal.get("stage", "payments-dev").spec).toMatchObject({
    order: 0,
    source: { type: "default" },
    triggerType: "Manual",
    qualityGates: [
      {
        qualityGateType: "autotests",
        stepName: "smoke",
        autotestName: "payments-e2e",
        branchName: "main",
      },
      { qualityGateType: "manual", stepName: "sign-off" },
    ],
  });
});

test("a run is run again, and the new one is cancelled", async () => {
  const done = portal
    .list("pipelineruns", "-l", "app.edp.epam.com/pipelinetype=build")
    .find(({ status }) => status?.["completionTime"]);
  const name = done?.metadata.name ?? "";
  const { page } = await portal.visit("developer", `/pipelines/${place}/${name}`);
  await page.getByRole("button", { name: "Run again" }).click();
  await page.getByRole("heading", { level: 1, name: /^r-/ }).waitFor();
  const again = (await page.getByRole("heading", { level: 1 }).textContent()) ?? "";
  // Its log is followed from the first line on.
  await page.getByTestId("task-fetch-repository").click();
  await page.getByRole("log").getByText("fetch-repository of").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.locator('[data-phase="cancelled"]').first().waitFor();
  expect(portal.get("pipelinerun", again).spec).toMatchObject({
    pipelineRef: done?.spec["pipelineRef"],
    status: "CancelledRunFinally",
  });
});

test("an approval is rejected with the reason", async () => {
  portal.askForApproval("e2e-reject", "Ship on a Friday?");
  const { page } = await portal.visit("developer", `/approvals?ns=${place}&q=Friday`);
  await page.getByRole("button", { name: "Reject" }).click();
  await page.getByRole("dialog").getByLabel("Comment").fill("on Monday");
  await page.getByRole("dialog").getByRole("button", { name: "Reject" }).click();
  await page.locator('[data-testid="status"]', { hasText: "Rejected" }).waitFor();
  expect(portal.get("approvaltask", "e2e-reject").spec).toMatchObject({
    action: "Rejected",
    approve: { approvedBy: "developer", comment: "on Monday" },
  });
});

test("a session ended elsewhere leads to sign-in, and back to the same place", async () => {
  const { page } = await portal.visit("viewer", `/links?ns=${place}&q=argo`, {
    fresh: true,
  });
  await page.getByTestId(`row-${place}/argocd`).waitFor();
  const address = page.url();
  const elsewhere = await portal.visit("viewer", "/", { fresh: true });
  await elsewhere.page.getByRole("button", { name: /^Account of/ }).click();
  await elsewhere.page.getByRole("menuitem", { name: "My sessions" }).click();
  await elsewhere.page.getByRole("button", { name: /others/ }).click();
  // Nobody touches the first page: it hears of the end over its socket.
  await page.getByTestId("persona-viewer").click();
  await page.getByTestId(`row-${place}/argocd`).waitFor();
  expect(page.url()).toBe(address);
});

test("a right taken away while a form is open greys its button out, live", async () => {
  const { page } = await portal.visit("developer", "/codebases");
  const dialog = await edit(page, "ledger");
  const save = dialog.getByRole("button", { name: "Save", exact: true });
  await expect.poll(() => save.getAttribute("aria-disabled")).toBe(null);
  const rights = JSON.parse(
    portal.kubectl("get", "clusterrole", "portal-developer", "-o", "json"),
  ) as {
    rules: { resources: string[] }[];
  };
  const change = (rules: object[]) =>
    portal.kubectl(
      ...["patch", "clusterrole", "portal-developer", "--type", "merge"],
      ...["-p", JSON.stringify({ rules })],
    );
  change(rights.rules.filter(({ resources }) => !resources.includes("codebases")));
  await expect.poll(() => save.getAttribute("aria-disabled"), { timeout: 20_000 }).toBe("true");
  await save.hover();
  await page.getByRole("tooltip").waitFor();
  change(rights.rules);
  await expect.poll(() => save.getAttribute("aria-disabled"), { timeout: 20_000 }).toBe(null);
});

test("a run is started of a pipeline with the parameters that it declares", async () => {
  const { page } = await portal.visit("developer", `/pipelines?ns=${place}&create=true`);
  await choose(page, "Pipeline", "security");
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Run", exact: true }).click();
  await dialog.getByText("security needs the parameter git-source-url").waitFor();
  await dialog.getByLabel("git-source-url").fill("https://git.example.com/acme/ledger");
  await choose(page, "severity", "low");
  await dialog.getByRole("button", { name: "Run", exact: true }).click();
  const title = page.getByRole("heading", { level: 1, name: /^security-/ });
  await title.waitFor();
  const run = portal.get("pipelinerun", (await title.textContent()) ?? "");
  expect(run.metadata.labels?.["app.edp.epam.com/pipelinetype"]).toBe("security");
  // What was left as it is keeps the pipeline's own default.
  expect(run.spec).toMatchObject({
    pipelineRef: { name: "security" },
    // Of the TriggerTemplate that the pipeline's label names, filled with its default.
    taskRunTemplate: { serviceAccountName: "tekton" },
    workspaces: [
      { name: "shared-workspace", volumeClaimTemplate: {} },
      { name: "ssh-creds", secret: { secretName: "ci-github" } },
    ],
    params: [
      { name: "git-source-url", value: "https://git.example.com/acme/ledger" },
      { name: "severity", value: "low" },
    ],
  });
  await page.getByTestId("task-scan").waitFor();
});

test("what its label protects is not deleted: the button says why at once, the server too", async () => {
  const { page } = await portal.visit("developer", `/branches?ns=${place}&q=invoice-renderer`);
  const row = page.locator(`[data-testid^="row-${place}/invoice-renderer-main-"]`);
  await row.waitFor();
  const id = ((await row.getAttribute("data-testid")) ?? "").replace("row-", "");
  const name = id.split("/")[1] ?? "";
  await portal.go(page, `/branches?ns=${place}&open=${encodeURIComponent(id)}`);
  const remove = page.getByTestId("drawer").getByRole("button", { name: "Delete" });
  await expect.poll(() => remove.getAttribute("aria-disabled")).toBe(null);
  const label = "app.edp.epam.com/edit-protection";
  portal.kubectl("label", "codebasebranch", name, "-n", place, `${label}=update-delete`);
  await expect.poll(() => remove.getAttribute("aria-disabled")).toBe("true");
  await remove.hover();
  await page.getByRole("tooltip", { name: /protected from deletion by its label/ }).waitFor();
  const answer = await page.request.post(`${portal.url}/trpc/codebaseBranches.deleteMany`, {
    data: { items: [{ name, namespace: place }] },
    headers: { origin: portal.url },
  });
  expect(await answer.text()).toContain("protected from deletion");
  expect(portal.get("codebasebranch", name).metadata.name).toBe(name);
});

test("any kind is changed by who may: others, and what a label protects, are told why not", async () => {
  const kind = "quicklinks.v1.v2.edp.epam.com";
  const path = `/explore?ns=${place}&kind=${kind}&open=${place}%2Fgrafana`;
  const { page: reader } = await portal.visit("viewer", path);
  const { page } = await portal.visit("developer", path);
  const remove = (of: Page) =>
    of.getByTestId("drawer").getByRole("button", { name: "Delete", exact: true });
  await expect.poll(() => remove(reader).getAttribute("aria-disabled")).toBe("true");
  await remove(reader).hover();
  await reader.getByRole("tooltip", { name: /may not delete quicklinks/ }).waitFor();
  await expect.poll(() => remove(page).getAttribute("aria-disabled")).toBe(null);

  const label = "app.edp.epam.com/edit-protection";
  portal.kubectl("label", "quicklink", "grafana", "-n", place, `${label}=update-delete`);
  await page.reload();
  await expect.poll(() => remove(page).getAttribute("aria-disabled")).toBe("true");
  const check = page.getByTestId("drawer").getByRole("button", { name: "Check" });
  await check.hover();
  await page.getByRole("tooltip", { name: /protected from changes by its label/ }).waitFor();
});
