import { useDeploymentPermissions } from "@portal/shared/hooks";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Undo2 } from "lucide-react";
import { useEffect } from "react";
import { toast } from "sonner";
import { trpc } from "@/app/client";
import { PermittedButton } from "@/components/permittedButton";
import { Age } from "@/components/times";
import { Badge } from "@/components/ui/badge";
import { parseTime } from "@/lib/time";
import { protect } from "@/resources/protection";
import type { DeploymentRow } from "@/resources/workload";

/** What the deployment's pods were before, and the way back. */
export function Revisions({ row }: { row: DeploymentRow }) {
  const { name, namespace } = row;
  const permissions = useDeploymentPermissions({ namespace });
  const revisions = useQuery(
    trpc.deployments.revisions.queryOptions({ name, namespace }, { staleTime: 0 }),
  );
  // Whoever rolled it out: the cluster counts a new revision, and the list is read again.
  const { refetch } = revisions;
  const counted = row.deployment.metadata.annotations?.["deployment.kubernetes.io/revision"];
  useEffect(() => {
    if (counted) void refetch();
  }, [counted, refetch]);
  const rollback = useMutation(
    trpc.deployments.rollback.mutationOptions({
      onSuccess: async (_, { revision }) => {
        toast.success(`${name} goes back to revision ${revision ?? ""}`);
        await refetch();
      },
      onError: (error) =>
        toast.error(`${name} was not rolled back`, { description: error.message }),
    }),
  );
  if (revisions.isPending) return <Note>Reading the revisions…</Note>;
  if (revisions.isError) return <Note>{revisions.error.message}</Note>;
  return (
    <ul className="divide-y">
      {revisions.data.map((revision) => (
        <li key={revision.name} className="flex items-center gap-3 px-5 py-3 text-[13px]">
          <span className="w-8 shrink-0 font-medium tabular-nums">{revision.revision}</span>
          <div className="min-w-0">
            <p className="truncate font-mono text-xs" title={revision.images.join(", ")}>
              {revision.images.map((image) => image.slice(image.lastIndexOf("/") + 1)).join(", ")}
            </p>
            <p className="text-muted-foreground">
              {revision.changeCause ? `${revision.changeCause} · ` : ""}
              <Age time={parseTime(revision.created)} suffix=" ago" />
            </p>
          </div>
          <div className="ml-auto shrink-0">
            {revision.current ? (
              <Badge tone="success">current</Badge>
            ) : (
              <PermittedButton
                permission={protect(permissions.patch, row.deployment, "update")}
                size="sm"
                disabled={rollback.isPending}
                onClick={() => rollback.mutate({ name, namespace, revision: revision.revision })}
              >
                <Undo2 /> Roll back
              </PermittedButton>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}

function Note({ children }: { children: string }) {
  return <p className="p-5 text-[13px] text-muted-foreground">{children}</p>;
}
