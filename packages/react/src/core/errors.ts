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

export interface LiveError {
  readonly kind: ErrorKind;
  /** tRPC's code key (`FORBIDDEN`), or null when no server answered. */
  readonly code: string | null;
  readonly message: string;
  /** Whether the same call may succeed later without anyone changing it. */
  readonly retryable: boolean;
  readonly cause: unknown;
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

export function toLiveError(error: unknown): LiveError {
  const code = errorData(error)?.["code"];
  if (typeof code === "string") {
    const kind = kinds[code] ?? "server";
    return {
      kind,
      code,
      message: messageOf(error),
      retryable: retryableKinds.has(kind),
      cause: error,
    };
  }
  const isCall = isRecord(error) && error["name"] === "TRPCClientError";
  const kind: ErrorKind = isAbort(error) ? "aborted" : isCall ? "transport" : "unexpected";
  return {
    kind,
    code: null,
    message: messageOf(error),
    retryable: kind === "transport",
    cause: error,
  };
}
