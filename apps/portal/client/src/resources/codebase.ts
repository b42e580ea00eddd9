import type { Codebase, CodebaseBranch } from "@portal/shared";
import { cachedByObject } from "@/lib/cachedByObject";
import { parseTime } from "@/lib/time";
import { operatorStatus } from "./operatorStatus";
import type { StatusView } from "./phase";

/** One line of the codebase table. */
export type CodebaseRow = StatusView & {
  id: string;
  codebase: Codebase;
  name: string;
  namespace: string;
  type: string;
  language: string;
  buildTool: string;
  gitServer: string;
  path: string;
  defaultBranch: string;
  created: number | null;
};

export const toCodebaseRow = cachedByObject((codebase: Codebase): CodebaseRow => {
  const { metadata, spec, status } = codebase;
  const name = metadata.name ?? "";
  return {
    id: `${metadata.namespace ?? ""}/${name}`,
    codebase,
    name,
    namespace: metadata.namespace ?? "",
    ...operatorStatus(status, metadata.deletionTimestamp),
    type: spec.type,
    language: spec.framework ? `${spec.lang} · ${spec.framework}` : spec.lang,
    buildTool: spec.buildTool,
    gitServer: spec.gitServer,
    path: spec.gitUrlPath,
    defaultBranch: spec.defaultBranch ?? "",
    created: parseTime(metadata.creationTimestamp),
  };
});

/** One line of the branch table. */
export type BranchRow = StatusView & {
  id: string;
  branch: CodebaseBranch;
  name: string;
  namespace: string;
  codebase: string;
  branchName: string;
  kind: "release" | "regular";
  version: string;
  build: string;
  lastSuccessfulBuild: string;
  created: number | null;
};

export const toBranchRow = cachedByObject((branch: CodebaseBranch): BranchRow => {
  const { metadata, spec, status } = branch;
  const name = metadata.name ?? "";
  return {
    id: `${metadata.namespace ?? ""}/${name}`,
    branch,
    name,
    namespace: metadata.namespace ?? "",
    ...operatorStatus(status, metadata.deletionTimestamp),
    codebase: spec.codebaseName,
    branchName: spec.branchName,
    kind: spec.release ? "release" : "regular",
    version: spec.version ?? "",
    build: status?.build ?? "",
    lastSuccessfulBuild: status?.lastSuccessfulBuild ?? "",
    created: parseTime(metadata.creationTimestamp),
  };
});
