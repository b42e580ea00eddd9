/** The programs that the measurements of the portal need: itself with a dev cluster, and a storm of changes. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";

const root = resolve(import.meta.dirname, "../..");
const python = join(root, ".venv/bin/python");

/** Starts a program and waits until it has said `text`. */
async function start(command, text, environment = {}) {
  const child = spawn(python, command, { cwd: root, env: { ...process.env, ...environment } });
  let output = "";
  await new Promise((done, failed) => {
    const listen = (data) => {
      output += data;
      if (output.includes(text)) done();
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    child.once("exit", (code) => failed(new Error(`ended with ${code}:\n${output}`)));
  });
  return child;
}

async function stop(child) {
  child.removeAllListeners("exit");
  child.kill("SIGTERM");
  await new Promise((done) => (child.exitCode === null ? child.once("exit", done) : done()));
}

/** Where a portal of its own listens, for as long as `work` takes; with `objects`, a storm of them changes beside it. */
export async function withPortal({ port, objects, rate }, work) {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-bench-portal-"));
  const children = [];
  try {
    const serve = ["-m", "fairlead", "dev", "portal.app:app", "--app-dir", "apps/portal/server"];
    const data = ["--no-reload", "--seed", "apps/portal/cluster", "--data", folder];
    const plain = { KUBECONFIG: "", PORTAL_USER: "" };
    const portal = await start([...serve, ...data, "--port", port], "Press Ctrl-C", plain);
    children.push(portal);
    if (objects) {
      const storm = ["bench/portal/storm.py", join(folder, "kubeconfig")];
      children.push(await start([...storm, "--objects", objects, "--rate", rate], "filled"));
    }
    await work({ portal, url: `http://127.0.0.1:${port}` });
  } finally {
    for (const child of children.reverse()) await stop(child);
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The same with a browser that has a folder of its own, as a user's has: there the browser keeps what it has compiled
 * of a page's scripts. In a private window, which is what `browser.newContext()` opens, it compiles all anew each time.
 */
export async function withBrowser({ browser: executablePath, ...options }, work) {
  const args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];
  const viewport = { width: 1440, height: 900 };
  await withPortal(options, async (started) => {
    const profile = mkdtempSync(join(tmpdir(), "fairlead-bench-browser-"));
    try {
      const context = await chromium.launchPersistentContext(profile, { executablePath, args, viewport });
      try {
        await work({ ...started, context });
      } finally {
        await context.close();
      }
    } finally {
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    }
  });
}
