"""What the portal's server keeps, whichever way a user with every right comes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from pathlib import Path

import pytest
import yaml
from pydantic import JsonValue
from tests.kube.cluster import grant, make_context, send

from fairlead import TRPCError, create_caller
from fairlead.devcluster import DevCluster
from fairlead.kube import InvalidObject, KindRef, Kube, ObjectMeta
from fairlead.kube.bulk import DeleteTarget
from fairlead.kube.routers import JsonPatchOperation
from portal.app import App
from portal.kinds.stage import QualityGate
from portal.resources import ApprovalTask, CDPipeline, Stage
from portal.resources.approval_task import ApprovalTaskSpec
from portal.rules import RULES

CRDS = Path(__file__).parents[2] / "apps/portal/cluster/crds"
NEEDED = ("approvaltasks", "cdpipelines", "stages", "codebases", "codebasebranches")
TEAM = "team-a"
GATES = [QualityGate(quality_gate_type="manual", step_name="approve")]


def name_kind(plural: str, group: str = "v2.edp.epam.com", version: str = "v1") -> KindRef:  # fmt: skip
    return KindRef(group=group, version=version, plural=plural)


TASKS = name_kind("approvaltasks", "edp.epam.com", "v1alpha1")
FORGED: dict[str, JsonValue] = {"action": "Approved", "approve": {"approvedBy": "boss"}}


@pytest.fixture
async def kube() -> AsyncIterator[Kube]:
    async with (
        DevCluster() as cluster,
        Kube.from_kubeconfig(
            cluster.kubeconfig_path, identity="impersonate", rules=RULES
        ) as kube,
    ):
        for name in NEEDED:
            crd = yaml.safe_load((CRDS / f"{name}.yaml").read_text())
            path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
            await send(kube.client, "POST", path, crd)
        team = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": TEAM}}
        await send(kube.client, "POST", "/api/v1/namespaces", team)
        await grant(kube.client, "root", ["*"], resource=("*", "*"))
        await fill(kube)
        yield kube


async def fill(kube: Kube) -> None:
    """A question, and a pipeline with a stage that deploys a codebase; made by controllers."""
    server = kube.acting_as_server()
    metadata = ObjectMeta(name="ask", namespace=TEAM)
    await server.create(ApprovalTask(metadata=metadata, spec=ApprovalTaskSpec()))
    await server.create(
        CDPipeline.draft(
            name="pay",
            namespace=TEAM,
            applications=["shop"],
            input_docker_streams=["shop-main"],
            applications_to_promote=["shop"],
        )
    )
    await server.create(make_stage("dev", 0))
    await make(kube, "codebases", "Codebase", "shop", SHOP)
    await make(kube, "codebasebranches", "CodebaseBranch", "shop-main", MAIN)


async def make(
    kube: Kube, plural: str, kind: str, name: str, spec: Mapping[str, object]
) -> None:
    body = {
        "apiVersion": "v2.edp.epam.com/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": TEAM},
        "spec": spec,
    }
    path = f"/apis/v2.edp.epam.com/v1/namespaces/{TEAM}/{plural}"
    await send(kube.client, "POST", path, body)


MAIN = {"codebaseName": "shop", "branchName": "main", "fromCommit": ""}
SHOP = {
    "type": "application",
    "lang": "java",
    "framework": "java21",
    "buildTool": "maven",
    "strategy": "create",
    "defaultBranch": "main",
    "gitServer": "github",
    "gitUrlPath": "/acme/shop",
    "versioning": {"type": "default"},
    "deploymentScript": "helm-chart",
    "ciTool": "tekton",
    "emptyProject": False,
}


def make_stage(name: str, order: int) -> Stage:
    return Stage.draft(
        namespace=TEAM,
        cd_pipeline="pay",
        name=name,
        order=order,
        quality_gates=GATES,
    )


@pytest.fixture
def app(kube: Kube) -> App:
    return create_caller(App, make_context(kube, "root"))


async def get_codes(calls: Sequence[Awaitable[object]]) -> list[str | None]:
    """The code of each refusal; None of what went through."""
    codes: list[str | None] = []
    for call in calls:
        try:
            await call
        except TRPCError as error:
            codes.append(error.code)
        else:
            codes.append(None)
    return codes


def write_yaml(object_: Mapping[str, object], **spec: JsonValue) -> str:
    metadata = {"name": "ask", "namespace": TEAM}
    return yaml.safe_dump({**object_, "metadata": metadata, "spec": spec})


async def test_nobody_decides_in_the_name_of_somebody_else(app: App) -> None:
    kind = {"apiVersion": "edp.epam.com/v1alpha1", "kind": "ApprovalTask"}
    applied = await app.manifests.apply_yaml(write_yaml(kind, **FORGED), force=True)
    assert [each.outcome for each in applied] == ["failed"]
    assert "root" in applied[0].message
    new = write_yaml(kind, **FORGED).replace("name: ask", "name: new")
    assert [each.outcome for each in await app.manifests.apply_yaml(new)] == ["failed"]
    task = await app.explorer.get(TASKS, "ask", TEAM)
    # A decision of nobody is none either.
    specs: list[JsonValue] = [FORGED, {"action": "Approved"}, {"action": "Rejected"}]
    for spec in specs:
        forged: dict[str, JsonValue] = {**task, "spec": spec}
        call = app.explorer.replace(TASKS, "ask", forged, TEAM)
        assert await get_codes([call]) == ["FORBIDDEN"]
    assert (await app.approval_tasks.get("ask", TEAM)).spec.action == "Pending"


async def test_what_was_decided_stays(app: App) -> None:
    decided = await app.approval_tasks.approve("ask", TEAM, "fine")
    assert decided.spec.approve is not None
    assert decided.spec.approve.approved_by == "root"
    task = await app.explorer.get(TASKS, "ask", TEAM)
    turned: dict[str, JsonValue] = {
        "action": "Rejected",
        "approve": {"approvedBy": "root"},
    }
    specs: list[JsonValue] = [turned, {"action": "Pending"}]
    calls = [
        app.explorer.replace(TASKS, "ask", {**task, "spec": spec}, TEAM)
        for spec in specs
    ]
    assert await get_codes(calls) == ["FORBIDDEN", "FORBIDDEN"]


async def test_no_two_stages_get_the_same_place(app: App) -> None:
    added = await app.stages.add("pay", TEAM, "qa")
    assert added.spec.order == 1
    step = JsonPatchOperation(op="replace", path="/spec/order", value=0)
    moved = added.model_copy(
        update={"spec": added.spec.model_copy(update={"order": 0})}
    )
    calls: list[Awaitable[object]] = [
        app.stages.create(make_stage("again", 1)),
        app.stages.server_side_apply(make_stage("again", 0)),
        app.stages.update(moved),
        app.stages.patch("pay-qa", {"spec": {"order": 0}}, TEAM),
        app.stages.json_patch("pay-qa", [step], TEAM),
        app.explorer.replace(name_kind("stages"), "pay-qa", moved.to_wire(), TEAM),
    ]
    assert await get_codes(calls) == ["CONFLICT"] * len(calls)
    # What leaves the place as it is, or takes a free one, goes through.
    patches: list[dict[str, JsonValue]] = [
        {"spec": {"triggerType": "Auto"}},
        {"spec": {"order": 5}},
    ]
    for patch in patches:
        await app.stages.patch("pay-qa", patch, TEAM)


async def test_what_is_deployed_is_not_deleted(app: App) -> None:
    names = {"codebases": "shop", "codebasebranches": "shop-main"}
    for plural, name in names.items():
        calls = [app.explorer.delete(name_kind(plural), name, TEAM)]
        assert await get_codes(calls) == ["CONFLICT"]
    target = DeleteTarget(name="shop", namespace=TEAM)
    bulk = await app.codebases.delete_many([target])
    assert [each.code for each in bulk] == ["CONFLICT"]
    assert await get_codes([app.codebases.delete("shop", TEAM)]) == ["CONFLICT"]
    assert await get_codes([app.codebase_branches.delete("shop-main", TEAM)]) == [
        "CONFLICT"
    ]
    await app.cd_pipelines.delete("pay", TEAM)
    await app.explorer.delete(name_kind("codebasebranches"), "shop-main", TEAM)
    await app.codebases.delete("shop", TEAM)


async def test_applications_and_streams_stay_in_pairs(app: App) -> None:
    alone: dict[str, JsonValue] = {"spec": {"applications": ["shop", "cart"]}}
    with pytest.raises(InvalidObject) as told:
        await app.cd_pipelines.patch("pay", alone, TEAM)
    assert [cause.field for cause in told.value.causes] == ["spec.inputDockerStreams"]
    assert "2 applications have 1 streams" in told.value.message
    now = await app.cd_pipelines.get("pay", TEAM)
    now.spec.input_docker_streams = ["shop-main", "cart-main"]
    unpaired = CDPipeline.draft(
        name="new", namespace=TEAM, applications=["a", "b"], input_docker_streams=["a"]
    )
    added = JsonPatchOperation(op="add", path="/spec/applications/-", value="cart")
    calls = [
        app.cd_pipelines.update(now),
        app.cd_pipelines.create(unpaired),
        app.cd_pipelines.json_patch("pay", [added], TEAM),
    ]
    assert await get_codes(calls) == ["UNPROCESSABLE_CONTENT"] * 3
    now.spec.applications = ["shop", "cart"]
    assert (await app.cd_pipelines.update(now)).spec.applications == ["shop", "cart"]
