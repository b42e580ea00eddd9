/**
 * A live list of 10,000 objects under a storm of changes, in headless Chromium: @fairlead/react against
 * a map copied into the query cache per event, in one run, on one server. Then two tabs on one socket.
 *
 *   node bench/ui/run.mjs [--seconds 20] [--rate 200] [--items 10000] [--rows 10000,100] [--soak 0]
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { build, preview, runnerImport } from "vite";

const here = import.meta.dirname;
const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "20" },
    rate: { type: "string", default: "200" },
    items: { type: "string", default: "10000" },
    rows: { type: "string", default: "10000,100" },
    soak: { type: "string", default: "0" },
    json: { type: "string" },
    browser: { type: "string", default: process.env.CHROMIUM ?? "/usr/bin/chromium" },
  },
});
const seconds = Number(values.seconds);
const rate = Number(values.rate);
const itemCount = Number(values.items);

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--enable-precise-memory-info",
];

async function startServers(folder) {
  const tests = resolve(here, "../../packages/react/tests");
  const { WidgetCluster } = (await runnerImport(join(tests, "cluster.ts"))).module;
  const { startPeer } = (await runnerImport(join(tests, "peer.ts"))).module;
  // The imports above set it for development, and React's development build is not what users run.
  process.env.NODE_ENV = "production";
  const cluster = new WidgetCluster();
  for (let n = 0; n < itemCount; n += 1) cluster.add("team-a", `widget-${n}`, { size: n });
  cluster.compact();
  const peer = await startPeer(cluster);
  const shared = { root: join(here, "app"), logLevel: "silent", configFile: false };
  await build({ ...shared, build: { outDir: folder, emptyOutDir: true } });
  const proxy = {
    "/trpc": { target: peer.httpUrl, ws: true, rewrite: (path) => path.replace(/^\/trpc/, "") },
  };
  const web = await preview({
    ...shared,
    build: { outDir: folder },
    preview: { port: 0, host: "127.0.0.1", proxy },
  });
  return { cluster, peer, web, url: web.resolvedUrls.local[0] };
}

/** Changes random objects at the rate asked for, whatever the timer's precision. */
function startStorm(cluster) {
  const started = performance.now();
  let made = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - started) / 1000) * rate);
    for (; made < due; made += 1) {
      const index = Math.floor(Math.random() * itemCount);
      cluster.change("team-a", `widget-${index}`, { size: made });
    }
  }, 5);
  return () => {
    clearInterval(timer);
    return made;
  };
}

function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Durations of the main thread's tasks, from Chromium's own trace. */
function taskDurations(trace) {
  const { traceEvents } = JSON.parse(trace.toString());
  const main = new Set();
  for (const event of traceEvents) {
    const isMain = event.name === "thread_name" && event.args.name === "CrRendererMain";
    if (isMain) main.add(`${event.pid}:${event.tid}`);
  }
  return traceEvents
    .filter((event) => event.name.endsWith("RunTask") && main.has(`${event.pid}:${event.tid}`))
    .map((event) => (event.dur ?? 0) / 1000)
    .filter((duration) => duration >= 1)
    .sort((left, right) => left - right);
}

async function openPage(context, url, query) {
  const page = await context.newPage();
  page.on("pageerror", (error) => console.error(error));
  await page.goto(`${url}?${query}`);
  await page.waitForFunction((count) => window.stats?.items === count, itemCount, {
    timeout: 60_000,
  });
  return page;
}

async function heapOf(session) {
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  return usedSize / 1024 / 1024;
}

async function busyMs(session) {
  const { metrics } = await session.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "TaskDuration").value * 1000;
}

async function measure(browser, servers, { mode, rows, duration = seconds }) {
  const context = await browser.newContext();
  const page = await openPage(context, servers.url, `mode=${mode}&rows=${rows}`);
  const session = await context.newCDPSession(page);
  await session.send("Performance.enable");
  const stop = startStorm(servers.cluster);
  await page.waitForTimeout(2_000);
  const readStats = () => page.evaluate(() => ({ ...window.stats, at: performance.now() }));
  const heapBefore = await heapOf(session);
  const isTraced = duration <= 60;
  if (isTraced) await browser.startTracing(page, { categories: ["toplevel", "disabled-by-default-devtools.timeline", "__metadata"] });
  const before = await readStats();
  const busy = await busyMs(session);
  await page.waitForTimeout(duration * 1000);
  const after = await readStats();
  const elapsed = after.at - before.at;
  const busyShare = ((await busyMs(session)) - busy) / elapsed;
  const tasks = isTraced ? taskDurations(await browser.stopTracing()) : [];
  const heapAfter = await heapOf(session);
  stop();
  await context.close();
  const perSecond = (name) => (after[name] - before[name]) / (elapsed / 1000);
  return {
    mode,
    rows,
    busyPercent: busyShare * 100,
    taskP50Ms: percentile(tasks, 0.5),
    taskP95Ms: percentile(tasks, 0.95),
    taskMaxMs: tasks.at(-1) ?? 0,
    longTasks: tasks.filter((task) => task > 50).length,
    tableRendersPerSecond: perSecond("tableRenders"),
    mostRendersInAFrame: after.mostRendersInAFrame,
    rowRendersPerSecond: perSecond("rowRenders"),
    heapBeforeMB: heapBefore,
    heapAfterMB: heapAfter,
  };
}

async function measureTabs(browser, servers) {
  const context = await browser.newContext();
  const before = servers.peer.openedSockets();
  const first = await openPage(context, servers.url, "tabs&rows=10");
  const second = await openPage(context, servers.url, "tabs&rows=10");
  servers.cluster.change("team-a", "widget-0", { size: -1 });
  for (const page of [first, second]) await page.getByText("-1", { exact: true }).waitFor();
  const sockets = servers.peer.openedSockets() - before;
  await first.close();
  servers.cluster.change("team-a", "widget-0", { size: -2 });
  await second.getByText("-2", { exact: true }).waitFor();
  const afterTakeover = servers.peer.socketCount();
  await context.close();
  return { tabs: 2, sockets, socketsAfterTheLeaderClosed: afterTakeover };
}

const folder = mkdtempSync(join(tmpdir(), "fairlead-bench-ui-"));
const servers = await startServers(join(folder, "dist"));
const browser = await chromium.launch({ executablePath: values.browser, args: flags });
const report = { seconds, rate, items: itemCount, results: [], ratios: [], tabs: null, soak: null };
try {
  for (const rows of values.rows.split(",").map(Number)) {
    const [ours, theirs] = [
      await measure(browser, servers, { mode: "fairlead", rows }),
      await measure(browser, servers, { mode: "copy", rows }),
    ];
    report.results.push(ours, theirs);
    report.ratios.push({
      rows,
      mainThread: theirs.busyPercent / ours.busyPercent,
      renders: theirs.tableRendersPerSecond / ours.tableRendersPerSecond,
    });
  }
  report.tabs = await measureTabs(browser, servers);
  if (Number(values.soak) > 0) {
    const duration = Number(values.soak);
    report.soak = await measure(browser, servers, { mode: "fairlead", rows: 100, duration });
  }
} finally {
  await browser.close();
  await servers.web.close();
  await servers.peer.close();
  rmSync(folder, { recursive: true, force: true });
}
console.table(report.results);
console.table(report.ratios);
console.log(report.tabs);
if (report.soak) console.table([report.soak]);
if (values.json) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
process.exit(0);
