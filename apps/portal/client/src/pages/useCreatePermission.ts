import type { Permission, UsePermissions } from "@fairlead/react";
import { useQueries } from "@tanstack/react-query";
import type { trpc } from "@/app/client";
import type { NamespaceScope } from "@/components/shell/useNamespace";
import { useNamespaces } from "@/components/shell/useNamespaces";

const ANSWER_LASTS = 30_000;
const allowed: Permission = { state: "allowed", allowed: true, reason: null };

/**
 * May the user create something in what the page shows? With several namespaces shown, a right in one
 * of them is enough; `offered` is then the first namespace that grants it.
 */
export function useCreatePermission({
  scope,
  usePermissions,
  ask,
  likeliest,
}: {
  scope: NamespaceScope;
  /** The kind's own hook. */
  usePermissions: UsePermissions;
  ask: Pick<typeof trpc.codebases.permissions, "queryOptions">;
  /** Namespaces to ask about, if not all in their order. */
  likeliest?: readonly string[];
}) {
  const here = usePermissions({ namespace: scope.sole }).create;
  const all = useNamespaces();
  const namespaces = likeliest ?? all;
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
