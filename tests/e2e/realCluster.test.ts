/**
 * `KUBECONFIG=... make run` against a real kube-apiserver with its controller manager, in headless Chromium.
 * The program is built by `make real-apiserver`; without it these tests are skipped, and say so.
 */
import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { launchBrowser } from "./support/browser.ts";
import { follow, pages, waitForPage } from "./support/pages.ts";
import { kubectl, makeFolder, type Running, root, seed, startPortal } from "./support/processes.ts";
import { openSignedIn, type Persona } from "./support/signIn.ts";

const program = join(root, "tests/realcluster/.bin/realcluster");
const isBuilt = existsSync(program);
const name = `the portal on a real kube-apiserver${isBuilt ? "" : " (not built: make real-apiserver)"}`;

/** Starts etcd, kube-apiserver and the controller manager; resolves once they are ready. */
async function startRealCluster(folder: string): Promise<() => Promise<void>> {
  const child = spawn(program, ["up", "--data", folder], { stdio: ["ignore", "pipe", "ignore"] });
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  await new Promise<void>((ready, fail) => {
    child.stdout.on("data", (text: Buffer) => text.includes("real cluster ready") && ready());
    child.once("exit", () => fail(new Error("the real cluster ended before it was ready")));
  });
  return async () => {
    child.kill("SIGTERM");
    await ended;
  };
}

