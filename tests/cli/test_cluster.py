"""`fairlead cluster --scenario`: the cluster and what happens in it, as one command."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fairlead.cli.simulated import parse_cluster_options
from fairlead.simulation import UnreachableError, labels
from fairlead.simulation.cluster import Cluster
from fairlead.simulation.errors import ClusterError, ManifestError


@asynccontextmanager
async def running(data: Path, *arguments: str) -> AsyncGenerator[Cluster]:
    """The command as a process of its own; a client of its cluster."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from fairlead.cli import main; main()", "cluster", "--data", str(data), *arguments,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(60):
            while not (data / "kubeconfig").exists():
                assert process.returncode is None
                await asyncio.sleep(0.02)
        async with Cluster.from_kubeconfig(data / "kubeconfig") as cluster:
            yield cluster
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 30) == 0


async def test_a_storm_blows_without_end(tmp_path: Path) -> None:
    options = ("--scenario", "storm", "--objects", "20", "--rate", "400")
    async with running(tmp_path, *options) as cluster, asyncio.timeout(60):
        seen: set[str] = set()
        while len(seen) < 3:
            try:
                runs, version = await cluster.list(labels.PIPELINE_RUN)
            except (UnreachableError, ClusterError, ManifestError):
                await asyncio.sleep(0.05)
                continue
            if len(runs) >= 15:
                seen.add(version)
            await asyncio.sleep(0.02)


async def test_a_folder_is_seeded_and_led(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    (folder / "seed").mkdir(parents=True)
    (folder / "seed" / "web.yaml").write_text(
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: default}, spec: {replicas: 2, "
        "selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, "
        "spec: {containers: [{name: c, image: 'web:1'}]}}}}"
    )
    (folder / "scenario.yaml").write_text("workloads: {starts: 10ms..20ms}")
    async with running(tmp_path / "data", "--scenario", str(folder)) as cluster:
        async with asyncio.timeout(60):
            while True:
                try:
                    pods, _ = await cluster.list(labels.POD)
                except (UnreachableError, ClusterError):
                    pods = []
                phases = [str(pod.get("status")) for pod in pods]
                if sum("Running" in phase for phase in phases) == 2:
                    break
                await asyncio.sleep(0.02)


def test_options_are_told_apart_and_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = parse_cluster_options(["--scenario", "storm", "--rate=50", "--token", "a=b", "--port", "1"])  # fmt: skip
    assert (found.scenario, found.rate, found.objects) == ("storm", 50.0, 10_000)
    assert found.rest == ("--data", ".fairlead/cluster", "--token", "a=b", "--port", "1")  # fmt: skip
    for wrong in (["--scenario", str(tmp_path / "none")], ["--scenario", "storm", "--rate", "0"]):  # fmt: skip
        with pytest.raises(SystemExit):
            parse_cluster_options(wrong)
    assert "there is no scenario" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        parse_cluster_options(["--help"])
    assert "--scenario storm" in capsys.readouterr().out
