/** The official tRPC client in Node against the portal's server. */
import type { AppRouter } from "@portal/shared";
import {
  createTRPCClient,
  createWSClient,
  httpBatchLink,
  isTRPCClientError,
  splitLink,
  type TRPCClient,
  wsLink,
} from "@trpc/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import WebSocket from "ws";
import {
  findPort,
  makeFolder,
  type Running,
  seed,
  startCluster,
  startServer,
} from "./support/processes.ts";

const folder = makeFolder();
let cluster: Running;
let server: { url: string; running: Running };
let socket: ReturnType<typeof createWSClient>;
let client: TRPCClient<AppRouter>;
let requests = 0;

beforeAll(async () => {
  cluster = await startCluster(folder, await findPort());
  await seed(folder);
  server = await startServer(folder);
  socket = createWSClient({
    url: `${server.url.replace("http", "ws")}/trpc`,
    WebSocket: WebSocket as never,
  });
  client = createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: (operation) => operation.type === "subscription",
        true: wsLink({ client: socket }),
        false: httpBatchLink({
          url: `${server.url}/trpc`,
          fetch: (input, init) => {
            requests += 1;
            return fetch(input, init as RequestInit);
          },
        }),
      }),
    ],
  });
});

afterAll(async () => {
  await socket?.close();
  await server?.running.stop();
  await cluster?.stop();
});

const codebase = (name: string) => ({
  apiVersion: "v2.edp.epam.com/v1" as const,
  kind: "Codebase" as const,
  metadata: { name, namespace: "team-platform" },
  spec: {
    type: "library" as const,
    strategy: "create" as const,
    lang: "python",
    framework: "fastapi",
    buildTool: "uv",
    gitServer: "github",
    gitUrlPath: `/acme/${name}`,
    defaultBranch: "main",
    emptyProject: false,
    versioning: { type: "default" as const },
  },
});

async function refusal(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await promise;
  } catch (error) {
    if (isTRPCClientError<AppRouter>(error) && error.data) {
      return { code: error.data.code, message: error.message };
    }
    throw error;
  }
  throw new Error("it was not refused");
}

test("three calls of one tick are one request", async () => {
  requests = 0;
  const [health, me, list] = await Promise.all([
    client.health.query(),
    client.account.me.query(),
    client.codebases.list.query({ namespace: "team-platform" }),
  ]);
  expect(health).toEqual({ ok: true });
  expect(me.name).toBe("admin");
  expect(list.items.length).toBeGreaterThan(3);
  expect(requests).toBe(1);
});

test("a watch starts with a snapshot and goes on with what changes", async () => {
  const frames: string[] = [];
  let live: { unsubscribe(): void } | undefined;
  const seen = new Promise<void>((done, fail) => {
    live = client.codebases.watch.subscribe(
      { namespace: "team-platform" },
      {
        onData: ({ data }) => {
          if (data.type === "snapshot") {
            frames.push("snapshot");
            client.codebases.create.mutate({ object: codebase("from-node") }).catch(fail);
          } else if (data.type === "delta") {
            for (const item of data.upserts) frames.push(`+${item.metadata.name}`);
            for (const item of data.deletes) frames.push(`-${item.name}`);
            if (frames.at(-1) === "-from-node") done();
            else if (frames.filter((frame) => frame === "+from-node").length === 1) {
              client.codebases.delete
                .mutate({ name: "from-node", namespace: "team-platform" })
                .catch(fail);
            }
          }
        },
        onError: fail,
      },
    );
  });
  await seen;
  live?.unsubscribe();
  expect(frames[0]).toBe("snapshot");
  expect(frames).toContain("+from-node");
  expect(frames.at(-1)).toBe("-from-node");
});

test("wrong input is refused, field by field, and nothing is stored", async () => {
  const wrong = codebase("wrong-type");
  const refused = await refusal(
    client.codebases.create.mutate({
      object: { ...wrong, spec: { ...wrong.spec, type: "spaceship" as never } },
    }),
  );
  expect(refused.code).toBe("BAD_REQUEST");
  expect(refused.message).toContain("type");
  const gone = await refusal(
    client.codebases.get.query({ name: "wrong-type", namespace: "team-platform" }),
  );
  expect(gone.code).toBe("NOT_FOUND");
});

test("a name that is none never reaches another resource", async () => {
  for (const name of ["", "..", "a/b", "a?propagationPolicy=Orphan", "a\nb"]) {
    const refused = await refusal(
      client.codebases.delete.mutate({ name, namespace: "team-platform" }),
    );
    expect(refused.code).toBe("BAD_REQUEST");
  }
  const list = await client.codebases.list.query({ namespace: "team-platform" });
  expect(list.items.length).toBeGreaterThan(3);
});

test("a name that is taken is a conflict", async () => {
  const list = await client.codebases.list.query({ namespace: "team-platform" });
  const taken = list.items[0]?.metadata.name ?? "";
  const refused = await refusal(client.codebases.create.mutate({ object: codebase(taken) }));
  expect(refused.code).toBe("CONFLICT");
});

test.each([
  ["GET", "absent", undefined, 404, "NOT_FOUND"],
  ["POST", "health", "{}", 405, "METHOD_NOT_SUPPORTED"],
  ["POST", "codebases.create", "{", 400, "BAD_REQUEST"],
  ["POST", "codebases.create", '{"object":1}', 400, "BAD_REQUEST"],
  ["POST", "codebases.create", `"${"x".repeat(5_000_000)}"`, 413, "PAYLOAD_TOO_LARGE"],
] as const)(
  "%s %s with a bad body is answered by tRPC's own error",
  async (method, path, body, status, code) => {
    const response = await fetch(`${server.url}/trpc/${path}`, {
      method,
      ...(body === undefined ? {} : { body, headers: { "content-type": "application/json" } }),
    });
    expect(response.status).toBe(status);
    const answer = (await response.json()) as { error: { data: { code: string } } };
    expect(answer.error.data.code).toBe(code);
  },
);
