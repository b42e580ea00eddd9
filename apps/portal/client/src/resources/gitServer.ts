import type { GitServer } from "@portal/shared";
import { cachedByObject } from "@/lib/cachedByObject";
import { parseTime } from "@/lib/time";
import type { StatusView } from "./phase";

/** One line of the table of Git servers. */
export type GitServerRow = StatusView & {
  id: string;
  server: GitServer;
  name: string;
  namespace: string;
  host: string;
  provider: string;
  created: number | null;
};

function gitServerStatus({ status, metadata }: GitServer): StatusView {
  if (metadata.deletionTimestamp) return { phase: "stopping", reason: "Deleting", message: null };
  if (status?.connected === true) {
    return { phase: "succeeded", reason: "Connected", message: null };
  }
  if (status?.connected === false) {
    return { phase: "failed", reason: "Not connected", message: status.error || null };
  }
  return { phase: "pending", reason: "Connecting", message: null };
}

export const toGitServerRow = cachedByObject((server: GitServer): GitServerRow => {
  const { name = "", namespace, creationTimestamp } = server.metadata;
  return {
    id: `${namespace ?? ""}/${name}`,
    server,
    name,
    namespace: namespace ?? "",
    ...gitServerStatus(server),
    host: server.spec.gitHost,
    provider: server.spec.gitProvider ?? "github",
    created: parseTime(creationTimestamp),
  };
});
