import type { Deployment, Pod } from "@portal/shared";
import { cachedByObject } from "@/lib/cachedByObject";
import { parseTime } from "@/lib/time";
import type { StatusView } from "./phase";

/** One line of the deployments' table. */
export type DeploymentRow = StatusView & {
  id: string;
  deployment: Deployment;
  name: string;
  namespace: string;
  ready: number;
  wanted: number;
  /** The images' last parts, such as `web:1.4.0`. */
  image: string;
  created: number | null;
};

export const toDeploymentRow = cachedByObject((deployment: Deployment): DeploymentRow => {
  const { metadata, spec, status } = deployment;
  const name = metadata.name ?? "";
  return {
    id: `${metadata.namespace ?? ""}/${name}`,
    deployment,
    name,
    namespace: metadata.namespace ?? "",
    ...deploymentStatus(deployment),
    ready: status?.readyReplicas ?? 0,
    wanted: spec.replicas ?? 1,
    image: spec.template.spec.containers.map(({ image }) => lastPart(image ?? "")).join(", "),
    created: parseTime(metadata.creationTimestamp),
  };
});

/** What a deployment is doing, as `kubectl rollout status` would say it. */
export function deploymentStatus({ metadata, spec, status }: Deployment): StatusView {
  if (metadata.deletionTimestamp) {
    return { phase: "stopping", reason: "Deleting", message: null };
  }
  const wanted = spec.replicas ?? 1;
  const failed = status?.conditions?.find(
    ({ type, status }) => type === "Progressing" && status === "False",
  );
  if (failed) {
    return {
      phase: "failed",
      reason: failed.reason ?? "Stuck",
      message: failed.message ?? null,
    };
  }
  if (spec.paused) return { phase: "cancelled", reason: "Paused", message: null };
  const isSeen = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  const updated = status?.updatedReplicas ?? 0;
  const available = status?.availableReplicas ?? 0;
  const isDone = isSeen && updated >= wanted && available >= wanted;
  if (!isDone || (status?.replicas ?? 0) > wanted) {
    const message = `${updated} of ${wanted} updated, ${available} available`;
    return { phase: "running", reason: "Rolling out", message };
  }
  if (wanted === 0) return { phase: "pending", reason: "Scaled to zero", message: null };
  return { phase: "succeeded", reason: "Available", message: null };
}

/** One line of the pods' table. */
export type PodRow = StatusView & {
  id: string;
  pod: Pod;
  name: string;
  namespace: string;
  ready: string;
  restarts: number;
  node: string;
  address: string;
  containers: readonly string[];
  created: number | null;
};

export const toPodRow = cachedByObject((pod: Pod): PodRow => {
  const { metadata, spec, status } = pod;
  const name = metadata.name ?? "";
  const containers = status?.containerStatuses ?? [];
  return {
    id: `${metadata.namespace ?? ""}/${name}`,
    pod,
    name,
    namespace: metadata.namespace ?? "",
    ...podStatus(pod),
    ready: `${containers.filter(({ ready }) => ready).length}/${spec.containers.length}`,
    restarts: containers.reduce((sum, { restartCount }) => sum + restartCount, 0),
    node: spec.nodeName ?? "",
    address: status?.podIP ?? "",
    containers: spec.containers.map((container) => container.name),
    created: parseTime(metadata.creationTimestamp),
  };
});

const podPhases: { readonly [phase: string]: StatusView["phase"] } = {
  Running: "succeeded",
  Succeeded: "succeeded",
  Pending: "pending",
  Failed: "failed",
};

/** What a pod is doing. */
export function podStatus({ metadata, status }: Pod): StatusView {
  if (metadata.deletionTimestamp) {
    return { phase: "stopping", reason: "Terminating", message: null };
  }
  const phase = status?.phase ?? "Unknown";
  const isStarting =
    phase === "Running" && status?.containerStatuses?.some(({ ready }) => !ready) === true;
  if (isStarting) return { phase: "running", reason: "Starting", message: null };
  return {
    phase: podPhases[phase] ?? "unknown",
    reason: status?.reason ?? phase,
    message: status?.message ?? null,
  };
}

function lastPart(image: string): string {
  return image.slice(image.lastIndexOf("/") + 1);
}
