/** The portal's real processes, each in a folder and on ports of its own. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../../..");
const python = join(root, ".venv/bin/python");

/** A port that nobody listens on now. */
export async function findPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new Error("no port to be had");
  return address.port;
}

/** A folder that is removed when the tests end. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-e2e-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export class Running {
  #output = "";
  readonly #ended: Promise<number | null>;
  readonly child: ChildProcess;

  constructor(command: string[], environment: Record<string, string> = {}) {
    this.child = spawn(python, command, {
      cwd: root,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on("data", (data: Buffer) => {
        this.#output += data.toString();
      });
    }
    this.#ended = new Promise((done) => this.child.once("exit", (code) => done(code)));
  }

  get output(): string {
    return this.#output;
  }

  /** Waits until `text` was printed; fails with all of the output when the process ends first. */
  async waitFor(text: string, timeout = 90_000): Promise<void> {
    const until = Date.now() + timeout;
    while (!this.#output.includes(text)) {
      if (this.child.exitCode !== null || Date.now() > until) {
        throw new Error(`no ${JSON.stringify(text)} in the output:\n${this.#output}`);
      }
      await new Promise((done) => setTimeout(done, 25));
    }
  }

  /** Sends a signal and waits for the end. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    return await this.#ended;
  }
}

/** `fairlead dev` as `make run` starts it. */
export async function startPortal(
  folder: string,
  options: { port?: number; environment?: Record<string, string> } = {},
): Promise<{ url: string; running: Running }> {
  const port = options.port ?? (await findPort());
  const running = new Running(
    [
      ...[
        "-m",
        "fairlead",
        "dev",
        "portal.app:app",
        "--app-dir",
        "apps/portal/server",
        "--no-reload",
      ],
      ...["--seed", "apps/portal/cluster", "--data", folder, "--port", String(port)],
    ],
    { KUBECONFIG: "", PORTAL_USER: "", ...options.environment },
  );
  await running.waitFor("Press Ctrl-C");
  return { url: `http://127.0.0.1:${port}`, running };
}

/** The dev cluster alone, so that a test can kill it and start it again. */
export async function startCluster(folder: string, port: number): Promise<Running> {
  const running = new Running([
    ...["-m", "fairlead.devcluster", "--port", String(port), "--data", folder],
  ]);
  await running.waitFor("\n");
  return running;
}

/** The portal's server alone, on somebody else's cluster. */
export async function startServer(
  folder: string,
  environment: Record<string, string> = {},
  chosenPort?: number,
): Promise<{ url: string; running: Running }> {
  const port = chosenPort ?? (await findPort());
  const running = new Running(
    [
      ...["-m", "fairlead", "serve", "portal.app:app", "--app-dir", "apps/portal/server"],
      ...["--port", String(port)],
    ],
    { KUBECONFIG: join(folder, "kubeconfig"), PORTAL_USER: "admin", ...environment },
  );
  await running.waitFor("Serving");
  return { url: `http://127.0.0.1:${port}`, running };
}

/** Puts the sample resources into a cluster. */
export async function seed(folder: string): Promise<void> {
  const running = new Running([
    ...["-m", "fairlead.simulation", "--kubeconfig", join(folder, "kubeconfig")],
    ...["seed", "apps/portal/cluster"],
  ]);
  const code = await running.stop("SIGCONT");
  if (code !== 0) throw new Error(`the seed failed:\n${running.output}`);
}

/** kubectl 1.32 or newer; FAIRLEAD_KUBECTL names another. */
export function kubectl(folder: string, ...args: string[]): string {
  const command = process.env["FAIRLEAD_KUBECTL"] ?? "kubectl";
  return execFileSync(command, ["--kubeconfig", join(folder, "kubeconfig"), ...args], {
    encoding: "utf8",
    env: { ...process.env, HOME: folder },
  });
}

/** `namespace/name` of every codebase in the cluster, sorted. */
export function listCodebases(folder: string): string[] {
  return kubectl(folder, "get", "codebases", "-A", "--no-headers")
    .trim()
    .split("\n")
    .map((line) => line.split(/\s+/).slice(0, 2).join("/"))
    .sort();
}
