import type { Permission } from "@fairlead/react";
import { useQueries } from "@tanstack/react-query";
import type { trpc } from "@/app/client";
import type { NamespaceScope } from "@/components/shell/useNamespace";

const ANSWER_LASTS = 30_000;
const allowed: Permission = { state: "allowed", allowed: true, reason: null };

/**
 * May the user create something in what the page shows? With several namespaces shown, a right in one
 * of them is enough; `offered` is then the first namespace that grants it.
 */
export function useCreatePermission({
  here,
  scope,
  namespaces,
  ask,
}: {
  /** The right in the one namespace shown, or in all. */
  here: Permission;
  scope: NamespaceScope;
  /** Those to be asked about, the likeliest first. */
  namespaces: readonly string[];
  ask: Pick<typeof trpc.codebases.permissions, "queryOptions">;
}) {
  const candidates =
    scope.names.length > 0 ? namespaces.filter((name) => scope.names.includes(name)) : namespaces;
  const askEach = scope.sole === null && here.state === "denied";
  const granting = useQueries({
    queries: (askEach ? candidates : []).map((namespace) =>
      ask.queryOptions({ namespace }, { staleTime: ANSWER_LASTS }),
    ),
    combine: (answers) => answers.findIndex(({ data }) => data?.create.allowed === true),
  });
  const offered = scope.sole ?? candidates[Math.max(0, granting)] ?? "";
  return { permission: granting >= 0 ? allowed : here, offered };
}
