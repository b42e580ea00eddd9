/**
 * Errors by kind, recognised by their data and never by class: two copies of `@trpc/client` in one
 * bundle must not turn a denial into a crash.
 */

export type ErrorKind =
  | "transport"
  | "unauthorized"
  | "forbidden"
  | "notFound"
  | "conflict"
  | "invalid"
  | "throttled"
  | "server"
  | "aborted"
  /** Not an error of a call at all: a bug in the application. */
  | "unexpected";

interface LiveErrorDetails {
  readonly kind: ErrorKind;
  readonly code: string | null;
  readonly retryable: boolean;
  readonly cause: unknown;
}

/** An error of a call, with what to do about it. */
export class LiveError extends Error {
  override readonly name = "LiveError";
  readonly kind: ErrorKind;
  /** tRPC's code key (`FORBIDDEN`), or null when no server answered. */
  readonly code: string | null;
  /** Whether the same call may succeed later without anyone changing it. */
  readonly retryable: boolean;

  constructor(message: string, { kind, code, retryable, cause }: LiveErrorDetails) {
    super(message, { cause });
    this.kind = kind;
    this.code = code;
    this.retryable = retryable;
  }
}

const kinds: { readonly [code: string]: ErrorKind } = {
  UNAUTHORIZED: "unauthorized",
  FORBIDDEN: "forbidden",
  NOT_FOUND: "notFound",
  CONFLICT: "conflict",
  PRECONDITION_FAILED: "conflict",
  BAD_REQUEST: "invalid",
  PARSE_ERROR: "invalid",
  UNPROCESSABLE_CONTENT: "invalid",
  METHOD_NOT_SUPPORTED: "invalid",
  UNSUPPORTED_MEDIA_TYPE: "invalid",
  PAYLOAD_TOO_LARGE: "invalid",
  TOO_MANY_REQUESTS: "throttled",
  CLIENT_CLOSED_REQUEST: "aborted",
};

const retryableKinds: ReadonlySet<ErrorKind> = new Set(["transport", "throttled", "server"]);

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** The `data` the server attached to a tRPC error, when there is one. */
export function errorData(error: unknown): Record<string, unknown> | null {
  if (!isRecord(error)) return null;
  const { data } = error;
  return isRecord(data) ? data : null;
}

function messageOf(error: unknown): string {
  if (isRecord(error) && typeof error["message"] === "string") return error["message"];
  return String(error);
}

function isAbort(error: unknown): boolean {
  if (!isRecord(error)) return false;
  return error["name"] === "AbortError" || (isRecord(error["cause"]) && isAbort(error["cause"]));
}

function isLiveError(value: unknown): value is LiveError {
  return isRecord(value) && value["name"] === "LiveError";
}

function kindOf(error: unknown, code: string | null): ErrorKind {
  // The cluster's refusal of the server's own credentials is not the end of this session.
  const isCluster = errorData(error)?.["source"] === "kubernetes";
  if (code === "UNAUTHORIZED" && isCluster) return "server";
  if (code !== null) return kinds[code] ?? "server";
  if (isAbort(error)) return "aborted";
  return isRecord(error) && error["name"] === "TRPCClientError" ? "transport" : "unexpected";
}

export function toLiveError(error: unknown): LiveError {
  if (isLiveError(error)) return error;
  const data = errorData(error)?.["code"];
  const code = typeof data === "string" ? data : null;
  const kind = kindOf(error, code);
  const retryable = retryableKinds.has(kind);
  return new LiveError(messageOf(error), { kind, code, retryable, cause: error });
}
