"""Every verb of kubectl that people use, with an unmodified kubectl."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.devcluster.conftest import gadget_crd
from tests.devcluster.test_kubectl import find_kubectl

from fairlead.testing import ThrowawayCluster, dev_cluster, make_dev_cluster

__all__ = ["dev_cluster", "make_dev_cluster"]

pytestmark = pytest.mark.kubectl

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p", "labels": {"app": "web"}},
    "spec": {"containers": [{"name": "c", "image": "i"}], "nodeName": "n"},
    "status": {"phase": "Running"},
}
SPEC = {
    "selector": {"matchLabels": {"app": "web"}},
    "template": {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "c", "image": "web:1"}]},
    },
}
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": SPEC,
}
SECONDS = 30


class Kubectl:
    """Runs commands against one cluster."""

    def __init__(self, cluster: ThrowawayCluster, folder: Path) -> None:
        self.cluster = cluster
        self._environment = {**os.environ, "HOME": str(folder)}

    async def start(self, *words: str, **environment: str) -> asyncio.subprocess.Process:  # fmt: skip
        return await asyncio.create_subprocess_exec(
            find_kubectl(), "--kubeconfig", str(self.cluster.kubeconfig_path), *words,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            env={**self._environment, **environment},
        )  # fmt: skip

    async def ask(self, *words: str, typed: object = None, code: int = 0, **environment: str) -> str:  # fmt: skip
        process = await self.start(*words, **environment)
        text = typed if isinstance(typed, str) else json.dumps(typed)
        sent = None if typed is None else text.encode()
        output, _ = await asyncio.wait_for(process.communicate(sent), SECONDS)
        assert process.returncode == code, output.decode()
        return output.decode()


@pytest.fixture
def k(make_dev_cluster: Callable[..., ThrowawayCluster], tmp_path: Path) -> Kubectl:
    cluster = make_dev_cluster(manifests=[gadget_crd(), POD])
    return Kubectl(cluster, tmp_path)


async def test_get_describe_explain_and_api_resources(k: Kubectl) -> None:
    assert "default" in await k.ask("get", "namespaces")
    assert (await k.ask("get", "pod", "p", "-o", "wide", "--no-headers")).split()[:3] == ["p", "0/1", "Running"]  # fmt: skip
    assert json.loads(await k.ask("get", "pod", "p", "-o", "json"))["kind"] == "Pod"
    assert "Labels:" in await k.ask("describe", "pod", "p")
    assert "FIELD" in await k.ask("explain", "pod.spec.containers.image")
    assert "gadgets" in await k.ask("api-resources", "--api-group=demo.dev")
    assert "demo.dev/v1" in await k.ask("api-versions")
    assert "pod/p" in await k.ask("get", "all", "-o", "name")


async def test_apply_both_ways_diff_edit_and_replace(k: Kubectl, tmp_path: Path) -> None:  # fmt: skip
    assert "created" in await k.ask("apply", "-f", "-", typed=DEPLOYMENT)
    assert "unchanged" in await k.ask("apply", "-f", "-", typed=DEPLOYMENT)
    scaled = {**DEPLOYMENT, "spec": {**SPEC, "replicas": 3}}
    assert "replicas: 3" in await k.ask("diff", "-f", "-", typed=scaled, code=1)
    assert "serverside-applied" in await k.ask(
        "apply",
        "--server-side",
        "--force-conflicts",
        "--field-manager=other",
        "-f",
        "-",
        typed=scaled,
    )
    two = {**DEPLOYMENT, "spec": {**SPEC, "replicas": 2}}
    refused = await k.ask("apply", "--server-side", "--field-manager=third", "-f", "-", typed=two, code=1)  # fmt: skip
    assert 'conflict with "other"' in refused
    await k.ask("apply", "--server-side", "--force-conflicts", "--field-manager=third", "-f", "-", typed=two)  # fmt: skip
    editor = tmp_path / "editor.sh"
    editor.write_text('#!/bin/sh\nsed -i "s/replicas: 2/replicas: 7/" "$1"\n')
    editor.chmod(0o755)
    assert "edited" in await k.ask("edit", "deployment", "web", KUBE_EDITOR=str(editor))
    shown = await k.ask("get", "deployment", "web", "-o", "jsonpath={.spec.replicas}")
    assert shown == "7"
    assert "replaced" in await k.ask("replace", "-f", "-", typed=DEPLOYMENT)


async def test_patch_in_all_types_label_annotate_scale_and_set(k: Kubectl) -> None:
    await k.ask("apply", "-f", "-", typed=DEPLOYMENT)
    second = {"spec": {"template": {"spec": {"containers": [{"name": "d", "image": "x"}]}}}}  # fmt: skip
    await k.ask("patch", "deployment", "web", "-p", json.dumps(second))
    await k.ask("patch", "deployment", "web", "--type=merge", "-p", '{"spec":{"replicas":4}}')  # fmt: skip
    steps = '[{"op":"test","path":"/spec/replicas","value":4},{"op":"replace","path":"/spec/replicas","value":5}]'
    await k.ask("patch", "deployment", "web", "--type=json", "-p", steps)
    await k.ask("label", "deployment", "web", "a=b")
    await k.ask("annotate", "deployment", "web", "c=d")
    await k.ask("set", "image", "deployment/web", "c=web:2")
    await k.ask("scale", "deployment", "web", "--replicas=6")
    await k.ask("rollout", "restart", "deployment/web")
    found = json.loads(await k.ask("get", "deployment", "web", "-o", "json"))
    containers = found["spec"]["template"]["spec"]["containers"]
    assert {each["name"]: each["image"] for each in containers} == {"c": "web:2", "d": "x"}  # fmt: skip
    assert found["spec"]["replicas"] == 6
    assert found["metadata"]["labels"]["a"] == "b"


@pytest.mark.parametrize("cascade", ["background", "foreground", "orphan"])
async def test_delete_with_each_cascade(k: Kubectl, cascade: str) -> None:
    await k.ask("create", "configmap", "owner")
    uid = await k.ask("get", "configmap", "owner", "-o", "jsonpath={.metadata.uid}")
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": uid, "blockOwnerDeletion": True}  # fmt: skip
    owned = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "owned", "ownerReferences": [owner]}}  # fmt: skip
    await k.ask("create", "-f", "-", typed=owned)
    await k.ask("delete", "configmap", "owner", f"--cascade={cascade}")
    k.cluster.settle()
    left = await k.ask("get", "configmaps", "-o", "name")
    assert ("configmap/owned" in left) is (cascade == "orphan")


async def test_wait_and_watch(k: Kubectl) -> None:
    waiting = await k.start("wait", "--for=condition=Ready", "pod/p", f"--timeout={SECONDS}s")  # fmt: skip
    watching = await k.start("get", "configmaps", "--watch", "--output-watch-events", "--no-headers")  # fmt: skip
    assert watching.stdout is not None
    assert b"ADDED" in await asyncio.wait_for(watching.stdout.readline(), SECONDS)
    await k.ask("create", "configmap", "later")
    assert b"later" in await asyncio.wait_for(watching.stdout.readline(), SECONDS)
    watching.kill()
    ready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    k.cluster.apply({**POD, "status": ready})
    output, _ = await asyncio.wait_for(waiting.communicate(), SECONDS)
    assert b"condition met" in output
    await watching.wait()


async def test_auth_tokens_and_impersonation(k: Kubectl) -> None:
    assert (await k.ask("auth", "can-i", "create", "pods")).strip() == "yes"
    assert "no" in await k.ask("auth", "can-i", "create", "pods", "--as=x", code=1)
    assert "pods" not in await k.ask("auth", "can-i", "--list", "--as=x")
    shown = json.loads(await k.ask("auth", "whoami", "-o", "json", "--as=x", "--as-group=devs", "--as-uid=u1"))  # fmt: skip
    user = shown["status"]["userInfo"]
    assert (user["username"], user["uid"]) == ("x", "u1")
    assert set(user["groups"]) == {"devs", "system:authenticated"}
    token = (await k.ask("create", "token", "default", "--duration=10m")).strip()
    own = json.loads(await k.ask("auth", "whoami", "-o", "json", "--user=", "--token", token))  # fmt: skip
    assert own["status"]["userInfo"]["username"] == "system:serviceaccount:default:default"  # fmt: skip
    short = await k.ask("create", "token", "default", "--duration=1m", code=1)
    assert "may not specify a duration less than 10 minutes" in short


async def test_logs_exec_and_attach(k: Kubectl) -> None:
    k.cluster.append_log("default", "p", "c", "first\nsecond")
    k.cluster.append_log("default", "p", "c", "crashed", previous=True)
    assert await k.ask("logs", "p", "--tail=1") == "second\n"
    assert await k.ask("logs", "p", "--previous") == "crashed\n"
    assert "T" in (await k.ask("logs", "p", "--timestamps", "--since=1h")).split()[0]
    following = await k.start("logs", "-f", "p")
    assert following.stdout is not None
    lines = [await asyncio.wait_for(following.stdout.readline(), SECONDS) for _ in range(2)]  # fmt: skip
    k.cluster.append_log("default", "p", "c", "third")
    lines.append(await asyncio.wait_for(following.stdout.readline(), SECONDS))
    assert lines == [b"first\n", b"second\n", b"third\n"]
    assert await k.ask("exec", "p", "--", "echo", "hello") == "hello\n"
    typed = await k.ask("exec", "-i", "p", "--", "sh", typed="pwd\nexit 3\n", code=3)
    assert typed.splitlines()[0] == "/"
    await k.ask("delete", "pod", "p", "--now")
    await asyncio.wait_for(following.wait(), SECONDS)


async def test_create_everything_by_command(k: Kubectl) -> None:
    await k.ask("create", "namespace", "team")
    await k.ask("create", "secret", "generic", "s", "--from-literal=a=b", "-n", "team")
    await k.ask("create", "serviceaccount", "robot", "-n", "team")
    await k.ask("create", "role", "r", "--verb=get", "--resource=pods", "-n", "team")
    await k.ask("create", "rolebinding", "rb", "--role=r", "--serviceaccount=team:robot", "-n", "team")  # fmt: skip
    as_robot = "--as=system:serviceaccount:team:robot"
    assert (await k.ask("auth", "can-i", "get", "pods", "-n", "team", as_robot)).strip() == "yes"  # fmt: skip
    await k.ask("create", "job", "j", "--image=i", "-n", "team")
    await k.ask("run", "q", "--image=i", "-n", "team")
    await k.ask("expose", "pod", "q", "--port=80", "-n", "team")
    assert "service/q" in await k.ask("get", "services", "-o", "name", "-n", "team")
    await k.ask("delete", "namespace", "team", "--timeout=20s")
    assert "NotFound" in await k.ask("get", "namespace", "team", code=1)


async def test_exec_in_a_terminal(k: Kubectl) -> None:
    ours, theirs = os.openpty()
    process = await asyncio.create_subprocess_exec(
        find_kubectl(), "--kubeconfig", str(k.cluster.kubeconfig_path),
        "exec", "-it", "p", "--", "sh",
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    seen = b""
    for awaited, typed in (
        (b"/ # ", b"echo $HOSTNAME\r"),
        (b"\np\r\n/ # ", b"exit 6\r"),
    ):
        while awaited not in seen:
            seen += await asyncio.wait_for(asyncio.to_thread(os.read, ours, 1024), SECONDS)  # fmt: skip
        os.write(ours, typed)
    assert await asyncio.wait_for(process.wait(), SECONDS) == 6
    os.close(ours)
    assert b"echo $HOSTNAME\r\n" in seen
