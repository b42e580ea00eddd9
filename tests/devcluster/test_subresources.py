"""Logs, bindings, evictions, and what is not served."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tests.devcluster.conftest import Api, asking
from tests.devcluster.waiting import wait_until

from fairlead.devcluster import DevCluster, Limits

PODS = "/api/v1/namespaces/default/pods"


async def _pod(api: Api, *containers: str) -> None:
    spec = {"containers": [{"name": name, "image": "i"} for name in containers]}
    assert (
        await api.post(PODS, {"metadata": {"name": "p"}, "spec": spec})
    ).status == 201


async def test_logs_show_appended_lines(api: Api) -> None:
    await _pod(api, "c")
    assert (await api.get(f"{PODS}/p/log")).status == 204
    for number in range(5):
        api.cluster.append_log("default", "p", "c", f"line {number}")
    assert (await api.get(f"{PODS}/p/log", tailLines="2")).text == "line 3\nline 4\n"
    assert (await api.get(f"{PODS}/p/log", limitBytes="6")).text == "line 0"
    stamped = (await api.get(f"{PODS}/p/log", timestamps="true", tailLines="1")).text
    assert stamped.endswith("Z line 4\n")


async def test_wrong_log_options_are_refused(api: Api) -> None:
    await _pod(api, "c", "d")
    unnamed = await api.get(f"{PODS}/p/log")
    assert (
        unnamed.body["message"]
        == "a container name must be specified for pod p, choose one of: [c d]"
    )
    wrong = await api.get(f"{PODS}/p/log", container="zz")
    assert wrong.body["message"] == "container zz is not valid for pod p"
    assert (await api.get(f"{PODS}/p/log", container="c", tailLines="-1")).status == 422
    both = {"sinceSeconds": "1", "sinceTime": "2020-01-01T00:00:00Z"}
    assert (await api.get(f"{PODS}/p/log", container="c", **both)).status == 422
    assert (await api.get(f"{PODS}/none/log")).status == 404


async def test_lines_of_the_last_hour_and_of_the_previous_instance(api: Api) -> None:
    await _pod(api, "c")
    missing = await api.get(f"{PODS}/p/log", previous="true")
    assert missing.body["message"] == (
        'previous terminated container "c" in pod "p" not found'
    )
    old = "2020-01-01T00:00:00Z long ago\n2020-01-01T00:00:01Z later\n"
    written = await api.ask(
        "POST", f"{PODS}/p/log", old.encode(), params={"timestamps": "true"}
    )
    assert written.status == 201
    await api.ask("POST", f"{PODS}/p/log", b"now\n")
    await api.ask("POST", f"{PODS}/p/log", b"crash\n", params={"previous": "true"})
    log = f"{PODS}/p/log"
    assert (await api.get(log, sinceSeconds="3600")).text == "now\n"
    since = await api.get(log, sinceTime="2020-01-01T00:00:01Z", timestamps="true")
    assert since.text.startswith("2020-01-01T00:00:01.000000000Z later\n")
    assert (await api.get(log, previous="true")).text == "crash\n"
    assert (await api.as_user("alice-token").post(log, "x")).status == 403


async def test_logs_survive_a_restart(tmp_path: Path) -> None:
    async with DevCluster(tmp_path, limits=Limits(log_lines=3)) as cluster:
        async with asking(cluster) as api:
            await _pod(api, "c")
        for number in range(5):
            cluster.append_log("default", "p", "c", f"line {number}")
    async with DevCluster(tmp_path) as cluster, asking(cluster) as api:
        cluster.append_log("default", "p", "c", "after")
        text = (await api.get(f"{PODS}/p/log", tailLines="3")).text
        assert text == "line 3\nline 4\nafter\n"
        await api.delete(f"{PODS}/p", gracePeriodSeconds="0")
        await _pod(api, "c")
        assert (await api.get(f"{PODS}/p/log")).text == ""


async def test_following_a_log_ends_with_the_pod(api: Api) -> None:
    await _pod(api, "c")
    api.cluster.append_log("default", "p", "c", "first")
    following = asyncio.create_task(api.get(f"{PODS}/p/log", follow="true"))
    await asyncio.sleep(0.05)
    api.cluster.append_log("default", "p", "c", "second\nthird")
    await asyncio.sleep(0.05)
    await api.delete(f"{PODS}/p", gracePeriodSeconds="0")
    assert (await asyncio.wait_for(following, 5)).text == "first\nsecond\nthird\n"


async def test_bindings_and_evictions_have_their_effect(api: Api) -> None:
    await _pod(api, "c")
    bound = await api.post(
        f"{PODS}/p/binding", {"target": {"kind": "Node", "name": "n1"}}
    )
    assert bound.status == 201
    assert (await api.get(f"{PODS}/p")).body["spec"]["nodeName"] == "n1"
    selected = await api.get(PODS, fieldSelector="spec.nodeName=n1")
    assert len(selected.body["items"]) == 1
    evicted = await api.post(f"{PODS}/p/eviction", {"metadata": {"name": "p"}})
    assert evicted.status == 201

    async def gone() -> bool:
        return (await api.get(f"{PODS}/p")).status == 404

    await wait_until(gone)


async def test_unknown_subresources_are_not_served(api: Api) -> None:
    await _pod(api, "c")
    assert (await api.get(f"{PODS}/p/portforward")).status == 404


async def test_workloads_get_defaults_and_checks(api: Api) -> None:
    path = "/apis/apps/v1/namespaces/default/deployments"
    empty = await api.post(path, {"metadata": {"name": "d"}, "spec": {}})
    fields = [cause["field"] for cause in empty.body["details"]["causes"]]
    assert fields == [
        "spec.selector",
        "spec.template.metadata.labels",
        "spec.template.spec.containers",
    ]
    template = {
        "metadata": {"labels": {"a": "b"}},
        "spec": {"containers": [{"name": "c", "image": "x"}]},
    }
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
    made = (await api.post(path, {"metadata": {"name": "d"}, "spec": spec})).body
    assert (made["spec"]["replicas"], made["metadata"]["generation"]) == (1, 1)
    scale = (await api.get(f"{path}/d/scale")).body
    assert scale["status"] == {"replicas": 0, "selector": "a=b"}


async def test_finalize_sets_the_finalizers_of_a_namespace(api: Api) -> None:
    await api.post("/api/v1/namespaces", {"metadata": {"name": "n"}})
    body: dict[str, Any] = {"metadata": {"name": "n"}, "spec": {"finalizers": []}}
    assert (await api.put("/api/v1/namespaces/n/finalize", body)).body["spec"] == {
        "finalizers": []
    }
