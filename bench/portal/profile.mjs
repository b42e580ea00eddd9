/**
 * Where the page's time goes while its table of runs changes 100 times a second: by what the browser does, and by
 * function.
 *
 *   node bench/portal/profile.mjs [--objects 2000] [--rate 100] [--seconds 10] [--search "&sort=phase,name"]
 */
import { parseArgs } from "node:util";
import { withBrowser } from "./programs.mjs";

const { values } = parseArgs({
  options: {
    objects: { type: "string", default: "2000" },
    rate: { type: "string", default: "100" },
    seconds: { type: "string", default: "10" },
    search: { type: "string", default: "" },
    top: { type: "string", default: "25" },
    port: { type: "string", default: "8767" },
    browser: { type: "string", default: process.env.CHROMIUM ?? "/usr/bin/chromium" },
  },
});
const seconds = Number(values.seconds);

/** Milliseconds by trace event on the page's main thread, each without those inside it. */
function sumSelf(events) {
  const spans = events.filter(({ ph }) => ph === "X").sort((a, b) => a.ts - b.ts || b.dur - a.dur);
  const sums = new Map();
  const open = [];
  const add = (name, time) => sums.set(name, (sums.get(name) ?? 0) + time / 1000);
  for (const { name, ts, dur = 0 } of spans) {
    while (open.length > 0 && open.at(-1).end <= ts) open.pop();
    if (open.length > 0) add(open.at(-1).name, -dur);
    add(name, dur);
    open.push({ name, end: ts + dur });
  }
  return sums;
}

function findMain(events) {
  const named = events.filter(({ name }) => name === "thread_name");
  const mains = named.filter(({ args }) => args.name === "CrRendererMain");
  const weigh = ({ pid, tid }) => events.filter((each) => each.pid === pid && each.tid === tid).length;
  return mains.sort((a, b) => weigh(b) - weigh(a))[0];
}

async function trace(session, work) {
  const events = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  const complete = new Promise((done) => session.once("Tracing.tracingComplete", done));
  const categories = ["devtools.timeline", "toplevel", "disabled-by-default-devtools.timeline"];
  await session.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: { includedCategories: categories },
  });
  await work();
  await session.send("Tracing.end");
  await complete;
  const { pid, tid } = findMain(events);
  return events.filter((each) => each.pid === pid && each.tid === tid);
}

function print(title, sums, total) {
  const rows = [...sums].sort((a, b) => b[1] - a[1]).slice(0, Number(values.top));
  console.log(`\n${title}, % of the time`);
  for (const [name, ms] of rows) console.log(`${((ms / total) * 100).toFixed(1).padStart(6)}  ${name}`);
}

/** Self time by function of a CPU profile. */
function sumProfile({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const sums = new Map();
  samples.forEach((id, index) => {
    const { functionName, url, lineNumber, columnNumber } = byId.get(id).callFrame;
    const file = url.split("/").at(-1);
    const name = `${functionName || "?"} ${file}${file ? `:${lineNumber + 1}:${columnNumber}` : ""}`;
    sums.set(name, (sums.get(name) ?? 0) + timeDeltas[index] / 1000);
  });
  return sums;
}

await withBrowser(values, async ({ context, url }) => {
  const page = await context.newPage();
  await page.goto(`${url}/pipelines?ns=storm${values.search}`);
  await page.getByTestId("persona-admin").click();
  await page.locator('[data-testid^="row-"]').first().waitFor();
  await page.waitForTimeout(4000);
  const session = await page.context().newCDPSession(page);
  const events = await trace(session, () => page.waitForTimeout(seconds * 1000));
  print("By what the browser does", sumSelf(events), seconds * 1000);
  for (const name of ["FunctionCall", "FireAnimationFrame", "UpdateLayoutTree", "Layout", "Paint", "TimerFire"]) {
    console.log(`${name}: ${(events.filter((each) => each.name === name).length / seconds).toFixed(1)}/s`);
  }
  await session.send("Profiler.enable");
  await session.send("Profiler.start");
  await page.waitForTimeout(seconds * 1000);
  const { profile } = await session.send("Profiler.stop");
  print("By function", sumProfile(profile), seconds * 1000);
});
