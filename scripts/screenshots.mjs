// Takes docs/screenshots of a portal that runs: `make run` in one terminal, `make screenshots` in another.
import { chromium } from "playwright-core";

const url = process.argv[2] ?? `http://127.0.0.1:${process.env.PORT ?? 8000}`;
const pages = {
  overview: "/",
  pipelines: "/pipelines",
  deployments: "/deployments",
  approvals: "/approvals",
  "git-servers": "/git-servers",
  links: "/links",
  codebases: "/codebases",
  branches: "/branches",
  workloads: "/workloads",
  pods: "/pods",
  resources: "/explore?kind=codebases.v1.v2.edp.epam.com",
  access: "/access?ns=team-payments",
  audit: "/audit",
};

/** Something for the audit trail: what a visitor is refused, and what somebody does. */
async function leaveTraces() {
  const name = "status-page";
  const metadata = { name, namespace: "team-payments" };
  const spec = { url: "https://status.example.org", icon: "", type: "default", visible: true };
  const call = (procedure, input, credentials = "same-origin") =>
    fetch(`/trpc/${procedure}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      credentials,
      body: JSON.stringify(input),
    });
  await call("codebases.delete", { ...metadata, name: "ledger" }, "omit");
  await call("quickLinks.create", { object: { metadata, spec } });
  await call("quickLinks.delete", metadata);
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
});
for (const colorScheme of ["light", "dark"]) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme });
  const page = await context.newPage();
  await page.goto(`${url}/sign-in`);
  await page.getByTestId("persona-admin").click();
  await page.getByTestId("connection").waitFor();
  if (colorScheme === "light") await page.evaluate(leaveTraces);
  for (const [name, path] of Object.entries(pages)) {
    await page.goto(url + path);
    await page.getByTestId("connection").getByText("Live").waitFor();
    await page.waitForTimeout(1000); // fonts and the first highlight settle
    await page.screenshot({ path: `docs/screenshots/${name}-${colorScheme}.png` });
  }
  await page.goto(`${url}/pipelines?status=succeeded&type=build`);
  await page.locator("[data-row-link]").first().click();
  await page.getByRole("log").waitFor();
  await page.waitForTimeout(1500); // the log has come, the graph has moved to its task
  await page.screenshot({ path: `docs/screenshots/run-${colorScheme}.png` });
  await context.close();
}
await browser.close();
