"""The forty checks, with an unmodified kubectl."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.devcluster.conftest import Api

from fairlead.devcluster import DevCluster, StaticToken

SCRIPT = Path(__file__).with_name("check40.sh")


def find_kubectl() -> str:
    """Return kubectl 1.32 or newer: FAIRLEAD_KUBECTL, or what is on the path.

    Where kubectl is a dispatcher, it picks the version that the server reports.
    """
    found = os.environ.get("FAIRLEAD_KUBECTL") or shutil.which("kubectl")
    if not found:
        pytest.skip("kubectl is not installed: set FAIRLEAD_KUBECTL to its path")
    if _get_minor_version(found) < 32:
        pytest.skip("kubectl is older than 1.32: set FAIRLEAD_KUBECTL to a newer one")
    return found


@functools.cache
def _get_minor_version(kubectl: str) -> int:
    """The minor version of the client; a dispatcher reports its newest."""
    command = [kubectl, "version", "--client", "--output=json"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    version: str = json.loads(answer.stdout)["clientVersion"]["gitVersion"]
    return int(version.split(".")[1])


async def _kubectl(cluster: DevCluster, *arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        find_kubectl(), "--kubeconfig", str(cluster.kubeconfig_path), *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    return output.decode()


@pytest.mark.kubectl
async def test_the_forty_checks_pass() -> None:
    for tool in ("bash", "curl", "jq"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    alice = StaticToken("alice", "alice-token", ("devs",))
    async with DevCluster(tokens=[alice]) as cluster:
        environment = {
            **os.environ,
            "SERVER": cluster.url,
            "CA": str(cluster.ca_path),
            "ADMIN": cluster.admin_token,
            "ALICE": alice.token,
            "KUBECTL": find_kubectl(),
            "STRICT_BM": "1",
        }
        process = await asyncio.create_subprocess_exec(
            "bash", str(SCRIPT), env=environment,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()


@pytest.mark.kubectl
async def test_everyday_commands(gadgets: Api) -> None:
    cluster = gadgets.cluster
    assert "Established" in await _kubectl(
        cluster, "describe", "crd", "gadgets.demo.dev"
    )
    assert "gadgets" in await _kubectl(cluster, "api-resources", "--api-group=demo.dev")
    await _kubectl(
        cluster, "create", "deployment", "web", "--image=nginx", "--replicas=2"
    )
    shown = await _kubectl(cluster, "get", "deployments", "web", "--no-headers")
    assert shown.split()[:2] == ["web", "0/2"]
    assert "restarted" in await _kubectl(
        cluster, "rollout", "restart", "deployment/web"
    )
    token = await _kubectl(cluster, "create", "token", "default", "--duration=10m")
    assert token.count(".") == 2
