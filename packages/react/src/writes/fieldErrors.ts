import { errorData, isRecord, toLiveError } from "../core/errors.js";

export interface FieldError {
  /** Dotted, as the server names it: `spec.size`. */
  readonly field: string;
  readonly message: string;
}

function readCauses(causes: unknown): FieldError[] {
  if (!Array.isArray(causes)) return [];
  return causes.filter(isRecord).flatMap(({ field, message }) => {
    if (typeof field !== "string" || typeof message !== "string" || field === "") return [];
    return [{ field, message }];
  });
}

/**
 * The fields a server refused, and why: from `data.causes`, which both a cluster's validation and the
 * server's own bring.
 */
export function fieldErrors(error: unknown): readonly FieldError[] {
  const { cause } = toLiveError(error);
  return readCauses(errorData(cause)?.["causes"]);
}
