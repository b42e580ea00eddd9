// Development fixture: made-up objects until the server runs. Removed with the first real data.
import type { Codebase, CodebaseBranch, PipelineRun } from "./models";

const listeners = new Set<() => void>();
export function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
const names: [string, string, string, string][] = [
  ["payments-api", "Java", "java17", "maven"],
  ["checkout-web", "JavaScript", "react", "npm"],
  ["ledger-core", "Go", "gin", "go"],
  ["fraud-models", "Python", "fastapi", "python"],
  ["mobile-bff", "JavaScript", "express", "npm"],
  ["infra-modules", "HCL", "terraform", "terraform"],
  ["e2e-suite", "Java", "java21", "gradle"],
  ["identity-provider-gateway-adapter", "C#", "dotnet-8.0", "dotnet"],
];
const authors = ["maria.kowalska", "j.tanaka", "ade.okafor", "sam.lee"];
const now = Date.now();
const iso = (t: number) => new Date(t).toISOString();
let version = 100;
const meta = (name: string, namespace: string, t: number, labels: { [key: string]: string }) => ({
  name,
  namespace,
  uid: crypto.randomUUID(),
  resourceVersion: String(version++),
  creationTimestamp: iso(t),
  labels,
});
export const store: { codebases: Codebase[]; branches: CodebaseBranch[]; runs: PipelineRun[] } = {
  codebases: [],
  branches: [],
  runs: [],
};
for (const namespace of ["team-payments", "team-platform"]) {
  names.forEach(([name, lang, framework, buildTool], i) => {
    const type =
      name === "infra-modules"
        ? "infrastructure"
        : name === "e2e-suite"
          ? "autotest"
          : "application";
    const status = i === 3 ? "failed" : i === 6 ? "in_progress" : "created";
    store.codebases.push({
      apiVersion: "v2.edp.epam.com/v1",
      kind: "Codebase",
      metadata: meta(name, namespace, now - (i + 1) * 86400_000 * 3, {
        "app.edp.epam.com/codebaseType": type,
      }),
      spec: {
        type,
        strategy: i % 3 === 0 ? "import" : "create",
        lang,
        framework,
        buildTool,
        gitServer: i % 2 ? "gitlab" : "github",
        gitUrlPath: `/acme/${name}`,
        defaultBranch: "main",
        deploymentScript: "helm-chart",
        ciTool: "tekton",
        emptyProject: false,
        private: true,
        versioning: { type: i % 2 ? "semver" : "default" },
        description: `The ${name} service.`,
      },
      status: {
        status,
        available: status === "created",
        detailedMessage:
          status === "failed"
            ? "git: repository not found at https://github.com/acme/fraud-models"
            : "",
        gitWebUrl: `https://github.com/acme/${name}`,
      },
    });
    ["main", "develop"].forEach((b, j) => {
      store.branches.push({
        apiVersion: "v2.edp.epam.com/v1",
        kind: "CodebaseBranch",
        metadata: meta(`${name}-${b}`, namespace, now - (i + 1) * 86400_000 * 2, {
          "app.edp.epam.com/codebaseName": name,
        }),
        spec: {
          codebaseName: name,
          branchName: b,
          fromCommit: "",
          release: j === 1 && i === 2,
          version: "1.2.0-SNAPSHOT",
        },
        status: {
          status: i === 3 ? "failed" : "created",
          build: String(10 + i),
          lastSuccessfulBuild: String(9 + i),
        },
      });
    });
  });
}
function run(i: number, namespace: string): PipelineRun {
  const [name] = names[i % names.length] ?? ["x"];
  const type = ["build", "review", "build", "security", "deploy"][i % 5] ?? "build";
  const start = now - i * 1700_000 - 20_000;
  const state =
    i < 4
      ? "Running"
      : i === 4
        ? "Pending"
        : i % 7 === 0
          ? "Failed"
          : i % 11 === 0
            ? "Cancelled"
            : "Succeeded";
  const done = !["Running", "Pending"].includes(state);
  return {
    apiVersion: "tekton.dev/v1",
    kind: "PipelineRun",
    metadata: meta(
      `${type}-${name}-main-${((i * 7919) % 46655).toString(36).padStart(4, "x")}`,
      namespace,
      start,
      {
        "app.edp.epam.com/codebase": name,
        "app.edp.epam.com/codebasebranch": `${name}-main`,
        "app.edp.epam.com/pipelinetype": type,
        "app.edp.epam.com/gitauthor": authors[i % 4] ?? "",
      },
    ),
    spec: {
      pipelineRef: { name: `github-maven-java17-app-${type}-default` },
      params: [
        { name: "git-source-url", value: `https://github.com/acme/${name}` },
        { name: "git-source-revision", value: "main" },
        { name: "changed-files", value: ["src/App.java", "pom.xml"] },
      ],
    },
    status: {
      startTime: iso(start),
      ...(done ? { completionTime: iso(start + 180_000 + ((i * 37_000) % 400_000)) } : {}),
      conditions: [
        { type: "Notified", status: "True", reason: "Sent" },
        {
          type: "Succeeded",
          status: done ? (state === "Succeeded" ? "True" : "False") : "Unknown",
          reason: state === "Pending" ? "PipelineRunPending" : state,
          message:
            state === "Failed"
              ? "Tasks Completed: 4 (Failed: 1, Cancelled 0), Skipped: 6"
              : "Tasks Completed: 3 (Failed: 0, Cancelled 0), Incomplete: 4, Skipped: 0",
          lastTransitionTime: iso(start),
        },
      ],
      childReferences: ["fetch-repository", "compile", "test", "sonar"].map((t) => ({
        name: `${name}-${t}`,
        pipelineTaskName: t,
        kind: "TaskRun",
      })),
    },
  };
}
for (let i = 0; i < 44; i++) store.runs.push(run(i, i % 3 ? "team-payments" : "team-platform"));
const many = Number(new URLSearchParams(location.search).get("many") ?? 0);
for (let i = 44; i < many; i++)
  store.runs.push({
    ...run(i, "team-payments"),
    metadata: meta(`load-${i}`, "team-payments", now - i * 1000, {}),
  });

let cursor = 0;
setInterval(() => {
  const index = cursor++ % 8;
  store.runs = store.runs.map((r, i) => {
    if (i !== index) return r;
    const current = r.status?.conditions?.[1]?.reason;
    const reason = current === "Running" ? "Succeeded" : "Running";
    const start = reason === "Running" ? iso(Date.now()) : (r.status?.startTime ?? "");
    return {
      ...r,
      metadata: { ...r.metadata, resourceVersion: String(version++) },
      status: {
        ...r.status,
        startTime: start,
        completionTime: reason === "Running" ? null : iso(Date.now()),
        conditions: [
          {
            type: "Succeeded",
            status: reason === "Running" ? "Unknown" : "True",
            reason,
            message: "Tasks Completed: 7",
          },
        ],
      },
    };
  });
  for (const l of listeners) l();
}, 4000);
export function change(edit: () => void) {
  edit();
  for (const l of listeners) l();
}
