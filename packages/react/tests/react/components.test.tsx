// @vitest-environment jsdom
import {
  ButtonWithPermission,
  Can,
  ConnectionIndicator,
  ErrorView,
  FairleadErrorBoundary,
  LiveError,
  type Permission,
  QueryStateView,
} from "@fairlead/react";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import axe from "axe-core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connectTo, openWatch, type TestClient } from "../client.js";
import { type Peer, startPeer } from "../peer.js";
import { renderWith } from "./setup.js";

const allowed: Permission = { state: "allowed", allowed: true, reason: null };
const denied: Permission = { state: "denied", allowed: false, reason: "RBAC: no delete in team-a" };
const pending: Permission = { state: "pending", allowed: false, reason: null };

const forbidden = new LiveError("RBAC: no", {
  kind: "forbidden",
  code: "FORBIDDEN",
  retryable: false,
  cause: null,
});
const unreachable = new LiveError("fetch failed", {
  kind: "transport",
  code: null,
  retryable: true,
  cause: null,
});

let peer: Peer;
let client: TestClient;

beforeEach(async () => {
  peer = await startPeer();
  client = connectTo(peer);
});

afterEach(async () => {
  cleanup();
  await client.close();
  await peer.close();
});

async function expectAccessible(container: Element) {
  // Colours are the application's, and jsdom has none.
  const { violations } = await axe.run(container, {
    rules: { "color-contrast": { enabled: false } },
  });
  expect(violations).toEqual([]);
}

test("a permitted button works", () => {
  const onClick = vi.fn();
  render(
    <ButtonWithPermission permission={allowed} onClick={onClick}>
      Delete
    </ButtonWithPermission>,
  );
  fireEvent.click(screen.getByRole("button", { name: "Delete" }));
  expect(onClick).toHaveBeenCalledOnce();
});

test("a refused button does nothing, can be focused, and says why", async () => {
  const onClick = vi.fn();
  const { container } = render(
    <ButtonWithPermission permission={denied} onClick={onClick}>
      Delete
    </ButtonWithPermission>,
  );
  const button = screen.getByRole("button", { description: denied.reason ?? "" });
  fireEvent.click(button);
  button.focus();
  expect(onClick).not.toHaveBeenCalled();
  expect(document.activeElement).toBe(button);
  await expectAccessible(container);
});

test("a button whose permission is not known is neither allowed nor denied", () => {
  render(<ButtonWithPermission permission={pending}>Delete</ButtonWithPermission>);
  const button = screen.getByRole("button", { description: "Checking permission" });
  expect(button.getAttribute("data-permission")).toBe("pending");
});

test("a reason of the application beats the permission, and a form is not submitted", () => {
  const onSubmit = vi.fn();
  render(
    <form onSubmit={onSubmit}>
      <ButtonWithPermission permission={allowed} blockedReason="Protected" type="submit">
        Delete
      </ButtonWithPermission>
    </form>,
  );
  fireEvent.click(screen.getByRole("button", { description: "Protected" }));
  expect(onSubmit).not.toHaveBeenCalled();
});

test("a button of the application's own gets everything it needs", () => {
  render(
    <ButtonWithPermission
      permission={denied}
      render={(props) => <button {...props} className="fancy" />}
    >
      Delete
    </ButtonWithPermission>,
  );
  expect(screen.getByRole("button").className).toBe("fancy");
  expect(screen.getByRole("button").getAttribute("aria-disabled")).toBe("true");
});

test("Can shows children, fallback or pending", () => {
  const fallback = (reason: string | null) => <p>{reason}</p>;
  const show = (permission: Permission) => (
    <Can permission={permission} fallback={fallback} pending={<p>wait</p>}>
      <p>yes</p>
    </Can>
  );
  const { rerender } = render(show(pending));
  expect(screen.getByText("wait")).toBeTruthy();
  rerender(show(allowed));
  expect(screen.getByText("yes")).toBeTruthy();
  rerender(show(denied));
  expect(screen.getByText(denied.reason ?? "")).toBeTruthy();
});

test("the indicator says what the socket does, not what queries do", async () => {
  const { container } = renderWith(client, <ConnectionIndicator />);
  const state = () => container.querySelector("output")?.dataset["state"];
  expect(state()).toBe("idle");
  openWatch(client);
  await waitFor(() => expect(state()).toBe("live"));
  await peer.stop();
  await waitFor(() => expect(state()).toBe("reconnecting"));
  await expectAccessible(container);
  await peer.restart();
  await waitFor(() => expect(state()).toBe("live"));
});

function Failing({ error }: { error: unknown }): null {
  throw error;
}

let isBroken = true;

function Sometimes() {
  return isBroken ? <Failing error={unreachable} /> : <p>fine</p>;
}

test("the boundary tells kinds apart and offers a retry only where it helps", () => {
  const quiet = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const wrapped = Object.assign(new Error("No codebase x"), { data: { code: "NOT_FOUND" } });
  const { unmount } = render(
    <FairleadErrorBoundary>
      <Failing error={wrapped} />
    </FairleadErrorBoundary>,
  );
  expect(screen.getByRole("alert").dataset["kind"]).toBe("notFound");
  expect(screen.queryByRole("button")).toBeNull();
  unmount();
  render(
    <FairleadErrorBoundary
      fallback={{ transport: ({ error }) => <p>{`down: ${error.message}`}</p> }}
    >
      <Failing error={unreachable} />
    </FairleadErrorBoundary>,
  );
  expect(screen.getByText("down: fetch failed")).toBeTruthy();
  quiet.mockRestore();
});

test("after a retry the children are shown again", () => {
  const quiet = vi.spyOn(console, "error").mockImplementation(() => undefined);
  isBroken = true;
  render(
    <FairleadErrorBoundary>
      <Sometimes />
    </FairleadErrorBoundary>,
  );
  isBroken = false;
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(screen.getByText("fine")).toBeTruthy();
  quiet.mockRestore();
});

const refetch = vi.fn();

test.each([
  [{ status: "loading", error: null }, "Loading"],
  [{ status: "ready", error: null, isEmpty: true }, "Nothing here yet"],
  [{ status: "ready", error: null, isEmpty: false }, "content"],
  [{ status: "denied", error: forbidden }, "You do not have access"],
  [{ status: "error", error: unreachable }, "The server cannot be reached"],
  [{ status: "notFound", error: null }, "Not found"],
  [{ status: "deleted", error: null }, "This object was deleted"],
] as const)("a query in state %o shows %s", async (query, text) => {
  const { container } = render(
    <QueryStateView query={{ ...query, refetch }}>
      <p>content</p>
    </QueryStateView>,
  );
  expect(screen.getByText(text)).toBeTruthy();
  await expectAccessible(container);
});

test("the error view asks again", () => {
  render(<ErrorView error={unreachable} retry={refetch} />);
  fireEvent.click(screen.getByRole("button"));
  expect(refetch).toHaveBeenCalledOnce();
});
