import type { CDPipeline, Stage } from "@portal/shared";
import {
  useCDPipelineCRUD,
  useCDPipelinePermissions,
  useCDPipelineWatchList,
  useDeploymentWatchList,
  usePipelineRunWatchList,
  useStageCRUD,
  useStageWatchList,
} from "@portal/shared/hooks";
import { Rocket } from "lucide-react";
import { lazy, type ReactNode, Suspense, useMemo, useState } from "react";
import { trpc } from "@/app/client";
import { CreateButton } from "@/components/createButton";
import { Deletion } from "@/components/deletion";
import { PageHeader } from "@/components/page";
import { DeniedState, EmptyState, ErrorState, NoMatches } from "@/components/pageStates";
import { useNamespaceScope } from "@/components/shell/useNamespace";
import { SearchField } from "@/components/table/toolbar";
import { useTableSearch } from "@/components/table/useTableSearch";
import { Skeleton } from "@/components/ui/skeleton";
import { useIsBehind } from "@/lib/watchHealth";
import { deliveryOf, type PipelineView } from "@/resources/delivery";
import { STAGE_LABEL } from "@/resources/labels";
import { useCreatePermission } from "../useCreatePermission";
import { PipelineCard } from "./pipelineCard";
import { PipelineDrawer } from "./pipelineDrawer";

const PipelineDialog = lazy(async () => {
  const { PipelineDialog } = await import("./pipelineDialog");
  return { default: PipelineDialog };
});
const EditPipelineDialog = lazy(async () => {
  const { EditPipelineDialog } = await import("./pipelineDialog");
  return { default: EditPipelineDialog };
});
const EditStageDialog = lazy(async () => {
  const { EditStageDialog } = await import("./stageDialog");
  return { default: EditStageDialog };
});
const StageDialog = lazy(async () => {
  const { StageDialog } = await import("./stageDialog");
  return { default: StageDialog };
});
const DeployDialog = lazy(async () => {
  const { DeployDialog } = await import("./deployDialog");
  return { default: DeployDialog };
});

/** What the user is about to do, if anything. */
type Intent =
  | { kind: "deploy"; view: PipelineView; stage: Stage }
  | { kind: "addStage"; view: PipelineView }
  | { kind: "editPipeline"; pipeline: CDPipeline }
  | { kind: "editStage"; stage: Stage }
  | { kind: "deletePipeline"; pipeline: CDPipeline }
  | { kind: "deleteStage"; stage: Stage };

/** CD pipelines with their stages: what runs where, and bringing another version there. */
export function DeliveryPage() {
  const scope = useNamespaceScope();
  const state = useTableSearch("name");
  const { list, views, isComplete } = useDelivery();
  const [intent, setIntent] = useState<Intent | null>(null);
  const creation = useCreatePermission({
    scope,
    usePermissions: useCDPipelinePermissions,
    ask: trpc.cdPipelines.permissions,
  });
  const needle = (state.search.q ?? "").toLowerCase();
  const shown = views.filter(({ name, pipeline }) =>
    [name, ...pipeline.spec.applications].some((text) => text.toLowerCase().includes(needle)),
  );
  return (
    <div className="scroll-thin flex min-h-0 flex-1 flex-col overflow-y-auto">
      <PageHeader title="Deployments" description="What runs where, and what may go there next.">
        <SearchField
          label="Search pipelines"
          value={state.search.q ?? ""}
          onChange={(q) => state.set({ q: q || undefined })}
        />
        <CreateButton permission={creation.permission} label="Create pipeline" />
      </PageHeader>
      <Guard list={list} isComplete={isComplete} isEmpty={views.length === 0}>
        {shown.length === 0 ? (
          <NoMatches noun="pipelines" clear={() => state.set({ q: undefined })} />
        ) : null}
        <ul aria-label="CD pipelines" className="flex flex-col gap-4 px-4 pb-6 sm:px-6">
          {shown.map((view) => (
            <li key={view.id}>
              <PipelineCard
                view={view}
                onOpen={() => state.set({ open: view.id, tab: undefined })}
                onDeploy={(stage) => setIntent({ kind: "deploy", view, stage })}
                onAddStage={() => setIntent({ kind: "addStage", view })}
                onEditStage={(stage) => setIntent({ kind: "editStage", stage })}
                onDeleteStage={(stage) => setIntent({ kind: "deleteStage", stage })}
              />
            </li>
          ))}
        </ul>
      </Guard>
      <PipelineDrawer
        id={state.search.open}
        view={views.find(({ id }) => id === state.search.open)}
        onClose={() => state.set({ open: undefined, tab: undefined })}
        onEdit={(pipeline) => setIntent({ kind: "editPipeline", pipeline })}
        onDelete={(pipeline) => setIntent({ kind: "deletePipeline", pipeline })}
      />
      <Deletions
        intent={intent}
        onDone={() => {
          setIntent(null);
          state.set({ open: undefined });
        }}
        onCancel={() => setIntent(null)}
      />
      <Suspense>
        <Forms intent={intent} onClose={() => setIntent(null)} />
        {state.search.create && list.status !== "loading" ? (
          <PipelineDialog
            namespace={creation.offered}
            onClose={() => state.set({ create: undefined })}
          />
        ) : null}
      </Suspense>
    </div>
  );
}

