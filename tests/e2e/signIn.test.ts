/** Signing in with a certified provider, in headless Chromium: refresh rotation on, tokens of seconds. */
import type { AppRouter } from "@portal/shared";
import {
  createTRPCClient,
  createWSClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  type TRPCLink,
  wsLink,
} from "@trpc/client";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { launchBrowser } from "./support/browser.ts";
import { type RunningProvider, signInAtProvider, startProvider } from "./support/oidcProvider.ts";
import {
  findPort,
  kubectl,
  listCodebases,
  makeFolder,
  type Running,
  startPortal,
} from "./support/processes.ts";

const folder = makeFolder();
let provider: RunningProvider;
let portal: { url: string; running: Running };
let browser: Browser;

beforeAll(async () => {
  const port = await findPort();
  provider = await startProvider(`http://127.0.0.1:${port}`);
  portal = await startPortal(folder, {
    port,
    environment: {
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: provider.clientId,
      OIDC_CLIENT_SECRET: provider.clientSecret,
      OIDC_SCOPES: "openid profile groups",
      OIDC_CLUSTER_TOKEN: "none",
      OIDC_LABEL: "The company",
    },
  });
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await portal?.running.stop();
  await provider?.stop();
});

/** Opens a page as somebody who has not signed in here, and signs in. */
async function open(path: string, login = "admin"): Promise<Page> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(portal.url + path);
  await page.getByRole("link", { name: "Continue with The company" }).click();
  await signInAtProvider(page, login);
  await page.getByTestId("connection").getByText("Live").waitFor();
  return page;
}

/** Ends the session at the provider, which tells the portal behind the browser's back. */
async function signOutAtProvider(page: Page): Promise<void> {
  const elsewhere = await page.context().newPage();
  await elsewhere.goto(`${provider.issuer}/session/end`);
  await elsewhere.locator('button[value="yes"]').click();
  // It tells the portal first. Who signs in before it has ended its own session is still known to it, and asked nothing.
  await elsewhere.waitForURL(/\/session\/end\/success/);
  await elsewhere.close();
}

test("sign-in leads back to the same place, and to the right user", async () => {
  const page = await open("/codebases?q=vault");
  expect(page.url()).toBe(`${portal.url}/codebases?q=vault`);
  await page.getByRole("button", { name: "Account of The admin" }).waitFor();
  const cookies = await page.context().cookies(portal.url);
  const ours = cookies.filter(({ name }) => name.startsWith("fairlead"));
  expect(ours).toHaveLength(1);
  expect(ours[0]).toMatchObject({ httpOnly: true, sameSite: "Lax", path: "/" });
  await page.context().close();
});

test("tokens are refreshed again and again, and the page stays live", async () => {
  const page = await open("/codebases");
  const before = provider.refreshes();
  const left: string[] = [];
  page.on("framenavigated", (frame) => left.push(frame.url()));
  while (provider.refreshes() < before + 2) await new Promise((done) => setTimeout(done, 50));
  const [namespace = "", name = ""] = listCodebases(folder)[0]?.split("/") ?? [];
  const row = page.locator(`[data-testid="row-${namespace}/${name}"]`);
  await row.waitFor();
  kubectl(folder, "delete", "codebase", name, "-n", namespace);
  await row.waitFor({ state: "detached" });
  expect(await page.getByTestId("connection").first().textContent()).toContain("Live");
  expect(left).toEqual([]);
  expect(provider.complaints).toEqual([]);
  await page.context().close();
});

test("a session that the provider ends leads to sign-in once, and what was typed is kept", async () => {
  const page = await open("/codebases");
  await page.getByRole("button", { name: "Create codebase" }).first().click();
  await page.getByRole("dialog").getByLabel("Name", { exact: true }).fill("typed-before");
  const place = page.url();
  const visited: string[] = [];
  page.on("request", (request) => {
    if (request.isNavigationRequest()) visited.push(new URL(request.url()).pathname);
  });
  await signOutAtProvider(page);
  const link = page.getByRole("link", { name: "Continue with The company" });
  await link.waitFor();
  expect(visited).toEqual(["/sign-in"]);
  await link.click();
  await signInAtProvider(page, "admin");
  await page.getByRole("dialog").waitFor();
  expect(page.url()).toBe(place);
  const name = page.getByRole("dialog").getByLabel("Name", { exact: true });
  expect(await name.inputValue()).toBe("typed-before");
  // A refresh may have come just after the provider's end; the portal was told all the same.
  expect(provider.complaints.filter((text) => text.startsWith("back channel"))).toEqual([]);
  await page.context().close();
});

test("what one user typed is not shown to the next", async () => {
  const page = await open("/codebases?create=true");
  const name = page.getByRole("dialog").getByLabel("Name", { exact: true });
  await name.fill("of-the-first");
  await signOutAtProvider(page);
  await page.getByRole("link", { name: "Continue with The company" }).click();
  await signInAtProvider(page, "viewer");
  await page.getByRole("dialog").waitFor();
  expect(await name.inputValue()).toBe("");
  await page.context().close();
});

test("every link of the official client says UNAUTHORIZED, once and typed", async () => {
  const http = `${portal.url}/trpc`;
  const wsClient = createWSClient({
    url: http.replace("http", "ws"),
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
    retryDelayMs: () => 10,
  });
  const links = {
    single: httpLink({ url: http }),
    batch: httpBatchLink({ url: http }),
    streamed: httpBatchStreamLink({ url: http }),
    socket: wsLink({ client: wsClient }),
  };
  for (const [name, link] of Object.entries(links)) {
    const client = createTRPCClient<AppRouter>({ links: [link as TRPCLink<AppRouter>] });
    const failed = await client.account.me.query().catch((error: unknown) => error);
    expect(failed, name).toMatchObject({ data: { code: "UNAUTHORIZED" } });
  }
  const client = createTRPCClient<AppRouter>({ links: [links.socket as TRPCLink<AppRouter>] });
  const errors: unknown[] = [];
  const told = new Promise<void>((done) => {
    client.codebases.watch.subscribe(
      {},
      {
        onError(error) {
          errors.push(error);
          done();
        },
      },
    );
  });
  await told;
  // Any attempt to subscribe anew would show before the answer to this.
  await client.health.query();
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatchObject({ data: { code: "UNAUTHORIZED" } });
  await wsClient.close();
});

test("sign-out ends the other tabs, and the session with them", async () => {
  const page = await open("/codebases");
  const other = await page.context().newPage();
  await other.goto(`${portal.url}/pipelines`);
  await other.getByTestId("connection").getByText("Live").waitFor();
  const cookies = await page.context().cookies(portal.url);
  await page.getByRole("button", { name: /Account of/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await other.getByRole("link", { name: "Continue with The company" }).waitFor();
  expect(new URL(other.url()).searchParams.get("return_to")).toBe("/pipelines");
  await page.locator('button[value="yes"]').click(); // the provider asks, for it got no ID token
  await page.getByRole("link", { name: "Continue with The company" }).waitFor();
  const again = await browser.newContext();
  await again.addCookies(cookies);
  const answer = await again.request.get(`${portal.url}/trpc/account.me`);
  expect(answer.status()).toBe(401);
  await again.close();
  await page.context().close();
});
