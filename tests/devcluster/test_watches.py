"""Watches: order, transitions, bookmarks, expiry, ends."""

from __future__ import annotations

import asyncio

import pytest
from tests.devcluster.conftest import (
    CONFIGMAPS,
    CRD,
    GADGETS,
    Api,
    config_map,
    gadget,
    gadget_crd,
)

INITIAL = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}


async def _version(api: Api) -> str:
    version: str = (await api.get(CONFIGMAPS, limit="1")).body["metadata"][
        "resourceVersion"
    ]
    return version


async def test_events_follow_a_version_without_loss(api: Api) -> None:
    at = await _version(api)

    async def write(prefix: str) -> None:
        for number in range(10):
            await api.post(CONFIGMAPS, config_map(f"{prefix}{number}"))

    watching = asyncio.create_task(api.collect(CONFIGMAPS, 40, resourceVersion=at))
    await asyncio.gather(*(write(prefix) for prefix in "abcd"))
    found = await asyncio.wait_for(watching, 10)
    assert len({name for _, name in found}) == 40
    assert {kind for kind, _ in found} == {"ADDED"}


async def test_a_watch_without_version_begins_with_the_present(api: Api) -> None:
    await api.post(CONFIGMAPS, config_map("a"))
    watching = asyncio.create_task(
        api.collect(CONFIGMAPS, 4, fieldSelector="metadata.name!=kube-root-ca.crt")
    )
    await asyncio.sleep(0)
    await api.merge(f"{CONFIGMAPS}/a", {"data": {"v": "1"}})
    await api.post(CONFIGMAPS, config_map("b"))
    await api.delete(f"{CONFIGMAPS}/b")
    found = await asyncio.wait_for(watching, 10)
    assert found[-1] == ("DELETED", "b")


async def test_selector_transitions_are_additions_and_deletions(api: Api) -> None:
    at = await _version(api)
    await api.post(CONFIGMAPS, {"metadata": {"name": "s", "labels": {"on": "no"}}})
    for value in ("yes", "yes", "no", "yes"):
        body = {
            "metadata": {"labels": {"on": value}},
            "data": {"v": value + str(id(value))},
        }
        await api.merge(f"{CONFIGMAPS}/s", body)
    async for event in api.watch(
        CONFIGMAPS, resourceVersion=at, labelSelector="on=yes"
    ):
        if event["type"] == "DELETED":
            # As it was last seen, under the version of the change that took it away.
            metadata = event["object"]["metadata"]
            assert metadata["labels"] == {"on": "yes"}
            assert int(metadata["resourceVersion"]) == int(at) + 3
            break
    await api.merge(f"{CONFIGMAPS}/s", {"data": {"x": "1"}})
    await api.delete(f"{CONFIGMAPS}/s")
    found = await api.collect(CONFIGMAPS, 5, resourceVersion=at, labelSelector="on=yes")
    assert [kind for kind, _ in found] == [
        "ADDED",
        "DELETED",
        "ADDED",
        "MODIFIED",
        "DELETED",
    ]


async def test_a_version_that_is_too_old_is_one_error_event(api: Api) -> None:
    events = [event async for event in api.watch(CONFIGMAPS, resourceVersion="1")]
    assert len(events) == 1
    assert events[0]["type"] == "ERROR"
    assert (events[0]["object"]["code"], events[0]["object"]["reason"]) == (
        410,
        "Expired",
    )


async def test_compaction_ends_old_versions_but_not_idle_watches(api: Api) -> None:
    at = await _version(api)
    started = asyncio.Event()

    async def watch_idle() -> str:
        async for event in api.watch(
            "/api/v1/secrets", resourceVersion=at, allowWatchBookmarks="true"
        ):
            if event["type"] != "BOOKMARK":
                return str(event["type"])
            started.set()
        return "ended"

    idle = asyncio.create_task(watch_idle())
    await asyncio.wait_for(started.wait(), 5)
    await api.post(CONFIGMAPS, config_map("a"))
    await api.cluster.compact()
    await api.post("/api/v1/namespaces/default/secrets", {"metadata": {"name": "s"}})
    assert await asyncio.wait_for(idle, 5) == "ADDED"
    late = await api.collect(CONFIGMAPS, 1, resourceVersion=at)
    assert late[0][0] == "ERROR"


