/** What only a browser has: Web Locks, tabs that close, animation frames, a network to switch off. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { build, type PreviewServer, preview } from "vite";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "../eventually.js";
import { type Peer, startPeer } from "../peer.js";

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const isMissing = !existsSync(executablePath) && !process.env["CI"];
const root = join(import.meta.dirname, "page");
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");

describe.skipIf(isMissing)("in Chromium", () => {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-react-"));
  const shared = { root, configFile: false, logLevel: "silent" } as const;
  let browser: Browser;
  let context: BrowserContext;
  let peer: Peer;
  let web: PreviewServer;

  beforeAll(async () => {
    await build({ ...shared, build: { outDir: folder, emptyOutDir: true } });
    // The usual flags for a container: no sandbox as root, nothing that calls home.
    const args = [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ];
    browser = await chromium.launch({ executablePath, args });
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  beforeEach(async () => {
    peer = await startPeer();
    const rewrite = (path: string) => path.replace(/^\/trpc/, "");
    const proxy = { "/trpc": { target: peer.httpUrl, ws: true, rewrite } };
    const options = { port: 0, host: "127.0.0.1", proxy };
    web = await preview({ ...shared, build: { outDir: folder }, preview: options });
    context = await browser.newContext();
  });

  afterEach(async () => {
    await context.close();
    await web.close();
    await peer.close();
  });

  async function openTab(): Promise<Page> {
    const page = await context.newPage();
    await page.goto(web.resolvedUrls?.local[0] ?? "");
    await page.locator("output[data-state=live]").waitFor();
    return page;
  }

  const show = (page: Page, name: string) => page.getByText(name, { exact: true }).waitFor();

  test("two tabs are live on one socket, and the second takes over from the first", async () => {
    const first = await openTab();
    const second = await openTab();
    peer.cluster.add("a", "one");
    await Promise.all([show(first, "one"), show(second, "one")]);
    expect(peer.openedSockets()).toBe(1);
    await first.close();
    peer.cluster.add("a", "two");
    await show(second, "two");
    await eventually(() => expect(peer.socketCount()).toBe(1));
  });

  test("a tab that reloads, leader or not, disturbs nobody", async () => {
    const first = await openTab();
    const second = await openTab();
    await first.reload();
    await first.locator("output[data-state=live]").waitFor();
    peer.cluster.add("a", "one");
    await Promise.all([show(first, "one"), show(second, "one")]);
    await eventually(() => expect(peer.socketCount()).toBe(1));
  });

  test("a lost server shows in all tabs, and nothing deleted meanwhile stays", async () => {
    peer.cluster.add("a", "gone");
    const first = await openTab();
    const second = await openTab();
    await peer.stop();
    for (const page of [first, second]) {
      await page.locator("output[data-state=reconnecting]").waitFor();
    }
    peer.cluster.remove("a", "gone");
    peer.cluster.compact();
    peer.cluster.add("a", "came");
    await peer.restart();
    for (const page of [first, second]) {
      await show(page, "came");
      expect(await page.getByText("gone").count()).toBe(0);
    }
  });

  test("the page is accessible, colours included", async () => {
    peer.cluster.add("a", "one");
    const page = await openTab();
    await show(page, "one");
    await page.evaluate(axeSource);
    const violations = await page.evaluate("axe.run().then(({ violations }) => violations)");
    expect(violations).toEqual([]);
  });
});
