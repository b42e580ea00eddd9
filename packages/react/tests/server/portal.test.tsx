// @vitest-environment jsdom
/** The generated hooks of the portal against its real Fairlead server on a real dev cluster. */
import {
  ButtonWithPermission,
  createConnection,
  createFairlead,
  fieldErrors,
  pendingOf,
  sessionLink,
} from "@fairlead/react";
import type { AppRouter, CodebaseDraft } from "@portal/shared";
import {
  useCodebaseCRUD,
  useCodebasePermissions,
  useCodebaseWatchItem,
  useCodebaseWatchList,
} from "@portal/shared/hooks";
import { act, cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import {
  createTRPCClient,
  createWSClient,
  httpBatchStreamLink,
  splitLink,
  type TRPCClient,
  wsLink,
} from "@trpc/client";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { renderHookWith, renderWith } from "../react/setup.js";
import { findPort, type Persona, PortalServer, startCluster } from "./processes.js";

type Client = TRPCClient<AppRouter>;

let cluster: Awaited<ReturnType<typeof startCluster>>;
let admin: PortalServer;
let viewer: PortalServer;
let portal: ReturnType<typeof connect>;
let other: ReturnType<typeof connect>;
const namespace = "team-payments";

function connect({ port }: PortalServer) {
  const connection = createConnection({ baseMs: 20, maxMs: 200 });
  const wsClient = createWSClient({
    url: `ws://127.0.0.1:${port}/trpc`,
    // The `ws` package implements the browser's interface in all that the client uses.
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
    ...connection.webSocketOptions(),
  });
  const client: Client = createTRPCClient<AppRouter>({
    links: [
      sessionLink(connection),
      splitLink({
        condition: (operation) => operation.type === "subscription",
        true: wsLink({ client: wsClient }),
        false: httpBatchStreamLink({ url: `http://127.0.0.1:${port}/trpc` }),
      }),
    ],
  });
  const fairlead = createFairlead({ client, connection, wsClient, backoff: { baseMs: 20 } });
  return {
    fairlead,
    client,
    async close() {
      fairlead.dispose();
      await wsClient.close();
    },
  };
}

async function startServer(persona: Persona) {
  const server = new PortalServer(cluster.folder, await findPort(), persona);
  await server.start();
  return server;
}

const patiently = { timeout: 15_000 };

function draftOf(name: string): CodebaseDraft {
  return {
    metadata: { name, namespace },
    spec: {
      type: "application",
      strategy: "create",
      lang: "Python",
      framework: "fastapi",
      buildTool: "uv",
      gitServer: "gerrit",
      gitUrlPath: `/payments/${name}`,
      defaultBranch: "main",
      emptyProject: false,
      versioning: { type: "default" },
    },
  };
}

beforeAll(async () => {
  cluster = await startCluster();
  [admin, viewer] = await Promise.all([startServer("admin"), startServer("viewer")]);
}, 120_000);

afterAll(async () => {
  await Promise.all([admin?.stop(), viewer?.stop()]);
  await cluster?.stop();
}, 60_000);

beforeEach(() => {
  portal = connect(admin);
  other = connect(admin);
});

afterEach(async () => {
  cleanup();
  await Promise.all([portal.close(), other.close()]);
});

const namesOf = (items: readonly { metadata: { name?: string | null } }[]) =>
  items.map((item) => item.metadata.name);

async function openList() {
  const { result } = renderHookWith(portal, () => ({
    list: useCodebaseWatchList({ namespace }),
    crud: useCodebaseCRUD(),
  }));
  await waitFor(() => expect(result.current.list.connection.state).toBe("live"), patiently);
  return result;
}

test("a list is live: another user's creation, change and deletion show", async () => {
  const result = await openList();
  const created = await other.client.codebases.create.mutate({ object: draftOf("by-another") });
  await waitFor(
    () => expect(namesOf(result.current.list.items)).toContain("by-another"),
    patiently,
  );
  const patch = { spec: { description: "changed" } };
  await other.client.codebases.patch.mutate({ name: "by-another", namespace, patch });
  await waitFor(() => {
    const item = result.current.list.byKey.get(`${namespace}/by-another`);
    expect(item?.spec.description).toBe("changed");
  }, patiently);
  const { uid } = created.metadata;
  await other.client.codebases.delete.mutate({ name: "by-another", namespace, uid });
  await waitFor(
    () => expect(namesOf(result.current.list.items)).not.toContain("by-another"),
    patiently,
  );
});

test("a created codebase shows at once and becomes the server's", async () => {
  const result = await openList();
  const find = () => result.current.list.byKey.get(`${namespace}/made-here`);
  act(() => result.current.crud.create.mutate(draftOf("made-here")));
  await waitFor(() => expect(find()).toBeDefined());
  await waitFor(() => expect(pendingOf(find())).toBeNull(), patiently);
  expect(find()?.metadata.uid).not.toMatch(/^pending/);
  act(() => result.current.crud.remove.mutate({ metadata: { name: "made-here", namespace } }));
  await waitFor(() => expect(find()).toBeUndefined(), patiently);
});

test("what the cluster refuses is rolled back and says which field", async () => {
  const result = await openList();
  const before = namesOf(result.current.list.items);
  const draft = draftOf("Not A Name");
  act(() => result.current.crud.create.mutate(draft));
  await waitFor(() => expect(result.current.crud.create.error).not.toBeNull(), patiently);
  await waitFor(() => expect(namesOf(result.current.list.items)).toEqual(before));
  const { error } = result.current.crud.create;
  expect(error?.kind).toBe("invalid");
  expect(fieldErrors(error).map(({ field }) => field)).toContain("metadata.name");
});

test("an update that lost is offered a three-way merge, and the merge is saved", async () => {
  const base = await other.client.codebases.create.mutate({ object: draftOf("contested") });
  const result = await openList();
  const theirs = { spec: { description: "theirs" } };
  await other.client.codebases.patch.mutate({ name: "contested", namespace, patch: theirs });
  const object = { ...base, spec: { ...base.spec, framework: "django" } };
  act(() => result.current.crud.update.mutate({ object, base }));
  await waitFor(() => expect(result.current.crud.conflict).not.toBeNull(), patiently);
  const merged = await act(() => result.current.crud.conflict?.merge());
  expect(merged?.spec).toMatchObject({ framework: "django", description: "theirs" });
  await other.client.codebases.delete.mutate({ name: "contested", namespace });
});

test("a server killed and started again loses no deletion", async () => {
  await other.client.codebases.create.mutate({ object: draftOf("doomed") });
  const result = await openList();
  expect(namesOf(result.current.list.items)).toContain("doomed");
  await admin.kill();
  await waitFor(() => {
    expect(result.current.list.isStale).toBe(true);
    expect(result.current.list.connection.state).toBe("reconnecting");
  }, patiently);
  const helper = await startServer("admin");
  const direct = connect(helper);
  await direct.client.codebases.delete.mutate({ name: "doomed", namespace });
  await direct.close();
  await helper.stop();
  await admin.start();
  await waitFor(() => expect(result.current.list.connection.state).toBe("live"), patiently);
  expect(namesOf(result.current.list.items)).not.toContain("doomed");
}, 60_000);

test("an item says that it was deleted, and has its own watch", async () => {
  await other.client.codebases.create.mutate({ object: draftOf("viewed") });
  const { result } = renderHookWith(portal, () =>
    useCodebaseWatchItem({ name: "viewed", namespace }),
  );
  await waitFor(() => expect(result.current.connection.state).toBe("live"), patiently);
  await other.client.codebases.delete.mutate({ name: "viewed", namespace });
  await waitFor(() => expect(result.current.status).toBe("deleted"), patiently);
  expect(result.current.item?.spec.gitUrlPath).toBe("/payments/viewed");
});

test("a viewer's permissions and refusals come from the cluster", async () => {
  await portal.close();
  portal = connect(viewer);
  const { result } = renderHookWith(portal, () => ({
    permissions: useCodebasePermissions({ namespace }),
    list: useCodebaseWatchList({ namespace }),
    crud: useCodebaseCRUD(),
  }));
  await waitFor(() => expect(result.current.permissions.status).toBe("ready"), patiently);
  expect(result.current.permissions.list.allowed).toBe(true);
  expect(result.current.permissions.create.state).toBe("denied");
  await waitFor(() => expect(result.current.list.status).toBe("ready"), patiently);
  act(() => result.current.crud.create.mutate(draftOf("refused")));
  await waitFor(() => expect(result.current.crud.create.error?.kind).toBe("forbidden"), patiently);
  await waitFor(() => expect(namesOf(result.current.list.items)).not.toContain("refused"));
});

function DeleteButton({ onDelete }: { readonly onDelete: () => void }) {
  const permissions = useCodebasePermissions({ namespace });
  return (
    <ButtonWithPermission permission={permissions.delete} onClick={onDelete}>
      Delete
    </ButtonWithPermission>
  );
}

test("a role that is edited with kubectl shows on the button, both ways, without a reload", async () => {
  await portal.close();
  portal = connect(viewer);
  const onDelete = vi.fn();
  renderWith(portal, <DeleteButton onDelete={onDelete} />);
  const button = screen.getByRole("button", { name: "Delete" });
  const shows = (state: string) => expect(button.dataset["permission"]).toBe(state);
  await waitFor(() => shows("denied"), patiently);
  expect(button.title).toContain("You may not delete codebases.v2.edp.epam.com");
  expect(button.title).toContain("ask whoever manages RoleBindings in team-payments");
  const where = `--namespace=${namespace}`;
  const given = ["--clusterrole=portal-developer", "--user=viewer"];
  await cluster.kubectl("create", "rolebinding", "lent", where, ...given);
  await waitFor(() => shows("allowed"), { timeout: 5_000 });
  await cluster.kubectl("delete", "rolebinding", "lent", where);
  await waitFor(() => shows("denied"), { timeout: 5_000 });
  fireEvent.click(button);
  expect(onDelete).not.toHaveBeenCalled();
}, 60_000);
