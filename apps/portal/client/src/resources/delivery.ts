import type {
  CDPipeline,
  CodebaseImageStream,
  Deployment,
  PipelineRun,
  Stage,
} from "@portal/shared";
import { STAGE_LABEL } from "./labels";
import { operatorStatus } from "./operatorStatus";
import type { StatusView } from "./phase";
import { type PipelineRunRow, toPipelineRunRow } from "./pipelineRun";

const CODEBASE_LABEL = "app.edp.epam.com/codebase";

/** One application in one stage: what runs there now. */
export type Placement = {
  application: string;
  version: string | null;
  ready: number;
  wanted: number;
};

export type StageView = StatusView & {
  id: string;
  stage: Stage;
  placements: readonly Placement[];
  lastRun: PipelineRunRow | null;
};

export type PipelineView = StatusView & {
  id: string;
  pipeline: CDPipeline;
  name: string;
  namespace: string;
  stages: readonly StageView[];
};

type Sources = {
  pipelines: readonly CDPipeline[];
  stages: readonly Stage[];
  deployments: readonly Deployment[];
  runs: readonly PipelineRun[];
};

function keyOf(namespace: string | null | undefined, name: string | undefined): string {
  return `${namespace ?? ""}/${name ?? ""}`;
}

/** The tag of an image; a digest names no version. */
function tagOf(image: string | null | undefined): string | null {
  return /:([^:/@]+)(?:@.*)?$/.exec(image ?? "")?.[1] ?? null;
}

function groupBy<Item>(items: readonly Item[], read: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = read(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** Each CD pipeline with its stages in order, and what runs in them. */
export function deliveryOf({ pipelines, stages, deployments, runs }: Sources): PipelineView[] {
  const stagesOf = groupBy(stages, ({ metadata, spec }) =>
    keyOf(metadata.namespace, spec.cdPipeline),
  );
  const ofStage = ({ metadata }: Deployment | PipelineRun) =>
    keyOf(metadata.namespace, metadata.labels?.[STAGE_LABEL]);
  const runningIn = groupBy(deployments, ofStage);
  const runsOf = groupBy(runs, ofStage);
  return pipelines
    .map((pipeline): PipelineView => {
      const { name = "", namespace, deletionTimestamp } = pipeline.metadata;
      const id = keyOf(namespace, name);
      const own = [...(stagesOf.get(id) ?? [])].sort((a, b) => a.spec.order - b.spec.order);
      return {
        id,
        pipeline,
        name,
        namespace: namespace ?? "",
        ...operatorStatus(described(pipeline.status), deletionTimestamp),
        stages: own.map((stage) => stageView(pipeline, stage, runningIn, runsOf)),
      };
    })
    .sort((a, b) => a.id.localeCompare(b.id));
}

function stageView(
  pipeline: CDPipeline,
  stage: Stage,
  runningIn: Map<string, Deployment[]>,
  runsOf: Map<string, PipelineRun[]>,
): StageView {
  const { metadata } = stage;
  const id = keyOf(metadata.namespace, metadata.name);
  const running = new Map(
    (runningIn.get(id) ?? []).map((each) => [each.metadata.labels?.[CODEBASE_LABEL], each]),
  );
  const newest = (runsOf.get(id) ?? [])
    .map(toPipelineRunRow)
    .sort((a, b) => (b.started ?? 0) - (a.started ?? 0));
  return {
    id,
    stage,
    ...operatorStatus(described(stage.status), metadata.deletionTimestamp),
    placements: pipeline.spec.applications.map((application) => {
      const deployment = running.get(application);
      return {
        application,
        version: tagOf(deployment?.spec.template.spec.containers[0]?.image),
        ready: deployment?.status?.readyReplicas ?? 0,
        wanted: deployment?.spec.replicas ?? 0,
      };
    }),
    lastRun: newest[0] ?? null,
  };
}

/** Pipelines and stages write their message in snake case. */
function described(status: CDPipeline["status"]) {
  if (!status) return null;
  return {
    status: status.status ?? null,
    available: status.available ?? null,
    detailedMessage: status.detailed_message ?? null,
  };
}

/** The versions of an application that may be deployed to a stage, the newest first. */
export function versionsFor(
  view: PipelineView,
  stage: Stage,
  application: string,
  streams: readonly CodebaseImageStream[],
): string[] {
  const before = view.stages
    .filter(({ stage: other }) => other.spec.order < stage.spec.order)
    .at(-1);
  const { applications, inputDockerStreams } = view.pipeline.spec;
  const input = inputDockerStreams[applications.indexOf(application)];
  const verified = before ? `${before.stage.metadata.name}-${application}-verified` : undefined;
  const find = (name: string | undefined) =>
    streams.find(({ metadata }) => metadata.name === name && metadata.namespace === view.namespace);
  // What the stage before has verified; where nothing is, what was built.
  const stream = find(verified) ?? find(input);
  return (stream?.spec.tags ?? [])
    .toSorted((a, b) => Date.parse(b.created) - Date.parse(a.created))
    .map(({ name }) => name);
}
