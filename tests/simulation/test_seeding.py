from pathlib import Path

import pytest
from tests.devcluster.conftest import asking
from tests.simulation.conftest import PORTAL, Directory
from tests.simulation.samples import codebase, platform

from fairlead.devcluster.cluster import DevCluster
from fairlead.simulation import labels
from fairlead.simulation.cluster import Cluster
from fairlead.simulation.errors import ClusterError, ManifestError, UnreachableError
from fairlead.simulation.objects import JsonObject, Kind, Ref, child, objects, text
from fairlead.simulation.seeding import SEED_MARKER, adopt, seed, waves


def full_codebase(name: str = "shop") -> JsonObject:
    spec: JsonObject = {
        **child(codebase(name), "spec"),
        "type": "application",
        "strategy": "create",
        "framework": "go",
        "buildTool": "go",
        "emptyProject": False,
        "versioning": {"type": "default"},
    }
    return {**codebase(name), "spec": spec}


def owned_branch(name: str = "shop-main") -> JsonObject:
    spec: JsonObject = {
        "codebaseName": "shop",
        "branchName": "main",
        "fromCommit": "",
        "release": False,
    }
    made = platform("CodebaseBranch", name, spec)
    owner: JsonObject = {
        "apiVersion": "v2.edp.epam.com/v1",
        "kind": "Codebase",
        "name": "shop",
    }
    return {**made, "metadata": {**child(made, "metadata"), "ownerReferences": [owner]}}


async def _log(devcluster: DevCluster, pod: JsonObject) -> str:
    async with asking(devcluster) as api:
        name = text(pod, "metadata", "name")
        container = objects(pod, "spec", "containers")[-1]
        answer = await api.get(
            f"/api/v1/namespaces/{text(pod, 'metadata', 'namespace')}/pods/{name}/log",
            container=text(container, "name"),
        )
    return answer.text


async def test_portal_is_seeded_whole(devcluster: DevCluster) -> None:
    told: list[str] = []
    report = await seed(devcluster.kubeconfig_path, PORTAL, progress=told.append)
    async with Cluster.from_kubeconfig(devcluster.kubeconfig_path) as cluster:
        codebases, _ = await cluster.list(labels.CODEBASE)
        runs, _ = await cluster.list(labels.PIPELINE_RUN)
        pods, _ = await cluster.list(labels.POD)
    assert report.existing == 0
    assert len(codebases) >= 14
    waiting = [run for run in runs if not text(run, "status", "completionTime")]
    assert len(waiting) == 1
    assert {text(pod, "status", "phase") for pod in pods} == {"Succeeded", "Failed"}
    failed = next(pod for pod in pods if text(pod, "status", "phase") == "Failed")
    assert "ERROR" in await _log(devcluster, failed)
    assert told[-1].startswith(f"Seeded {report.created} objects")


async def test_second_seeding_does_nothing(
    devcluster: DevCluster, directory: Directory, team: JsonObject
) -> None:
    folder = directory(team, full_codebase())
    await seed(devcluster.kubeconfig_path, folder)
    async with Cluster.from_kubeconfig(devcluster.kubeconfig_path) as cluster:
        ref = Ref(labels.CODEBASE, "team", "shop")
        await cluster.delete(ref)
        report = await seed(devcluster.kubeconfig_path, folder)
        assert report.skipped
        assert await cluster.find(ref) is None


async def test_seeding_that_was_cut_short_is_completed(
    devcluster: DevCluster, directory: Directory, team: JsonObject
) -> None:
    folder = directory(team, full_codebase())
    await seed(devcluster.kubeconfig_path, folder)
    async with Cluster.from_kubeconfig(devcluster.kubeconfig_path) as cluster:
        await cluster.delete(SEED_MARKER)
        directory(team, full_codebase(), full_codebase("second"))
        report = await seed(devcluster.kubeconfig_path, folder)
        assert (report.created, report.existing) == (1, 14)
        second = await cluster.get(Ref(labels.CODEBASE, "team", "second"))
        assert text(second, "status", "status") == "created"


