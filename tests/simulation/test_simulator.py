import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import pytest
import yaml
from tests.simulation.conftest import PORTAL, Directory
from tests.simulation.samples import reason, run
from tests.simulation.test_seeding import full_codebase
from tests.simulation.waiting import wait_for

from fairlead.devcluster.cluster import DevCluster
from fairlead.simulation import labels
from fairlead.simulation.cluster import Cluster
from fairlead.simulation.objects import JsonObject, Ref, text
from fairlead.simulation.seeding import seed
from fairlead.simulation.simulator import Simulator

SCENARIO: JsonObject = {
    "apiVersion": "simulation.fairlead.dev/v1",
    "kind": "Scenario",
    "pipelines": {
        "build": {
            "name": "b",
            "tasks": [
                {"name": "fetch", "takes": "100ms"},
                {"name": "push", "takes": "100ms"},
            ],
        },
        "slow": {"name": "slow", "tasks": [{"name": "wait", "takes": "1h"}]},
    },
    "walks": [
        {
            "apiVersion": "v2.edp.epam.com/v1",
            "kind": "Codebase",
            "phases": [
                {"value": "initialized", "after": "10ms"},
                {"value": "created", "after": "10ms", "status": {"available": True}},
            ],
        }
    ],
}


@pytest.fixture
async def cluster(
    devcluster: DevCluster, directory: Directory, team: JsonObject
) -> AsyncIterator[Cluster]:
    await seed(devcluster.kubeconfig_path, directory(team))
    async with Cluster.from_kubeconfig(devcluster.kubeconfig_path) as cluster:
        yield cluster


@contextlib.asynccontextmanager
async def simulating(
    devcluster: DevCluster, tmp_path: Path
) -> AsyncGenerator[asyncio.Task[None]]:
    file = tmp_path / "scenario.yaml"
    file.write_text(yaml.safe_dump(SCENARIO))
    task = asyncio.create_task(
        Simulator(devcluster.kubeconfig_path, file, seed=1).run()
    )
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_run_is_led_to_its_end(
    devcluster: DevCluster, cluster: Cluster, tmp_path: Path
) -> None:
    async with simulating(devcluster, tmp_path):
        await cluster.create(run())
        ended = await wait_for(cluster, labels.PIPELINE_RUN, "build-x", "Succeeded")
        tasks, _ = await cluster.list(labels.TASK_RUN)
    assert text(ended, "status", "completionTime")
    assert [reason(each) for each in tasks] == ["Succeeded", "Succeeded"]


async def test_codebase_of_a_user_becomes_available(
    devcluster: DevCluster, cluster: Cluster, tmp_path: Path
) -> None:
    async with simulating(devcluster, tmp_path):
        made = full_codebase()
        await cluster.create(
            {key: value for key, value in made.items() if key != "status"}
        )
        created = await wait_for(cluster, labels.CODEBASE, "shop", "created")
    assert created.get("status") == {"status": "created", "available": True}


async def test_cancelling_a_run_is_honoured(
    devcluster: DevCluster, cluster: Cluster, tmp_path: Path
) -> None:
    async with simulating(devcluster, tmp_path):
        await cluster.create(run(pipelineRef={"name": "slow"}))
        await wait_for(cluster, labels.TASK_RUN, "build-x-wait", "Running")
        await cluster.patch(
            Ref(labels.PIPELINE_RUN, "team", "build-x"),
            {"spec": {"status": "Cancelled"}},
        )
        await wait_for(cluster, labels.PIPELINE_RUN, "build-x", "Cancelled")


async def test_simulation_goes_on_after_the_cluster_came_back(
    devcluster: DevCluster, cluster: Cluster, tmp_path: Path
) -> None:
    async with simulating(devcluster, tmp_path):
        await cluster.create(run("before"))
        await wait_for(cluster, labels.PIPELINE_RUN, "before", "Started")
        port = devcluster.port
        await devcluster.aclose()
        async with DevCluster(devcluster.data_dir, port=port):
            await cluster.create(run("after"))
            await wait_for(cluster, labels.PIPELINE_RUN, "before", "Succeeded")
            await wait_for(cluster, labels.PIPELINE_RUN, "after", "Succeeded")


async def test_cancelled_simulator_ends_quietly(
    devcluster: DevCluster, cluster: Cluster, tmp_path: Path
) -> None:
    async with simulating(devcluster, tmp_path) as task:
        await cluster.create(run())
        await wait_for(cluster, labels.PIPELINE_RUN, "build-x", "Started")
    assert task.cancelled()


async def test_portal_scenario_moves_the_portal(devcluster: DevCluster) -> None:
    await seed(devcluster.kubeconfig_path, PORTAL)
    made = Simulator(devcluster.kubeconfig_path, PORTAL / "scenario.yaml", seed=1)
    task = asyncio.create_task(made.run())
    async with Cluster.from_kubeconfig(devcluster.kubeconfig_path) as cluster:
        spec = run("by-hand", pipelineRef={"name": "build"})
        metadata: JsonObject = {"name": "by-hand", "namespace": "team-payments"}
        await cluster.create({**spec, "metadata": metadata})
        await wait_for(cluster, labels.PIPELINE_RUN, "by-hand", "Running")
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_faults_of_the_cluster_only_delay(
    devcluster: DevCluster, cluster: Cluster, tmp_path: Path
) -> None:
    devcluster.faults.fail(410, verbs="watch", times=3)
    devcluster.faults.fail(500, verbs="list", plural="taskruns", times=2)
    devcluster.faults.fail(503, verbs="patch", times=1)
    async with simulating(devcluster, tmp_path):
        await wait_until_quiet(devcluster)
        await cluster.create(run())
        await wait_for(cluster, labels.PIPELINE_RUN, "build-x", "Started")
        devcluster.faults.drop_watches()
        await wait_for(cluster, labels.PIPELINE_RUN, "build-x", "Succeeded")


async def wait_until_quiet(devcluster: DevCluster) -> None:
    """Waits until the planned faults of reading have been met."""
    async with asyncio.timeout(20):
        while any("patch" not in fault.verbs for fault in devcluster.faults.planned):  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)
