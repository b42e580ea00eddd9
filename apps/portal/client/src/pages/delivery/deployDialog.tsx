import type { Stage } from "@portal/shared";
import { useCodebaseImageStreamWatchList, usePipelineRunPermissions } from "@portal/shared/hooks";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Rocket } from "lucide-react";
import { useId, useState } from "react";
import { toast } from "sonner";
import { trpc } from "@/app/client";
import { PermittedButton } from "@/components/permittedButton";
import { Button } from "@/components/ui/button";
import { Dialog, DialogContent } from "@/components/ui/dialog";
import { Select } from "@/components/ui/select";
import { type PipelineView, versionsFor } from "@/resources/delivery";

// Kubernetes tags cannot be empty, so this stands for leaving an application as it is.
const KEEP = "";

/** Asks which version of each application goes to a stage. New builds show while it is open. */
export function DeployDialog({
  view,
  stage,
  onClose,
}: {
  view: PipelineView;
  stage: Stage;
  onClose: () => void;
}) {
  const { name = "", namespace = null } = stage.metadata;
  const navigate = useNavigate();
  const { items: streams, isLoading } = useCodebaseImageStreamWatchList({ namespace });
  const permissions = usePipelineRunPermissions({ namespace });
  // Only what the user chose; what nobody chose follows the newest build.
  const [chosen, setChosen] = useState<{ readonly [application: string]: string }>({});
  const placements = view.stages.find(({ id }) => id === `${namespace}/${name}`)?.placements ?? [];
  const offers = view.pipeline.spec.applications.map((application) => {
    const versions = versionsFor(view, stage, application, streams);
    const current = placements.find((each) => each.application === application)?.version ?? null;
    const version = chosen[application] ?? versions[0] ?? KEEP;
    return { application, versions, current, version };
  });
  const versions = Object.fromEntries(
    offers
      .filter(({ version }) => version !== KEEP)
      .map((each) => [each.application, each.version]),
  );
  const deploy = useMutation(
    trpc.stages.deploy.mutationOptions({
      onSuccess: (run) => {
        const params = { namespace: run.metadata.namespace ?? "", name: run.metadata.name ?? "" };
        toast.success(`${params.name} has started`, {
          description: `It deploys to ${stage.spec.name}.`,
          action: {
            label: "Open",
            onClick: () => void navigate({ to: "/pipelines/$namespace/$name", params }),
          },
        });
        onClose();
      },
    }),
  );
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent
        title={`Deploy to ${stage.spec.name}`}
        description={`Versions of the applications of ${view.name}; new builds show here at once.`}
      >
        <form
          className="flex min-h-0 flex-1 flex-col"
          onSubmit={(event) => {
            event.preventDefault();
            if (permissions.create.allowed) deploy.mutate({ name, namespace, versions });
          }}
        >
          <ul className="scroll-thin flex flex-1 flex-col gap-3 overflow-y-auto px-6 py-5">
            {offers.map((offer) => (
              <Offer
                key={offer.application}
                {...offer}
                isLoading={isLoading}
                onChange={(version) => setChosen({ ...chosen, [offer.application]: version })}
              />
            ))}
          </ul>
          {deploy.error ? (
            <p
              role="alert"
              className="border-t bg-danger-fill/10 px-6 py-2.5 text-[13px] text-danger"
            >
              {deploy.error.message}
            </p>
          ) : null}
          <footer className="flex justify-end gap-2 border-t bg-muted/40 px-6 py-3.5">
            <Button onClick={onClose}>Cancel</Button>
            <PermittedButton
              permission={permissions.create}
              type={permissions.create.allowed ? "submit" : "button"}
              variant="primary"
              disabled={deploy.isPending || Object.keys(versions).length === 0}
            >
              <Rocket /> Deploy
            </PermittedButton>
          </footer>
        </form>
      </DialogContent>
    </Dialog>
  );
}

function Offer({
  application,
  versions,
  current,
  version,
  isLoading,
  onChange,
}: {
  application: string;
  versions: readonly string[];
  current: string | null;
  version: string;
  isLoading: boolean;
  onChange: (version: string) => void;
}) {
  const id = useId();
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_minmax(0,1.2fr)] items-center gap-3">
      <label htmlFor={id} className="min-w-0 text-[13px]">
        <span className="block truncate font-medium">{application}</span>
        <span className="block truncate text-xs text-muted-foreground">
          {current ? `now ${current}` : "not there yet"}
        </span>
      </label>
      {versions.length === 0 ? (
        <span className="text-[13px] text-muted-foreground">
          {isLoading ? "Loading versions…" : "No version has been built"}
        </span>
      ) : (
        <Select
          id={id}
          value={version}
          onValueChange={onChange}
          options={versions.map((value, index) => ({
            value,
            label: index === 0 ? `${value} (newest)` : value,
          }))}
        />
      )}
    </li>
  );
}
