import type { TRPCLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { tap } from "@trpc/server/observable";
import type { Connection } from "./connection.js";
import { toLiveError } from "./errors.js";

/**
 * A link that notices the end of the session on any call, whatever the transport: it reads the tRPC
 * code, so a streamed batch (HTTP 200 with an error in a line) counts like an HTTP 401 does.
 */
export function sessionLink<TRouter extends AnyTRPCRouter>(
  connection: Connection,
): TRPCLink<TRouter> {
  return () =>
    ({ next, op }) =>
      next(op).pipe(
        tap({
          error(cause) {
            const error = toLiveError(cause);
            if (error.kind === "unauthorized") connection.reportSignedOut(error.message);
          },
        }),
      );
}
