import { afterEach, beforeEach, expect, test, vi } from "vitest";

/** As much of the browser's class as counts here: Node has none. */
class Socket extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSED = 3;
  readonly url: string;
  readonly readyState: number;
  isClosed = false;

  constructor(url: string, readyState: number = Socket.CONNECTING) {
    super();
    this.url = url;
    this.readyState = readyState;
  }

  close(): void {
    this.isClosed = true;
  }
}

const url = "ws://portal/trpc?connectionParams=1";

beforeEach(() => vi.stubGlobal("WebSocket", Socket));
afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** What the start script has left, and what the program makes of it. */
async function openAfter(first: Socket | undefined) {
  vi.stubGlobal("firstSocket", first);
  const { FirstSocket } = await import("./firstSocket");
  return { first: new FirstSocket(url), second: new FirstSocket(url) };
}

test("the socket of the start script is the first one, and no other", async () => {
  const early = new Socket(url);
  const { first, second } = await openAfter(early);
  expect(first).toBe(early);
  expect(second).not.toBe(early);
  expect(second).toBeInstanceOf(Socket);
});

test("one that is open already says so to who listens after it was made", async () => {
  const { first } = await openAfter(new Socket(url, Socket.OPEN));
  const told = vi.fn();
  first.addEventListener("open", told);
  await vi.waitFor(() => expect(told).toHaveBeenCalledOnce());
});

test("one that was closed meanwhile, or leads elsewhere, is not used", async () => {
  const closed = new Socket(url, Socket.CLOSED);
  expect((await openAfter(closed)).first).not.toBe(closed);
  vi.resetModules();
  const other = new Socket("ws://portal/other", Socket.OPEN);
  expect((await openAfter(other)).first).not.toBe(other);
  expect(other.isClosed).toBe(true);
});

test("without a start script, as in development, it is made as usual", async () => {
  const { first } = await openAfter(undefined);
  expect(first.url).toBe(url);
});
