import type { PermissionsResult, Verb } from "@fairlead/react";
import {
  useApprovalTaskPermissions,
  useCDPipelinePermissions,
  useCodebaseBranchPermissions,
  useCodebasePermissions,
  useDeploymentPermissions,
  useGitServerPermissions,
  useNamespacePermissions,
  usePipelineRunPermissions,
  usePodPermissions,
  useQuickLinkPermissions,
  useStagePermissions,
} from "@portal/shared/hooks";
import { Check, LoaderCircle, Minus } from "lucide-react";
import { PageHeader } from "@/components/page";
import { useNamespaceScope } from "@/components/shell/useNamespace";
import { Tooltip } from "@/components/ui/tooltip";

type UsePermissions = (options: { namespace: string | null }) => PermissionsResult;

const kinds: readonly { label: string; usePermissions: UsePermissions }[] = [
  { label: "Pipeline runs", usePermissions: usePipelineRunPermissions },
  { label: "CD pipelines", usePermissions: useCDPipelinePermissions },
  { label: "Stages", usePermissions: useStagePermissions },
  { label: "Approvals", usePermissions: useApprovalTaskPermissions },
  { label: "Codebases", usePermissions: useCodebasePermissions },
  { label: "Branches", usePermissions: useCodebaseBranchPermissions },
  { label: "Git servers", usePermissions: useGitServerPermissions },
  { label: "Quick links", usePermissions: useQuickLinkPermissions },
  { label: "Deployments", usePermissions: useDeploymentPermissions },
  { label: "Pods", usePermissions: usePodPermissions },
  { label: "Namespaces", usePermissions: useNamespacePermissions },
];

const verbs: readonly Verb[] = ["list", "get", "watch", "create", "update", "patch", "delete"];

/** What one may do here, live: a role that changes shows within seconds. Each of several namespaces has its own table. */
export function AccessPage() {
  const { names } = useNamespaceScope();
  const places = names.length === 0 ? [null] : names;
  return (
    <>
      <PageHeader title="My access" description={describe(names)} />
      <div className="scroll-thin flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto px-4 pb-6 sm:px-6">
        {places.map((namespace) => (
          <Rights key={namespace} namespace={namespace} isTitled={places.length > 1} />
        ))}
      </div>
    </>
  );
}

function describe(names: readonly string[]): string {
  if (names.length === 0)
    return "What you may do in all namespaces at once. Choose a namespace to see your rights there.";
  const where = names.length === 1 ? names[0] : "each of these namespaces";
  return `What you may do in ${where}. It follows your roles as they change.`;
}

function Rights({ namespace, isTitled }: { namespace: string | null; isTitled: boolean }) {
  return (
    <section
      aria-label={namespace ?? "All namespaces"}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
      tabIndex={0}
      className="scroll-thin shrink-0 overflow-x-auto rounded-xl border bg-card shadow-xs"
    >
      {isTitled ? (
        <h2 className="sticky left-0 w-fit px-4 pt-3 text-sm font-semibold">{namespace}</h2>
      ) : null}
      <table className="w-full border-separate border-spacing-0 text-[13px]">
        <thead>
          <tr className="text-left text-muted-foreground">
            <th scope="col" className={headOfRow}>
              Resource
            </th>
            {verbs.map((verb) => (
              <th key={verb} scope="col" className={cell}>
                {verb}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="[&>tr:last-child>*]:border-b-0">
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
    </section>
  );
}

// The names stay where a narrow screen has the verbs scroll.
const headOfRow = "sticky left-0 border-b bg-card px-4 py-2.5 text-left font-medium";
const cell = "border-b px-2 py-2.5 text-center font-medium sm:px-3";

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
      <th scope="row" className={headOfRow}>
        {label}
      </th>
      {verbs.map((verb) => (
        <td key={verb} className={cell}>
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
