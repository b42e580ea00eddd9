/**
 * Lighthouse on the portal's main pages, signed in, as `make run` serves them.
 *
 *   bench/run lighthouse [--preset desktop|mobile] [--pages overview,run] [--as admin] [--check]
 *
 * `--check` ends with an error where a performance or an accessibility is below 95. With `--why` the audits that cost
 * points are named; `--json DIR` keeps the whole reports.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import lighthouse, { desktopConfig } from "lighthouse";
import { chromium } from "playwright-core";
import { withPortal } from "../portal/programs.mjs";

const { values } = parseArgs({
  options: {
    preset: { type: "string", default: "desktop" },
    pages: { type: "string" },
    as: { type: "string", default: "admin" },
    port: { type: "string", default: "8766" },
    debug: { type: "string", default: "9366" },
    json: { type: "string" },
    why: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    browser: { type: "string", default: process.env.CHROMIUM ?? "/usr/bin/chromium" },
  },
});
const GOAL = 95;
const categories = ["performance", "accessibility", "best-practices"];
const paths = {
  overview: "/",
  pipelines: "/pipelines",
  run: null, // the newest run that has succeeded
  codebases: "/codebases",
  deployments: "/deployments",
  workloads: "/workloads",
  "sign-in": "/sign-in",
};

/** Signs in, and returns the address of a run. */
async function signIn(context, url) {
  const page = await context.newPage();
  await page.goto(`${url}/sign-in`);
  await page.getByTestId(`persona-${values.as}`).click();
  await page.getByTestId("connection").waitFor();
  await page.goto(`${url}/pipelines?status=succeeded`);
  const run = await page.locator("[data-row-link]").first().getAttribute("href");
  await page.close();
  return run.split("?")[0];
}

async function audit(address) {
  const flags = {
    port: Number(values.debug),
    onlyCategories: categories,
    logLevel: "error",
    // The session's cookie stays; the browser's cache is emptied.
    clearStorageTypes: ["file_systems", "shader_cache", "service_workers", "cache_storage"],
  };
  for (let tries = 3; ; tries--) {
    const { lhr } = await lighthouse(address, flags, values.preset === "desktop" ? desktopConfig : undefined);
    if (!lhr.runtimeError) return lhr;
    // Now and then the trace that Chromium recorded lacks its beginning.
    if (lhr.runtimeError.code !== "NO_NAVSTART" || tries === 1) throw new Error(`${address}: ${lhr.runtimeError.message}`);
  }
}

const score = (lhr, name) => Math.round(lhr.categories[name].score * 100);
const metric = (lhr, name) => Math.round(lhr.audits[name].numericValue * 1000) / 1000;

/** The audits that cost points, the dearest first. */
function explain(lhr) {
  for (const name of categories) {
    const refs = lhr.categories[name].auditRefs.filter(({ weight }) => weight > 0);
    for (const { id } of refs) {
      const found = lhr.audits[id];
      if (found.score === null || found.score >= 0.9) continue;
      console.log(`  ${name}: ${found.title} ${found.displayValue ?? ""}`);
      for (const item of found.details?.items?.slice(0, 5) ?? []) {
        if (item.node) console.log(`    ${item.node.selector}: ${item.node.snippet}`);
      }
    }
  }
}

async function measure(url) {
  const profile = mkdtempSync(join(tmpdir(), "fairlead-lighthouse-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: values.browser,
    args: ["--no-sandbox", "--disable-gpu", `--remote-debugging-port=${values.debug}`],
  });
  try {
    const run = await signIn(context, url);
    const wanted = values.pages?.split(",") ?? Object.keys(paths);
    const rows = [];
    for (const name of wanted) {
      const lhr = await audit(url + (paths[name] ?? run));
      rows.push({
        page: name,
        performance: score(lhr, "performance"),
        accessibility: score(lhr, "accessibility"),
        "best practices": score(lhr, "best-practices"),
        "first paint, s": metric(lhr, "first-contentful-paint") / 1000,
        "largest paint, s": metric(lhr, "largest-contentful-paint") / 1000,
        "blocked, ms": Math.round(metric(lhr, "total-blocking-time")),
        shift: metric(lhr, "cumulative-layout-shift"),
        // About 1500 for the machine that the factor of `--preset mobile` is meant for; others work while it is lower than usual.
        machine: Math.round(lhr.environment.benchmarkIndex),
        kB: Math.round(lhr.audits["total-byte-weight"].numericValue / 1024),
      });
      if (values.why) {
        console.log(`${name}: ${lhr.finalDisplayedUrl}`);
        explain(lhr);
      }
      if (values.json) {
        mkdirSync(values.json, { recursive: true });
        writeFileSync(join(values.json, `${name}-${values.preset}.json`), JSON.stringify(lhr));
      }
    }
    return rows;
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

await withPortal(values, async ({ url }) => {
  const rows = await measure(url);
  console.table(rows);
  const missed = rows.filter((row) => row.performance < GOAL || row.accessibility < GOAL);
  for (const { page } of missed) console.error(`${page} is below ${GOAL}`);
  if (values.check && missed.length > 0) process.exitCode = 1;
});