async def test_owned_objects_carry_their_owners_uid(
    devcluster: DevCluster, directory: Directory, team: JsonObject
) -> None:
    await seed(
        devcluster.kubeconfig_path, directory(owned_branch(), full_codebase(), team)
    )
    async with Cluster.from_kubeconfig(devcluster.kubeconfig_path) as cluster:
        owner = await cluster.get(Ref(labels.CODEBASE, "team", "shop"))
        made = await cluster.get(Ref(labels.CODEBASE_BRANCH, "team", "shop-main"))
    (reference,) = objects(made, "metadata", "ownerReferences")
    assert text(reference, "uid") == text(owner, "metadata", "uid")


async def test_refused_object_is_named(
    devcluster: DevCluster, directory: Directory, team: JsonObject
) -> None:
    broken = platform("Codebase", "broken", {"type": "poem"})
    with pytest.raises(
        ClusterError, match=r"Codebase team/broken cannot be made: .*poem"
    ):
        await seed(devcluster.kubeconfig_path, directory(team, broken))
    async with Cluster.from_kubeconfig(devcluster.kubeconfig_path) as cluster:
        assert await cluster.find(SEED_MARKER) is None


def only(folder: Path, *names: str) -> Path:
    """The portal's cluster directory with some of its seed files alone."""
    made = folder / "part"
    (made / "seed").mkdir(parents=True)
    (made / "crds").symlink_to(PORTAL / "crds")
    for name in names:
        (made / "seed" / f"{name}.yaml").symlink_to(PORTAL / "seed" / f"{name}.yaml")
    return made


async def test_personas_may_what_they_should(
    devcluster: DevCluster, tmp_path: Path
) -> None:
    await seed(
        devcluster.kubeconfig_path, only(tmp_path, "10-namespaces", "20-personas")
    )
    asked = [
        ("admin", "create", "team-platform"),
        ("developer", "create", "team-payments"),
        ("developer", "create", "team-platform"),
        ("developer", "list", ""),
        ("viewer", "list", ""),
        ("viewer", "create", "team-payments"),
        ("nobody", "list", "team-payments"),
    ]
    async with Cluster.from_kubeconfig(devcluster.kubeconfig_path) as cluster:
        answers = [await _may(cluster, *each) for each in asked]
    assert answers == [True, True, False, True, True, False, False]


async def _may(cluster: Cluster, user: str, verb: str, namespace: str) -> bool:
    attributes: JsonObject = {
        "group": "v2.edp.epam.com",
        "resource": "codebases",
        "verb": verb,
        "namespace": namespace,
    }
    review: JsonObject = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "metadata": {},
        "spec": {
            "user": user,
            "groups": ["system:authenticated"],
            "resourceAttributes": attributes,
        },
    }
    return child(await cluster.create(review), "status").get("allowed") is True


async def test_absent_cluster_is_told(
    devcluster: DevCluster, directory: Directory
) -> None:
    await devcluster.aclose()
    with pytest.raises(UnreachableError, match="did not answer"):
        await seed(devcluster.kubeconfig_path, directory())


async def test_missing_kubeconfig_is_told(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="cannot be read as a kubeconfig"):
        await seed(tmp_path / "none", PORTAL)


def test_waves_make_owners_before_what_they_own() -> None:
    namespace: JsonObject = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "team"},
    }
    kinds = [
        [text(each, "kind") for each in wave]
        for wave in waves([owned_branch(), codebase(), namespace])
    ]
    assert kinds == [["Namespace"], ["Codebase"], ["CodebaseBranch"]]


def test_adopt_leaves_an_object_without_owner_alone() -> None:
    assert adopt(codebase(), {Ref(Kind("v1", "Other"), "", "x"): "uid"}) == codebase()
