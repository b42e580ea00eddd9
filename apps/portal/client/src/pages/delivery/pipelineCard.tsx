import type { Stage } from "@portal/shared";
import {
  useCDPipelinePermissions,
  usePipelineRunPermissions,
  useStagePermissions,
} from "@portal/shared/hooks";
import { Link } from "@tanstack/react-router";
import { ChevronRight, Pencil, Plus, Rocket, ShieldQuestion, Trash2, Zap } from "lucide-react";
import { PermittedButton } from "@/components/permittedButton";
import { PhaseIcon, Status } from "@/components/status";
import { Age } from "@/components/times";
import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { cn } from "@/lib/cn";
import type { PipelineView, Placement, StageView } from "@/resources/delivery";
import { statusOf } from "@/resources/phase";
import { protect } from "@/resources/protection";

/** One CD pipeline: its stages from left to right, with what runs in each. */
export function PipelineCard({
  view,
  onOpen,
  onDeploy,
  onAddStage,
  onEditStage,
  onDeleteStage,
}: {
  view: PipelineView;
  onOpen: () => void;
  onDeploy: (stage: Stage) => void;
  onAddStage: () => void;
  onEditStage: (stage: Stage) => void;
  onDeleteStage: (stage: Stage) => void;
}) {
  const stagePermissions = useStagePermissions({ namespace: view.namespace });
  const pipelinePermissions = useCDPipelinePermissions({ namespace: view.namespace });
  // A stage takes its place in the row from the pipeline: both rights are needed.
  const adding = pipelinePermissions.patch.allowed
    ? stagePermissions.create
    : pipelinePermissions.patch;
  return (
    <Card data-testid={`pipeline-${view.id}`}>
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b px-5 py-3">
        <h2 className="min-w-0">
          <button
            type="button"
            onClick={onOpen}
            className="truncate rounded-sm text-[15px] font-semibold underline-offset-4 hover:underline"
          >
            {view.name}
          </button>
        </h2>
        <Status {...statusOf(view)} />
        <span className="text-xs text-muted-foreground">in {view.namespace}</span>
        <span className="min-w-0 truncate text-[13px] text-muted-foreground">
          {view.pipeline.spec.description}
        </span>
        <PermittedButton permission={adding} size="sm" className="ml-auto" onClick={onAddStage}>
          <Plus /> Add stage
        </PermittedButton>
      </header>
      {view.stages.length === 0 ? (
        <p className="px-5 py-6 text-[13px] text-muted-foreground">
          It has no stages yet: nothing is deployed.
        </p>
      ) : (
        <ol className="scroll-thin flex items-stretch gap-1 overflow-x-auto p-4">
          {view.stages.map((stage, index) => (
            <li key={stage.id} className="flex min-w-68 flex-1 items-stretch gap-1">
              {index > 0 ? (
                <ChevronRight
                  aria-hidden="true"
                  className="size-4 shrink-0 self-center text-muted-foreground"
                />
              ) : null}
              <StageCard
                view={stage}
                onDeploy={() => onDeploy(stage.stage)}
                onEdit={() => onEditStage(stage.stage)}
                onDelete={() => onDeleteStage(stage.stage)}
              />
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

function StageCard({
  view,
  onDeploy,
  onEdit,
  onDelete,
}: {
  view: StageView;
  onDeploy: () => void;
  onEdit: () => void;
  onDelete: () => void;
}) {
  const { spec, metadata } = view.stage;
  const namespace = metadata.namespace ?? null;
  const runs = usePipelineRunPermissions({ namespace });
  const stages = useStagePermissions({ namespace });
  const isManual = spec.qualityGates.some(({ qualityGateType }) => qualityGateType === "manual");
  return (
    <section
      aria-label={`Stage ${spec.name} of ${spec.cdPipeline}`}
      data-testid={`stage-${view.id}`}
      className="flex min-w-0 flex-1 flex-col rounded-lg border bg-background"
    >
      <header className="flex items-center gap-2 px-3 pt-2.5">
        <PhaseIcon phase={view.phase} />
        <h3 className="min-w-0 flex-1 truncate text-[13px] font-semibold">{spec.name}</h3>
        <Badge>
          <Zap aria-hidden="true" /> {spec.triggerType}
        </Badge>
        {isManual ? (
          <Badge tone="violet">
            <ShieldQuestion aria-hidden="true" /> approval
          </Badge>
        ) : null}
      </header>
      <ul className="flex flex-1 flex-col gap-1 px-3 py-2.5">
        {view.placements.map((placement) => (
          <PlacementLine key={placement.application} placement={placement} />
        ))}
      </ul>
      <footer className="flex items-center gap-1.5 border-t px-3 py-2 text-xs text-muted-foreground">
        {view.lastRun ? (
          <Link
            to="/pipelines/$namespace/$name"
            params={{ namespace: view.lastRun.namespace, name: view.lastRun.name }}
            className="inline-flex min-w-0 items-center gap-1.5 underline-offset-4 hover:underline"
          >
            <PhaseIcon phase={view.lastRun.phase} className="size-3.5" />
            <span className="truncate">
              {view.lastRun.reason} <Age time={view.lastRun.started} suffix=" ago" />
            </span>
          </Link>
        ) : (
          "Never deployed"
        )}
        <span className="ml-auto flex gap-1">
          <PermittedButton
            permission={protect(stages.update, view.stage, "update")}
            variant="ghost"
            size="icon-sm"
            aria-label={`Edit stage ${spec.name}`}
            onClick={onEdit}
          >
            <Pencil />
          </PermittedButton>
          <PermittedButton
            permission={protect(stages.delete, view.stage, "delete")}
            variant="ghost"
            size="icon-sm"
            aria-label={`Delete stage ${spec.name}`}
            onClick={onDelete}
          >
            <Trash2 />
          </PermittedButton>
          <PermittedButton
            permission={runs.create}
            size="sm"
            className="h-7"
            aria-label={`Deploy to ${spec.name}`}
            onClick={onDeploy}
          >
            <Rocket /> Deploy
          </PermittedButton>
        </span>
      </footer>
    </section>
  );
}

function PlacementLine({ placement }: { placement: Placement }) {
  const { application, version, ready, wanted } = placement;
  return (
    <li className="flex items-center gap-2 text-[13px]">
      <span
        aria-hidden="true"
        className={cn(
          "size-2 shrink-0 rounded-full",
          version === null
            ? "border border-input"
            : ready >= wanted
              ? "bg-success-fill"
              : "bg-warning-fill",
        )}
      />
      <span className="min-w-0 flex-1 truncate">{application}</span>
      {version === null ? (
        <span className="text-xs text-muted-foreground">not here</span>
      ) : (
        <>
          <code className="truncate font-mono text-xs" title={version}>
            {version}
          </code>
          <span className="text-xs text-muted-foreground tabular-nums">
            {ready}/{wanted}
          </span>
        </>
      )}
    </li>
  );
}
