import type { Permission } from "@fairlead/react";

export const PROTECTION_LABEL = "app.edp.epam.com/edit-protection";

/** An object of any kind, as far as its labels are looked at. */
export type Labelled = { readonly metadata?: unknown };

function labelsOf({ metadata }: Labelled): { readonly [key: string]: unknown } {
  const found = metadata as { readonly labels?: { readonly [key: string]: unknown } | null } | null;
  return found?.labels ?? {};
}

/** Why an object's label forbids it, as the server says it too; null where it does not. */
export function explainProtection(object: Labelled, verb: "update" | "delete"): string | null {
  const forbidden = String(labelsOf(object)[PROTECTION_LABEL] ?? "").split("-");
  if (!forbidden.includes(verb)) return null;
  const what = verb === "update" ? "changes" : "deletion";
  return `It is protected from ${what} by its label ${PROTECTION_LABEL}`;
}

/** A right to an object, as far as the object's label leaves it. */
export function protect(
  permission: Permission,
  object: Labelled,
  verb: "update" | "delete",
): Permission {
  const reason = explainProtection(object, verb);
  return reason === null ? permission : { state: "denied", allowed: false, reason };
}
