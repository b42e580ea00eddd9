import { readText } from "@/components/table/tableSearch";

/** What the audit trail keeps in the address. */
export type AuditSearch = {
  decision?: "allowed" | "denied" | undefined;
  user?: string | undefined;
};

export function validateAuditSearch(search: { [key: string]: unknown }): AuditSearch {
  const decision = search["decision"];
  return {
    decision: decision === "allowed" || decision === "denied" ? decision : undefined,
    user: readText(search["user"]),
  };
}
