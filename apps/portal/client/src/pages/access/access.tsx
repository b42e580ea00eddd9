import type { PermissionsResult, Verb } from "@fairlead/react";
import {
  useCodebaseBranchPermissions,
  useCodebasePermissions,
  useDeploymentPermissions,
  useNamespacePermissions,
  usePipelineRunPermissions,
  usePodPermissions,
} from "@portal/shared/hooks";
import { Check, LoaderCircle, Minus } from "lucide-react";
import { PageHeader } from "@/components/page";
import { useNamespace } from "@/components/shell/useNamespace";
import { Tooltip } from "@/components/ui/tooltip";

type UsePermissions = (options: { namespace: string | null }) => PermissionsResult;

const kinds: readonly { label: string; usePermissions: UsePermissions }[] = [
  { label: "Pipeline runs", usePermissions: usePipelineRunPermissions },
  { label: "Codebases", usePermissions: useCodebasePermissions },
  { label: "Branches", usePermissions: useCodebaseBranchPermissions },
  { label: "Deployments", usePermissions: useDeploymentPermissions },
  { label: "Pods", usePermissions: usePodPermissions },
  { label: "Namespaces", usePermissions: useNamespacePermissions },
];

const verbs: readonly Verb[] = ["list", "get", "watch", "create", "update", "patch", "delete"];

/** What one may do here, live: a role that changes shows within seconds. */
export function AccessPage() {
  const [namespace] = useNamespace();
  return (
    <>
      <PageHeader
        title="My access"
        description={
          namespace
            ? `What you may do in ${namespace}. It follows your roles as they change.`
            : "What you may do in all namespaces at once. Choose a namespace to see your rights there."
        }
      />
      <div className="scroll-thin min-h-0 flex-1 overflow-auto px-4 pb-6 sm:px-6">
        <table className="w-full border-separate border-spacing-0 overflow-hidden rounded-xl border bg-card text-[13px] shadow-xs">
          <thead>
            <tr className="text-left text-muted-foreground">
              <th scope="col" className="border-b px-4 py-2.5 font-medium">
                Resource
              </th>
              {verbs.map((verb) => (
                <th key={verb} scope="col" className="border-b px-3 py-2.5 text-center font-medium">
                  {verb}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {kinds.map(({ label, usePermissions }) => (
              <KindRow
                key={label}
                label={label}
                namespace={namespace}
                usePermissions={usePermissions}
              />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function KindRow({
  label,
  namespace,
  usePermissions,
}: {
  label: string;
  namespace: string | null;
  usePermissions: UsePermissions;
}) {
  const permissions = usePermissions({ namespace });
  return (
    <tr>
      <th scope="row" className="border-b px-4 py-2.5 text-left font-medium">
        {label}
      </th>
      {verbs.map((verb) => (
        <td key={verb} className="border-b px-3 py-2.5 text-center">
          <Mark permission={permissions[verb]} what={`${verb} ${label.toLowerCase()}`} />
        </td>
      ))}
    </tr>
  );
}

function Mark({ permission, what }: { permission: PermissionsResult[Verb]; what: string }) {
  if (permission.state === "pending") {
    return (
      <span role="img" aria-label={`Checking: ${what}`}>
        <LoaderCircle className="inline size-4 animate-spin text-muted-foreground" />
      </span>
    );
  }
  if (permission.allowed) {
    return (
      <span role="img" aria-label={`You may ${what}`}>
        <Check className="inline size-4 text-success" />
      </span>
    );
  }
  return (
    <Tooltip content={permission.reason ?? "Your roles do not allow it."}>
      <button type="button" aria-label={`You may not ${what}: ${permission.reason ?? ""}`}>
        <Minus className="inline size-4 text-muted-foreground" />
      </button>
    </Tooltip>
  );
}