/** The form of what the user is about to do, if it has one. */
function Forms({ intent, onClose }: { intent: Intent | null; onClose: () => void }) {
  switch (intent?.kind) {
    case "deploy":
      return <DeployDialog {...intent} onClose={onClose} />;
    case "addStage":
      return <StageDialog view={intent.view} onClose={onClose} />;
    case "editPipeline":
      return <EditPipelineDialog pipeline={intent.pipeline} onClose={onClose} />;
    case "editStage":
      return <EditStageDialog stage={intent.stage} onClose={onClose} />;
    default:
      return null;
  }
}

function useDelivery() {
  const { watched: namespace } = useNamespaceScope();
  const list = useCDPipelineWatchList({ namespace });
  const stageList = useStageWatchList({ namespace });
  const deploymentList = useDeploymentWatchList({ namespace, labelSelector: STAGE_LABEL });
  const runList = usePipelineRunWatchList({ namespace, labelSelector: STAGE_LABEL });
  useIsBehind(list);
  const [pipelines, stages] = [list.items, stageList.items];
  const [deployments, runs] = [deploymentList.items, runList.items];
  // Nothing is said not to be there, or moves what is, before all has come.
  const isComplete = ![stageList, deploymentList, runList].some(
    ({ status }) => status === "loading",
  );
  const views = useMemo(
    (): PipelineView[] => deliveryOf({ pipelines, stages, deployments, runs }),
    [pipelines, stages, deployments, runs],
  );
  return { list, views, isComplete };
}

type Listed = ReturnType<typeof useDelivery>["list"];

function Guard({
  list,
  isComplete,
  isEmpty,
  children,
}: {
  list: Listed;
  isComplete: boolean;
  isEmpty: boolean;
  children: ReactNode;
}) {
  if (list.status === "denied") {
    const reason = list.error?.message ?? "Your role does not allow it.";
    return <DeniedState noun="CD pipelines" reason={reason} />;
  }
  if (list.status === "error" && isEmpty) {
    const error = list.error ?? new Error("The server gave no reason.");
    return <ErrorState noun="CD pipelines" error={error} retry={list.refetch} />;
  }
  if (list.status === "loading" || !(isComplete || isEmpty)) {
    return (
      <div
        role="status"
        aria-label="Loading CD pipelines"
        className="flex flex-col gap-4 px-4 sm:px-6"
      >
        <Skeleton className="h-56 rounded-xl" />
        <Skeleton className="h-56 rounded-xl" />
      </div>
    );
  }
  if (isEmpty) {
    return (
      <EmptyState icon={Rocket} title="No CD pipelines yet">
        Create one to bring your applications from stage to stage.
      </EmptyState>
    );
  }
  return children;
}

function Deletions({
  intent,
  onDone,
  onCancel,
}: {
  intent: Intent | null;
  onDone: () => void;
  onCancel: () => void;
}) {
  const pipelines = useCDPipelineCRUD();
  const stages = useStageCRUD();
  return (
    <>
      <Deletion
        items={intent?.kind === "deletePipeline" ? [intent.pipeline] : []}
        plural="pipelines"
        consequence="Its stages go with it; what runs there is not stopped."
        onCancel={onCancel}
        onConfirm={([pipeline]) => {
          if (pipeline) pipelines.remove.mutate(pipeline);
          onDone();
        }}
      />
      <Deletion
        items={intent?.kind === "deleteStage" ? [intent.stage] : []}
        plural="stages"
        consequence="Nothing is deployed there any more; what runs is not stopped."
        onCancel={onCancel}
        onConfirm={([stage]) => {
          if (stage) stages.remove.mutate(stage);
          onDone();
        }}
      />
    </>
  );
}
