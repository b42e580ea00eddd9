/** The real thing: a dev cluster, and the portal's Fairlead server on it, as processes. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { vi } from "vitest";

const root = resolve(import.meta.dirname, "../../../..");
const python = join(root, ".venv/bin/python");

export async function findPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

class Process {
  readonly #child: ChildProcess;
  #output = "";

  constructor(args: readonly string[], environment: { [name: string]: string } = {}) {
    const env = { ...process.env, ...environment };
    this.#child = spawn(python, ["-m", ...args], { cwd: root, env });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (data: Buffer) => {
        this.#output += data.toString();
      });
    }
  }

  async waitForOutput(text: string): Promise<this> {
    const isThere = () => {
      if (!this.#output.includes(text)) throw new Error(`No "${text}" in: ${this.#output}`);
    };
    await vi.waitFor(isThere, { timeout: 60_000, interval: 50 });
    return this;
  }

  async waitForEnd(): Promise<void> {
    if (this.#child.exitCode === null) await once(this.#child, "exit");
    if (this.#child.exitCode !== 0) throw new Error(`It failed: ${this.#output}`);
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill(signal);
    await once(this.#child, "exit");
  }
}

export type Persona = "admin" | "developer" | "viewer" | "nobody";

export class PortalServer {
  readonly port: number;
  readonly #folder: string;
  readonly #persona: Persona;
  #process: Process | null = null;

  constructor(folder: string, port: number, persona: Persona) {
    this.#folder = folder;
    this.port = port;
    this.#persona = persona;
  }

  async start(): Promise<void> {
    const target = ["portal.app:app", "--app-dir", "apps/portal/server"];
    const environment = {
      KUBECONFIG: join(this.#folder, "kubeconfig"),
      PORTAL_USER: this.#persona,
    };
    const args = ["fairlead", "serve", ...target, "--port", String(this.port)];
    this.#process = await new Process(args, environment).waitForOutput("Serving");
    const answers = () => fetch(`http://127.0.0.1:${this.port}/trpc/health`);
    await vi.waitFor(answers, { timeout: 30_000, interval: 50 });
  }

  async kill(): Promise<void> {
    await this.#process?.stop("SIGKILL");
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
  }
}

export async function startCluster() {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-react-"));
  const port = String(await findPort());
  const args = ["fairlead.devcluster", "--port", port, "--data", folder];
  const cluster = await new Process(args).waitForOutput("\n");
  const target = ["--kubeconfig", join(folder, "kubeconfig")];
  await new Process(["fairlead.simulation", ...target, "seed", "apps/portal/cluster"]).waitForEnd();
  return {
    folder,
    /** As the cluster's administrator does by hand. */
    async kubectl(...command: readonly string[]) {
      const kubectl = process.env["FAIRLEAD_KUBECTL"] ?? "kubectl";
      const kubeconfig = `--kubeconfig=${join(folder, "kubeconfig")}`;
      await promisify(execFile)(kubectl, [kubeconfig, ...command]);
    },
    async stop() {
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