async def test_the_initial_list_ends_with_an_annotated_bookmark(api: Api) -> None:
    await api.post(CONFIGMAPS, config_map("a"))
    async for event in api.watch(CONFIGMAPS, allowWatchBookmarks="true", **INITIAL):
        if event["type"] == "BOOKMARK":
            metadata = event["object"]["metadata"]
            assert metadata["annotations"] == {"k8s.io/initial-events-end": "true"}
            assert "data" not in event["object"]
            break


async def test_a_watch_ends_at_its_time_with_a_bookmark_before(api: Api) -> None:
    params = {"resourceVersion": await _version(api), "timeoutSeconds": "1"}
    events = [
        event
        async for event in api.watch(CONFIGMAPS, allowWatchBookmarks="true", **params)
    ]
    assert {event["type"] for event in events} == {"BOOKMARK"}
    assert [event async for event in api.watch(CONFIGMAPS, **params)] == []


@pytest.mark.parametrize(
    "params",
    [
        {"sendInitialEvents": "true"},
        {"resourceVersionMatch": "NotOlderThan", "resourceVersion": "1"},
    ],
)
async def test_wrong_parameters_are_ordinary_errors(
    api: Api, params: dict[str, str]
) -> None:
    assert (await api.get(CONFIGMAPS, watch="true", **params)).status == 422


async def test_a_table_watch_sends_its_columns_once(api: Api) -> None:
    await api.post(CONFIGMAPS, config_map("a"))
    accept = "application/json;as=Table;v=v1;g=meta.k8s.io"

    async def columns(**params: str) -> list[bool]:
        found: list[bool] = []
        async for event in api.watch(CONFIGMAPS, accept=accept, **params):
            found.append(event["object"]["columnDefinitions"] is not None)
            if len(found) == 2:
                break
        return found

    assert await columns() == [True, False]
    # Two who see the same share what is made for them, but each needs its columns.
    at = await _version(api)
    watching = [asyncio.create_task(columns(resourceVersion=at)) for _ in range(2)]
    await asyncio.sleep(0.1)
    await api.post(CONFIGMAPS, config_map("b"))
    await asyncio.sleep(0.05)
    await api.post(CONFIGMAPS, config_map("c"))
    assert await asyncio.gather(*watching) == [[True, False]] * 2


async def test_a_changed_definition_ends_its_watches(gadgets: Api) -> None:
    await gadgets.post(GADGETS, gadget("a"))
    watching = asyncio.create_task(gadgets.collect(GADGETS, 99))
    await asyncio.sleep(0.05)
    crd = gadget_crd()
    crd["spec"]["names"]["categories"] = ["all"]
    current = (await gadgets.get(f"{CRD}/gadgets.demo.dev")).body
    await gadgets.put(f"{CRD}/gadgets.demo.dev", {**current, "spec": crd["spec"]})
    assert await asyncio.wait_for(watching, 5) == [("ADDED", "a")]


async def test_a_deleted_definition_delivers_deletions_first(gadgets: Api) -> None:
    await gadgets.post(GADGETS, gadget("a"))
    watching = asyncio.create_task(gadgets.collect(GADGETS, 99))
    await asyncio.sleep(0.05)
    await gadgets.delete(f"{CRD}/gadgets.demo.dev")
    assert await asyncio.wait_for(watching, 5) == [("ADDED", "a"), ("DELETED", "a")]


async def test_the_old_watch_paths_work(api: Api) -> None:
    path = "/api/v1/watch/namespaces/default/configmaps"
    assert (await api.collect(path, 1))[0] == ("ADDED", "kube-root-ca.crt")
