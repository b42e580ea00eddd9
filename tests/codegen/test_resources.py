from typing import Literal

import pytest
from tests.codegen.conftest import Workspace

from fairlead.access import public
from fairlead.codegen import generate
from fairlead.context import Context
from fairlead.kube.resource import KubeModel, Resource
from fairlead.procedure import mutation, query
from fairlead.router import Router


class CodebaseSpec(KubeModel):
    git_url: str
    default_branch: str = "main"


class Condition(KubeModel):
    type: str
    status: Literal["True", "False", "Unknown"]


class CodebaseStatus(KubeModel):
    phase: str | None = None
    conditions: list[Condition] | None = None


class Codebase(
    Resource,
    group="v2.edp.epam.com",
    version="v1",
    plural="codebases",
    labels={"team": "app.edp.epam.com/team"},
):
    """A source repository."""

    spec: CodebaseSpec
    status: CodebaseStatus | None = None


class Node(Resource, group="", version="v1", plural="nodes", namespaced=False):
    pass


class App(Router[Context]):
    @query(access=public)
    async def codebase(self, name: str) -> Codebase:
        raise NotImplementedError(name)

    @mutation(access=public)
    async def save(self, codebase: Codebase, /) -> list[Node]:
        raise NotImplementedError(codebase)


USE = """
import type {
  Codebase,
  CodebaseInput,
  ResourceCondition,
  ResourceKind,
  ResourceLabel,
  ResourceObject,
  ResourceSpec,
  ResourceStatus,
} from "./shared/index.js";
import { resources, zCodebaseInput } from "./shared/index.js";

export const plural: "codebases" = resources.Codebase.pluralName;
export const team: "app.edp.epam.com/team" = resources.Codebase.labels.team;
export const scoped: true = resources.Node.clusterScoped;
export const draft: CodebaseInput = { metadata: { name: "a" }, spec: { gitUrl: "x" } };
export const branch = (codebase: Codebase): string | undefined => codebase.spec.defaultBranch;
export const phase = (codebase: Codebase): string | undefined => codebase.status?.phase;
export const status: ResourceStatus<"Codebase"> = { phase: "Done" };
export const spec: ResourceSpec<"Codebase"> = { gitUrl: "x" };
export const condition: ResourceCondition<"Codebase"> = { type: "Ready", status: "True" };
export const none = (status: ResourceStatus<"Node">): never => status;
export const kinds: ResourceKind[] = ["Codebase", "Node"];
export const label: ResourceLabel<"Codebase"> = "app.edp.epam.com/team";
export const object = (codebase: Codebase): ResourceObject<"Codebase"> => codebase;
// @ts-expect-error no such status of a condition
export const wrong: ResourceCondition<"Codebase"> = { type: "Ready", status: "Yes" };
// @ts-expect-error an unknown label
resources.Codebase.labels.owner;
// @ts-expect-error misspelt, although unknown fields travel
(codebase: Codebase) => codebase.spce;
console.log(zCodebaseInput.safeParse({ ...draft, extra: 1 }).success);
console.log(zCodebaseInput.safeParse({ metadata: {}, spec: {} }).success);
"""


@pytest.mark.parametrize("compiler", ["7", "5.9"])
def test_resources_have_typed_configurations(
    workspace: Workspace, compiler: str
) -> None:
    generate(App, workspace.folder / "shared")
    workspace.write("use.ts", USE)
    assert workspace.compile(compiler) == ""


def test_resource_configurations_carry_their_scope_and_names(
    workspace: Workspace,
) -> None:
    generate(App, workspace.folder / "shared")
    script = """
    import { resources, zCodebase } from "./shared/index.js";
    console.log(JSON.stringify(resources.Codebase));
    console.log(zCodebase.safeParse({
      apiVersion: "v2.edp.epam.com/v1", kind: "Codebase", spec: { gitUrl: "x", later: [1] },
      metadata: { name: "a", uid: "u", resourceVersion: "1", selfLink: "kept" },
    }).success);
    """
    assert workspace.run_node(script).splitlines() == [
        '{"apiVersion":"v2.edp.epam.com/v1","kind":"Codebase","group":"v2.edp.epam.com",'
        '"version":"v1","singularName":"codebase","pluralName":"codebases",'
        '"labels":{"team":"app.edp.epam.com/team"},"clusterScoped":false}',
        "true",
    ]
