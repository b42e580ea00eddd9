/**
 * Where the time of a reload goes until the first row of the table of runs is painted: what is fetched and said when,
 * and what the page's thread does meanwhile.
 *
 *   node bench/portal/reload.mjs [--objects 10000] [--rate 100] [--reloads 9]
 *
 * Where other programs run beside it, processor time says more than the clock: of the page's process ("cpu"), of its main
 * thread ("busy"), and what of that went into scripts and layout.
 */
import { parseArgs } from "node:util";
import { withBrowser } from "./programs.mjs";

const { values } = parseArgs({
  options: {
    objects: { type: "string", default: "10000" },
    rate: { type: "string", default: "100" },
    reloads: { type: "string", default: "9" },
    path: { type: "string", default: "/pipelines?ns=storm" },
    until: { type: "string", default: '[data-testid^="row-"]' },
    port: { type: "string", default: "8768" },
    browser: { type: "string", default: process.env.CHROMIUM ?? "/usr/bin/chromium" },
  },
});

/** In the page, before anything else: notes what the server says on the socket, and the first row. */
function observe(selector) {
  const there = Promise.withResolvers();
  const seen = { firstRow: null, there: there.promise, messages: [] };
  globalThis.seen = seen;
  const note = (text) => seen.messages.push([performance.now(), text]);
  globalThis.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      note("socket begins");
      this.addEventListener("open", () => note("socket is open"));
      this.addEventListener("message", ({ data }) => note(`< ${data.length} ${data.slice(0, 90)}`));
    }
    send(data) {
      note(`> ${data.slice(0, 150)}`);
      super.send(data);
    }
  };
  const frame = () => {
    if (document.querySelector(selector) === null) return requestAnimationFrame(frame);
    requestAnimationFrame(() => {
      seen.firstRow = performance.now();
      there.resolve();
    });
  };
  requestAnimationFrame(frame);
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Milliseconds of the processor that the browser's pages have used, by process. */
async function cpuByPage(system) {
  const { processInfo } = await system.send("SystemInfo.getProcessInfo");
  const pages = processInfo.filter(({ type }) => type === "renderer");
  return new Map(pages.map(({ id, cpuTime }) => [id, cpuTime * 1000]));
}

async function reload(context, system, address) {
  const before = await cpuByPage(system);
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  await page.addInitScript(observe, values.until);
  await page.goto(address, { waitUntil: "commit" });
  // A plain promise: Playwright's own ways of waiting bring a large script into the page.
  await page.evaluate(() => globalThis.seen.there);
  const after = await cpuByPage(system);
  const cpu = [...after].reduce((sum, [id, used]) => sum + used - (before.get(id) ?? 0), 0);
  const { metrics } = await session.send("Performance.getMetrics");
  const of = (name) => metrics.find((each) => each.name === name).value * 1000;
  const found = await page.evaluate(() => ({
    ...globalThis.seen,
    paints: performance.getEntriesByType("paint").map(({ name, startTime }) => [startTime, name]),
    fetched: performance.getEntriesByType("resource").map((each) => ({
      name: each.name.replace(location.origin, "").slice(0, 110),
      from: each.startTime,
      to: each.responseEnd,
    })),
    answered: performance.getEntriesByType("navigation")[0].responseEnd,
  }));
  await page.close();
  const layout = of("LayoutDuration") + of("RecalcStyleDuration");
  return { ...found, cpu, busy: of("TaskDuration"), script: of("ScriptDuration"), layout };
}

await withBrowser(values, async ({ context, url }) => {
  const page = await context.newPage();
  await page.goto(url + values.path);
  await page.getByTestId("persona-admin").click();
  await page.locator(values.until).first().waitFor();
  await page.close();
  const system = await context.browser().newBrowserCDPSession();
  const runs = [];
  for (let n = 0; n < Number(values.reloads); n += 1) runs.push(await reload(context, system, url + values.path));
  const typical = runs.find(({ firstRow }) => firstRow === median(runs.map((run) => run.firstRow)));
  const lines = [
    [typical.answered, "the page's HTML is here"],
    [typical.firstRow, "the first row is painted"],
    ...typical.paints,
    ...typical.messages,
    ...typical.fetched.map(({ name, from, to }) => [from, `${name} until ${Math.round(to)}`]),
  ];
  for (const [at, text] of lines.sort((a, b) => a[0] - b[0])) console.log(String(Math.round(at)).padStart(6), text);
  const sums = ["firstRow", "cpu", "busy", "script", "layout"].map((name) => [name, Math.round(median(runs.map((run) => run[name])))]);
  console.log("median, ms:", Object.fromEntries(sums), runs.map((run) => Math.round(run.firstRow)).join(" "));
});
