// Stand-in until the generated package exists.
export type OwnerReference = { apiVersion: string; kind: string; name: string; uid: string };
export type ObjectMeta = {
  name: string;
  namespace?: string | null;
  uid?: string | null;
  resourceVersion?: string | null;
  creationTimestamp?: string | null;
  deletionTimestamp?: string | null;
  labels?: { [key: string]: string } | null;
  annotations?: { [key: string]: string } | null;
  ownerReferences?: OwnerReference[] | null;
};
export type Condition = {
  type: string;
  status: string;
  reason?: string | null;
  message?: string | null;
  lastTransitionTime?: string | null;
};
export type PipelineRun = {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: {
    pipelineRef?: { name?: string | null } | null;
    params?: { name: string; value: string | string[] | { [key: string]: string } }[] | null;
    status?: string | null;
  };
  status?: {
    startTime?: string | null;
    completionTime?: string | null;
    conditions?: Condition[] | null;
    childReferences?:
      | { name?: string | null; pipelineTaskName?: string | null; kind?: string | null }[]
      | null;
  } | null;
};
type CommonStatus = {
  status?: string | null;
  result?: string | null;
  available?: boolean | null;
  detailedMessage?: string | null;
  lastTimeUpdated?: string | null;
};
export type CodebaseSpec = {
  type: "application" | "autotest" | "library" | "infrastructure" | "system";
  strategy: "create" | "clone" | "import";
  lang: string;
  framework: string;
  buildTool: string;
  gitServer: string;
  gitUrlPath: string;
  defaultBranch: string;
  deploymentScript: "helm-chart" | "rpm-package";
  ciTool: "tekton" | "gitlab";
  emptyProject: boolean;
  private: boolean;
  versioning: { type: "default" | "semver" | "edp"; startFrom?: string | null };
  repository?: { url: string } | null;
  description?: string | null;
};
export type Codebase = {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: CodebaseSpec;
  status?: (CommonStatus & { gitWebUrl?: string | null }) | null;
};
export type CodebaseDraft = {
  metadata: { name: string; namespace: string; labels?: { [key: string]: string } };
  spec: CodebaseSpec;
};
export type CodebaseBranch = {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: {
    codebaseName: string;
    branchName: string;
    fromCommit: string;
    release: boolean;
    version?: string | null;
  };
  status?: (CommonStatus & { build?: string | null; lastSuccessfulBuild?: string | null }) | null;
};
