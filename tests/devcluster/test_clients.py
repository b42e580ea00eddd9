"""Unmodified clients: kr8s, the official Python client, the official JavaScript client."""

from __future__ import annotations

import asyncio
import importlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.devcluster.conftest import gadget_crd
from tests.devcluster.waiting import wait_until
from tests.testing.conftest import collect_sockets

from fairlead.testing import ThrowawayCluster, dev_cluster, make_dev_cluster

__all__ = ["collect_sockets", "dev_cluster", "make_dev_cluster"]

# The official client leaves sockets for Python to close.
pytestmark = pytest.mark.filterwarnings(
    "ignore:unclosed:ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)

NODE_CLIENT = Path(__file__).with_name("node_client.mjs")
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p"},
    "spec": {"containers": [{"name": "c", "image": "i"}]},
    "status": {
        "phase": "Running",
        "conditions": [
            {"type": kind, "status": "True"} for kind in ("Ready", "ContainersReady")
        ],
    },
}


@pytest.fixture
def cluster(make_dev_cluster: Callable[..., ThrowawayCluster]) -> ThrowawayCluster:
    return make_dev_cluster(manifests=[gadget_crd(), POD])


async def test_kr8s(cluster: ThrowawayCluster) -> None:
    async with asyncio.timeout(15):
        await _use_kr8s(cluster)


async def _use_kr8s(cluster: ThrowawayCluster) -> None:
    kr8s: Any = importlib.import_module("kr8s.asyncio")
    objects: Any = importlib.import_module("kr8s.asyncio.objects")
    api = await kr8s.api(kubeconfig=str(cluster.kubeconfig_path))
    assert (await api.whoami()) == "admin"
    events: list[str] = []

    async def watch() -> None:
        async for event, _ in api.watch("configmaps", namespace="default", field_selector="metadata.name=k"):  # fmt: skip
            events.append(event)
            if event == "DELETED":
                return

    watching = asyncio.create_task(watch())
    made = await objects.ConfigMap({"metadata": {"name": "k", "namespace": "default"}}, api=api)  # fmt: skip
    await made.create()
    await made.patch({"data": {"a": "b"}})
    await made.label(team="x")
    found = await objects.ConfigMap.get("k", namespace="default", api=api)
    assert (found.data.a, found.labels.team) == ("b", "x")

    async def watched() -> bool:
        return watching.done() or bool(events)

    await wait_until(watched)
    await made.delete()
    await asyncio.wait_for(watching, 20)
    assert (events[0], events[-1]) == ("ADDED", "DELETED")
    pod = await objects.Pod.get("p", namespace="default", api=api)
    done = await pod.exec(["echo", "from", "kr8s"])
    assert (done.stdout, done.returncode) == (b"from kr8s\n", 0)
    failed = await pod.exec(["sh", "-c", "echo bad; exit 4"], check=False)
    assert (failed.stdout, failed.returncode) == (b"bad\n", 4)
    cluster.append_log("default", "p", "c", "one\ntwo")
    assert [line async for line in pod.logs(tail_lines=1)] == ["two"]
    custom = objects.new_class(
        "Gadget", version="demo.dev/v1", namespaced=True, scalable=True
    )
    item = await custom({"metadata": {"name": "g", "namespace": "default"}, "spec": {"color": "red"}}, api=api)  # fmt: skip
    await item.create()
    await item.scale(3)
    assert (await custom.get("g", namespace="default", api=api)).spec.replicas == 3
    await item.delete()
    await api._session.aclose()  # kr8s keeps its connections to itself


def test_the_official_python_client(cluster: ThrowawayCluster) -> None:
    client: Any = importlib.import_module("kubernetes.client")
    config: Any = importlib.import_module("kubernetes.config")
    dynamic: Any = importlib.import_module("kubernetes.dynamic")
    stream: Any = importlib.import_module("kubernetes.stream")
    api = config.new_client_from_config(str(cluster.kubeconfig_path))
    core = client.CoreV1Api(api)
    core.create_namespaced_config_map("default", {"metadata": {"name": "a"}})
    core.patch_namespaced_config_map("a", "default", {"data": {"x": "y"}})
    assert core.read_namespaced_config_map("a", "default").data == {"x": "y"}
    with pytest.raises(client.ApiException) as caught:
        core.create_namespaced_config_map("default", {"metadata": {"name": "a"}})
    assert json.loads(caught.value.body)["reason"] == "AlreadyExists"
    run = core.connect_get_namespaced_pod_exec

    def execute(*command: str, typed: str = "") -> tuple[str, int]:
        session = stream.stream(
            run, "p", "default", command=list(command), stdin=bool(typed),
            stdout=True, stderr=True, tty=False, _preload_content=False,
        )  # fmt: skip
        if typed:
            session.write_stdin(typed)
        session.run_forever(timeout=20)
        found = session.read_stdout(), session.returncode
        session.sock.close()  # its own close leaves out what the server closed
        return found

    assert execute("echo", "from", "python") == ("from python\n", 0)
    assert execute("sh", typed="pwd\nexit 5\n") == ("/\n", 5)
    cluster.append_log("default", "p", "c", "said")
    assert core.read_namespaced_pod_log("p", "default") == "said\n"
    gadgets = dynamic.DynamicClient(api).resources.get(api_version="demo.dev/v1", kind="Gadget")  # fmt: skip
    body = {"apiVersion": "demo.dev/v1", "kind": "Gadget", "metadata": {"name": "g"}, "spec": {"color": "red"}}  # fmt: skip
    assert gadgets.create(namespace="default", body=body).spec.replicas == 1
    applied = gadgets.server_side_apply(namespace="default", name="g", body={**body, "spec": {"color": "green"}}, field_manager="t", force_conflicts=True)  # fmt: skip
    assert applied.spec.color == "green"
    gadgets.delete(name="g", namespace="default")
    client.CustomObjectsApi(api).list_cluster_custom_object("demo.dev", "v1", "gadgets")
    api.close()


@pytest.mark.node
async def test_the_official_javascript_client(cluster: ThrowawayCluster) -> None:
    node = shutil.which("node")
    assert node is not None, "install Node.js: the workspace needs it"
    process = await asyncio.create_subprocess_exec(
        node, str(NODE_CLIENT), str(cluster.kubeconfig_path),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, errors.decode()
    found = json.loads(output)
    assert found["seen"] == ["add node", "update node", "delete node"]
    assert found["output"] == "from node\n"
    assert found["status"] == {"causes": [{"reason": "ExitCode", "message": "3"}]}
