import type { CDPipeline } from "@portal/shared";
import { useCDPipelinePermissions } from "@portal/shared/hooks";
import { ResourceDrawer } from "@/components/details";
import { Facts, Section } from "@/components/drawer";
import { EditAndDelete } from "@/components/editAndDelete";
import { Status } from "@/components/status";
import { Age } from "@/components/times";
import { Badge } from "@/components/ui/badge";
import { parseTime } from "@/lib/time";
import type { PipelineView } from "@/resources/delivery";
import { statusOf } from "@/resources/phase";

export function PipelineDrawer({
  id,
  view,
  onClose,
  onEdit,
  onDelete,
}: {
  id: string | undefined;
  view: PipelineView | undefined;
  onClose: () => void;
  onEdit: (pipeline: CDPipeline) => void;
  onDelete: (pipeline: CDPipeline) => void;
}) {
  return (
    <ResourceDrawer
      id={id}
      kind="CDPipeline"
      object={view?.pipeline}
      status={view ? <Status {...statusOf(view)} message={null} /> : null}
      actions={
        view ? (
          <EditAndDelete
            object={view.pipeline}
            usePermissions={useCDPipelinePermissions}
            onEdit={onEdit}
            onDelete={onDelete}
          />
        ) : null
      }
      onClose={onClose}
      tabs={view ? [{ id: "overview", label: "Overview", content: <Overview view={view} /> }] : []}
    />
  );
}

function Overview({ view }: { view: PipelineView }) {
  const { spec, metadata } = view.pipeline;
  const promoted = new Set(spec.applicationsToPromote ?? []);
  return (
    <>
      <Section title="Pipeline">
        <Facts
          facts={{
            Description: spec.description,
            Type: spec.deploymentType,
            Stages: view.stages.map(({ stage }) => stage.spec.name).join(" → "),
            Message: view.message,
            Created: <Age time={parseTime(metadata.creationTimestamp)} suffix=" ago" />,
          }}
        />
      </Section>
      <Section title="Applications">
        <ul className="flex flex-col gap-2 text-[13px]">
          {spec.applications.map((application, index) => (
            <li key={application} className="flex items-center gap-2">
              <span className="font-medium">{application}</span>
              <code className="min-w-0 flex-1 truncate font-mono text-xs text-muted-foreground">
                {spec.inputDockerStreams[index]}
              </code>
              {promoted.has(application) ? <Badge tone="info">promoted</Badge> : null}
            </li>
          ))}
        </ul>
      </Section>
    </>
  );
}
