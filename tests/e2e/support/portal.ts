/** One portal and one browser for all tests of a file, and what those tests do again and again. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { launchBrowser } from "./browser.ts";
import { kubectl, makeFolder, type Running, startPortal } from "./processes.ts";
import { openSignedIn, type Persona } from "./signIn.ts";

export const wide = { viewport: { width: 1440, height: 900 } };

export type Visit = {
  context: BrowserContext;
  page: Page;
  /** Errors that nobody caught, and what the console complains about since the visitor is signed in. */
  errors: string[];
};

/** What tests look at of an object in the cluster. */
export type Found = {
  metadata: {
    name: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: { kind: string; name: string }[];
    deletionTimestamp?: string;
  };
  spec: Record<string, unknown>;
  status?: Record<string, unknown>;
  data?: Record<string, string>;
};

/** The portal as `make run` starts it, with a dev cluster of its own, for the tests of a file. */
export class Portal {
  readonly folder = makeFolder();
  /** Where the developer persona may work. */
  readonly place = "team-payments";
  url = "";
  #running: Running | undefined;
  #browser: Browser | undefined;

  constructor() {
    beforeAll(async () => {
      const { url, running } = await startPortal(this.folder);
      this.url = url;
      this.#running = running;
      this.#browser = await launchBrowser();
    });
    afterAll(async () => {
      await this.#browser?.close();
      await this.#running?.stop();
    });
  }

  get running(): Running {
    if (!this.#running) throw new Error("the portal is not started yet");
    return this.#running;
  }

  /** A browser of its own until the test ends: a page that nobody looks at takes its share of the machine. */
  async context(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    if (!this.#browser) throw new Error("the browser is not started yet");
    const context = await this.#browser.newContext({ ...wide, ...options });
    onTestFinished(() => context.close());
    return context;
  }

  /** A browser of its own, with somebody signed in. */
  async visit(
    persona: Persona,
    path = "/",
    { fresh = false, ...options }: BrowserContextOptions & { fresh?: boolean } = {},
  ): Promise<Visit> {
    const context = await this.context(options);
    const page = await context.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await openSignedIn(page, this.url + path, persona, { fresh });
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text());
    });
    return { context, page, errors };
  }

  async go(page: Page, path: string): Promise<void> {
    await page.goto(this.url + path);
  }

  kubectl(...args: string[]): string {
    return kubectl(this.folder, ...args);
  }

  /** kubectl where the developer persona works. */
  inPlace(...args: string[]): string {
    return this.kubectl(...args, "-n", this.place);
  }

  get(kind: string, name: string): Found {
    return JSON.parse(this.inPlace("get", kind, name, "-o", "json")) as Found;
  }

  list(kind: string, ...options: string[]): Found[] {
    const found = this.inPlace("get", kind, ...options, "-o", "json");
    return (JSON.parse(found) as { items: Found[] }).items;
  }

  /** Names of the objects of a kind. */
  names(kind: string, ...options: string[]): string[] {
    return this.list(kind, ...options).map(({ metadata }) => metadata.name);
  }

  patch(kind: string, name: string, change: object): void {
    this.inPlace("patch", kind, name, "--type", "merge", "-p", JSON.stringify(change));
  }

  create(object: { metadata: { name: string } }): void {
    const file = join(this.folder, `${object.metadata.name}.json`);
    writeFileSync(file, JSON.stringify(object));
    this.inPlace("create", "-f", file);
  }

  /** Somebody has to approve. */
  askForApproval(name: string, description: string): void {
    const head = { apiVersion: "edp.epam.com/v1alpha1", kind: "ApprovalTask" };
    this.create({ ...head, metadata: { name }, spec: { action: "Pending", description } } as Found);
  }
}

/** Chooses of a select box in the open dialog. */
export async function choose(page: Page, label: string, option: string): Promise<void> {
  await page.getByRole("dialog").getByLabel(label, { exact: true }).click();
  await page.getByRole("option", { name: option, exact: true }).click();
}

/** Says yes to the question whether to delete. */
export async function confirm(page: Page): Promise<void> {
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
}

/** The right to something, live: what the button that needs it says to assistive technology. */
export function disabledState(page: Page, name: string | RegExp): () => Promise<string | null> {
  const button = page.getByRole("button", { name }).first();
  return () => button.getAttribute("aria-disabled");
}