describe.skipIf(!isBuilt)(name, () => {
  const folder = makeFolder();
  const place = "team-payments";
  let stopCluster: () => Promise<void>;
  let portal: { url: string; running: Running };
  let browser: Browser;

  beforeAll(async () => {
    stopCluster = await startRealCluster(folder);
    // As on any cluster: its administrator says who may do what.
    kubectl(folder, "create", "namespace", place);
    bind("ada", "cluster-admin", "admin");
    portal = await startPortal(makeFolder(), {
      environment: { KUBECONFIG: join(folder, "kubeconfig") },
    });
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await portal?.running.stop();
    await stopCluster?.();
  });

  function bind(as: string, role: string, user: string): void {
    kubectl(folder, "create", "clusterrolebinding", as, `--clusterrole=${role}`, `--user=${user}`);
  }

  async function visit(persona: Persona, path: string) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await openSignedIn(page, `${portal.url}${path}`, persona);
    return { page, errors };
  }

  const main = (page: Page, text: string | RegExp) => page.locator("main").getByText(text).first();

  test("pages whose kinds the cluster lacks say so; the others show what there is", async () => {
    const { page, errors } = await visit("admin", "/");
    const served = new Set(["/workloads", "/pods", "/explore", "/access", "/audit"]);
    for (const { path, title } of pages) {
      await follow(page, path);
      await waitForPage(page, title);
      const lacking = main(page, /The cluster does not serve this kind/);
      if (served.has(path)) expect(await lacking.isVisible(), path).toBe(false);
      else await lacking.waitFor();
      // The overview shows what any cluster has, beside what this one lacks.
      if (path === "/") await page.locator("main").getByText("deployments").first().waitFor();
    }
    await follow(page, "/explore");
    await main(page, "kube-root-ca.crt").waitFor();
    expect(errors).toEqual([]);
  });

  test("kinds that are added show, and everybody sees what the cluster's own roles allow", async () => {
    const { page: open } = await visit("admin", "/links");
    await main(open, /The cluster does not serve this kind/).waitFor();
    await seed(folder);
    await open.getByRole("button", { name: "Try again" }).first().click();
    await open.getByTestId(`row-${place}/argocd`).waitFor();

    const { page, errors } = await visit("viewer", `/?ns=${place}`);
    for (const { path, title, button } of pages.filter(({ path }) => path !== "/audit")) {
      await follow(page, `${path}?ns=${place}`);
      await waitForPage(page, title);
      expect(await main(page, /does not serve|You may not see/).isVisible(), path).toBe(false);
      if (!button) continue;
      const offered = page.getByRole("button", { name: button }).first();
      await expect
        .poll(() => offered.getAttribute("aria-disabled"), { message: path })
        .toBe("true");
    }
    expect(errors).toEqual([]);
    const { page: none } = await visit("nobody", `/codebases?ns=${place}`);
    await main(none, /You may not see codebases here/).waitFor();
  });

  test("writes are the user's own, what others do shows live, and a right taken away greys out", async () => {
    const { page, errors } = await visit("developer", `/links?ns=${place}`);
    const add = page.getByRole("button", { name: "Add link" }).first();
    await add.click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill("on-a-real-one");
    await dialog.getByLabel("Address").fill("https://real.example.com");
    await dialog.getByRole("button", { name: "Add link" }).click();
    const row = page.getByTestId(`row-${place}/on-a-real-one`);
    await row.waitFor();
    kubectl(folder, "delete", "quicklink", "on-a-real-one", "-n", place);
    await row.waitFor({ state: "detached" });

    kubectl(folder, "delete", "rolebinding", "portal-developer", "-n", place);
    await expect.poll(() => add.getAttribute("aria-disabled"), { timeout: 30_000 }).toBe("true");
    // And it is the cluster that refuses, whatever the page shows.
    const answer = await page.request.post(`${portal.url}/trpc/quickLinks.delete`, {
      data: { name: "argocd", namespace: place },
      headers: { origin: portal.url },
    });
    expect(answer.status()).toBe(403);
    expect(errors).toEqual([]);
  });

  test("a question that is answered already is created by nobody, and answered as oneself only", async () => {
    kubectl(folder, "apply", "-f", join(root, "apps/portal/deploy/approvals.yaml"));
    const file = join(folder, "approval.json");
    const write = (verb: "create" | "replace", spec: object, ...options: string[]) => {
      const head = { apiVersion: "edp.epam.com/v1alpha1", kind: "ApprovalTask" };
      const metadata = { name: "by-kubectl", namespace: place };
      writeFileSync(file, JSON.stringify({ ...head, metadata, spec }));
      try {
        return kubectl(folder, verb, "-f", file, ...options);
      } catch (error) {
        return String((error as { stderr?: unknown }).stderr);
      }
    };
    const me = kubectl(folder, "auth", "whoami", "-o", "jsonpath={.status.userInfo.username}");
    const decided = (by: string) => ({ action: "Approved", approve: { approvedBy: by } });
    // A policy holds a moment after it is there.
    await expect
      .poll(() => write("create", decided(me), "--dry-run=server"), { timeout: 30_000 })
      .toContain("A question begins without an answer");
    expect(write("create", { action: "Pending" })).toContain("created");
    expect(write("replace", decided("somebody-else"))).toContain("Who decides is who is signed in");
    expect(write("replace", decided(me))).toContain("replaced");
    expect(write("replace", { action: "Pending" })).toContain("what was decided stays");
  });

  test("the controllers' work shows: an application is scaled, and its pods come", async () => {
    const scaled = ["-n", place, "-o", "jsonpath={.spec.replicas}"];
    const { page, errors } = await visit("admin", `/workloads?ns=${place}&q=card-vault`);
    const id = encodeURIComponent(`${place}/card-vault-prod`);
    await follow(page, `/workloads?ns=${place}&open=${id}`);
    const drawer = page.getByTestId("drawer");
    await drawer.getByRole("button", { name: "One replica more" }).click();
    await drawer.getByRole("button", { name: "Scale" }).click();
    await expect
      .poll(() => kubectl(folder, "get", "deployment", "card-vault-prod", ...scaled))
      .toBe("3");
    await follow(page, `/pods?ns=${place}&q=card-vault-prod`);
    await expect.poll(() => page.locator('[data-testid^="row-"]').count()).toBeGreaterThan(2);
    expect(errors).toEqual([]);
  });
});
