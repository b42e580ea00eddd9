import asyncio
import signal
import sys

from tests.simulation.conftest import PORTAL, Directory
from tests.simulation.samples import run
from tests.simulation.waiting import wait_for

from fairlead.devcluster.cluster import DevCluster
from fairlead.simulation import labels
from fairlead.simulation.cluster import Cluster
from fairlead.simulation.objects import JsonObject
from fairlead.simulation.seeding import seed


async def start(devcluster: DevCluster, *arguments: str) -> asyncio.subprocess.Process:
    command = [
        "-m",
        "fairlead.simulation",
        "--kubeconfig",
        str(devcluster.kubeconfig_path),
        *arguments,
    ]
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=pipe, stderr=pipe
    )


async def test_seed_by_hand(devcluster: DevCluster, directory: Directory) -> None:
    process = await start(devcluster, "seed", str(directory()))
    out, err = await process.communicate()
    assert (process.returncode, err) == (0, b"")
    assert b"Seeded 12 objects, 0 were there" in out


async def test_wrong_directory_is_told_without_a_trace(devcluster: DevCluster) -> None:
    process = await start(devcluster, "seed", "/nowhere")
    _, err = await process.communicate()
    assert process.returncode == 1
    assert (
        err.decode().strip()
        == "/nowhere is no directory: it should hold crds/ and seed/"
    )


async def test_interrupt_ends_a_run_cleanly(
    devcluster: DevCluster, directory: Directory, team: JsonObject
) -> None:
    await seed(devcluster.kubeconfig_path, directory(team))
    process = await start(devcluster, "run", str(PORTAL / "scenario.yaml"))
    async with Cluster.from_kubeconfig(devcluster.kubeconfig_path) as cluster:
        await cluster.create(run())
        await wait_for(cluster, labels.PIPELINE_RUN, "build-x", "Running")
    process.send_signal(signal.SIGINT)
    _, err = await process.communicate()
    assert (process.returncode, err) == (0, b"")


async def test_storm_by_hand(
    devcluster: DevCluster, directory: Directory, team: JsonObject
) -> None:
    await seed(devcluster.kubeconfig_path, directory(team))
    process = await start(
        devcluster, "storm", "--objects", "5", "--changes", "10", "--rate", "1000"
    )
    out, err = await process.communicate()
    assert (process.returncode, err) == (0, b"")
    assert b"changes in" in out
