import type { Permission } from "@fairlead/react";

export const PROTECTION_LABEL = "app.edp.epam.com/edit-protection";

type Labelled = {
  readonly metadata: { readonly labels?: { readonly [key: string]: string } | null | undefined };
};

/** Why an object's label forbids it, as the server says it too; null where it does not. */
export function explainProtection(
  { metadata }: Labelled,
  verb: "update" | "delete",
): string | null {
  const forbidden = (metadata.labels?.[PROTECTION_LABEL] ?? "").split("-");
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
