declare global {
  /** What the start script has opened before this program was there (`startScript.ts`); none in development. */
  var firstSocket: WebSocket | undefined;
}

function take(url: string): WebSocket | null {
  const socket = globalThis.firstSocket;
  if (!socket) return null;
  globalThis.firstSocket = undefined;
  const isUsable = socket.url === url && socket.readyState <= WebSocket.OPEN;
  if (isUsable) return socket;
  socket.close();
  return null;
}

/** Makes sockets as any other, but the first one may be open already: it need not wait for the program to be read. */
export const FirstSocket = new Proxy(WebSocket, {
  construct(target, [url, protocols]: [string | URL, (string | string[])?]) {
    const first = take(String(url));
    // Whoever makes a socket waits for it to open, and begins to listen once it is made.
    if (first?.readyState === WebSocket.OPEN) {
      setTimeout(() => first.dispatchEvent(new Event("open")));
    }
    return first ?? new target(url, protocols);
  },
});
