import type { Permission } from "@fairlead/react";
import { useCodebasePermissions } from "@portal/shared/hooks";
import { useQueries } from "@tanstack/react-query";
import { trpc } from "@/app/client";

const ANSWER_LASTS = 30_000;
const allowed: Permission = { state: "allowed", allowed: true, reason: null };

/**
 * May the user create a codebase in what the page shows? With all namespaces shown, a right in one of
 * them is enough; `offered` is then the first namespace that grants it.
 */
export function useCreatePermission(namespace: string | null, candidates: readonly string[]) {
  const { create } = useCodebasePermissions({ namespace });
  const askEach = namespace === null && create.state === "denied";
  const granting = useQueries({
    queries: (askEach ? candidates : []).map((candidate) =>
      trpc.codebases.permissions.queryOptions(
        { namespace: candidate },
        { staleTime: ANSWER_LASTS },
      ),
    ),
    combine: (answers) => answers.findIndex(({ data }) => data?.create.allowed === true),
  });
  const offered = namespace ?? candidates[Math.max(0, granting)] ?? "";
  return { permission: granting >= 0 ? allowed : create, offered };
}
