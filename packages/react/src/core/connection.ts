/**
 * What is true about the connection, from the socket itself.
 *
 * The socket's state comes from `wsLink` (its client, or any subscription on it), the time of the next
 * attempt from the delay function this module gives to `createWSClient`, the session's end from any
 * answer with UNAUTHORIZED. Nothing here is inferred from the success of queries.
 */
import { type BackoffOptions, backoffDelay } from "./backoff.js";
import { Emitter } from "./emitter.js";
import { deepEqual } from "./equal.js";
import type { SocketStateEvent } from "./wire.js";

export type ConnectionState =
  /** Nothing is watched, so no socket is open. */
  | { readonly state: "idle" }
  | { readonly state: "connecting" }
  | {
      readonly state: "live";
      /** Of a list under partial rights: what is missing and why. */
      readonly reason?: string;
    }
  | {
      readonly state: "reconnecting";
      readonly attempt: number;
      /** Epoch milliseconds, or null while an attempt is under way. */
      readonly nextRetryAt: number | null;
      readonly reason: string | null;
    }
  | { readonly state: "offline" }
  | { readonly state: "signedOut"; readonly reason: string | null }
  | { readonly state: "denied"; readonly reason: string | null };

export interface ConnectionOptions extends BackoffOptions {
  /** How often an open socket is probed. A pulled cable is noticed after this plus `pongTimeoutMs`. */
  readonly pingIntervalMs?: number;
  readonly pongTimeoutMs?: number;
}

/** The options to spread into `createWSClient`. */
export interface WebSocketClientSettings {
  readonly retryDelayMs: (attemptIndex: number) => number;
  readonly keepAlive: { enabled: true; intervalMs: number; pongTimeoutMs: number };
  readonly lazy: { enabled: true; closeMs: number };
}

interface SocketSource {
  readonly connectionState: {
    subscribe(observer: { next(state: SocketStateEvent): void }): { unsubscribe(): void };
  };
}

/** How long a socket nobody uses stays open. */
const idleCloseMs = 10_000;

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #emitter = new Emitter();
  #socket: SocketStateEvent["state"] = "idle";
  #reason: string | null = null;
  #wasOpen = false;
  #attempt = 0;
  #nextRetryAt: number | null = null;
  #signedOut: { readonly reason: string | null } | null = null;
  #mirrored: ConnectionState | null = null;
  #state: ConnectionState = { state: "idle" };

  constructor(options: ConnectionOptions = {}) {
    this.#options = options;
  }

  readonly subscribe = this.#emitter.subscribe;
  readonly getState = (): ConnectionState => this.#state;

  /** Gives the socket jittered back-off, keep-alive, and lets this object know of the next attempt. */
  webSocketOptions(): WebSocketClientSettings {
    const { pingIntervalMs = 10_000, pongTimeoutMs = 5_000 } = this.#options;
    return {
      retryDelayMs: (attemptIndex) => {
        const delay = backoffDelay(attemptIndex, this.#options);
        this.#attempt = attemptIndex + 1;
        this.#nextRetryAt = Date.now() + delay;
        this.#update();
        return delay;
      },
      keepAlive: { enabled: true, intervalMs: pingIntervalMs, pongTimeoutMs },
      lazy: { enabled: true, closeMs: idleCloseMs },
    };
  }

  /** Follows the client that `createWSClient` made. Returns what stops it. */
  follow(client: SocketSource): () => void {
    const subscription = client.connectionState.subscribe({
      next: (event) => this.reportSocket(event),
    });
    return () => subscription.unsubscribe();
  }

  reportSocket({ state, error }: SocketStateEvent): void {
    this.#socket = state;
    this.#reason = error?.message ?? null;
    if (state === "pending") {
      this.#wasOpen = true;
      this.#attempt = 0;
      this.#nextRetryAt = null;
    } else if (state === "idle") {
      this.#wasOpen = false;
    }
    this.#update();
  }

  /** Shows the connection of the tab that holds the socket for this one; null for its own again. */
  mirror(state: ConnectionState | null): void {
    this.#mirrored = state;
    this.#update();
  }

  reportSignedOut(reason: string | null): void {
    this.#signedOut ??= { reason };
    this.#update();
  }

  /** To be called after a new sign-in: everything that stopped starts again. */
  reportSignedIn(): void {
    this.#signedOut = null;
    this.#update();
  }

  /** Listens to the browser's own online and offline events. Returns what stops it. */
  followNetwork(): () => void {
    if (typeof window === "undefined") return () => undefined;
    const update = () => this.#update();
    window.addEventListener("online", update);
    window.addEventListener("offline", update);
    return () => {
      window.removeEventListener("online", update);
      window.removeEventListener("offline", update);
    };
  }

  #update(): void {
    const next = this.#derive();
    if (deepEqual(next, this.#state)) return;
    this.#state = next;
    this.#emitter.emit();
  }

  #derive(): ConnectionState {
    if (this.#signedOut) return { state: "signedOut", reason: this.#signedOut.reason };
    if (this.#mirrored) return this.#mirrored;
    // An open socket beats the browser's guess: loopback works with the network off.
    if (this.#socket === "pending") return { state: "live" };
    if (typeof navigator !== "undefined" && navigator.onLine === false) return { state: "offline" };
    if (this.#socket === "idle") return { state: "idle" };
    if (!this.#wasOpen && this.#attempt === 0) return { state: "connecting" };
    return {
      state: "reconnecting",
      attempt: this.#attempt,
      nextRetryAt: this.#nextRetryAt,
      reason: this.#reason,
    };
  }
}

export function createConnection(options?: ConnectionOptions): Connection {
  return new Connection(options);
}
