"""Lists: versions, pages, selectors, and the forms of answers."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from tests.devcluster.conftest import (
    CONFIGMAPS,
    GADGETS,
    Answer,
    Api,
    config_map,
    gadget,
)

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"


async def _fill(api: Api, *names: str) -> None:
    for name in names:
        body = config_map(name)
        body["metadata"]["labels"] = {"page": "y"}
        assert (await api.post(CONFIGMAPS, body)).status == 201


def _names(answer: Answer) -> list[str]:
    return [item["metadata"]["name"] for item in answer.body["items"]]


async def test_lists_are_sorted_and_items_have_no_kind(api: Api) -> None:
    await _fill(api, "b", "a")
    answer = await api.get(CONFIGMAPS, labelSelector="page")
    assert _names(answer) == ["a", "b"]
    assert answer.body["kind"] == "ConfigMapList"
    assert "kind" not in answer.body["items"][0]


async def test_pages_are_one_snapshot(api: Api) -> None:
    await _fill(api, "p1", "p2", "p3", "p4", "p5")
    first = await api.get(CONFIGMAPS, labelSelector="page", limit="2")
    await _fill(api, "p25")
    await api.delete(f"{CONFIGMAPS}/p4")
    token = first.body["metadata"]["continue"]
    second = await api.get(
        CONFIGMAPS, **{"labelSelector": "page", "limit": "9", "continue": token}
    )
    assert _names(second) == ["p3", "p4", "p5"]
    assert "continue" not in second.body["metadata"]
    assert (
        second.body["metadata"]["resourceVersion"]
        == first.body["metadata"]["resourceVersion"]
    )


async def test_pages_across_namespaces_go_on_where_they_ended(api: Api) -> None:
    await _fill(api, "p1")
    seen: list[str] = []
    token = ""
    while True:
        params = {"limit": "1", **({"continue": token} if token else {})}
        page = await api.get("/api/v1/configmaps", **params)
        seen += [
            f"{item['metadata']['namespace']}/{item['metadata']['name']}"
            for item in page.body["items"]
        ]
        token = page.body["metadata"].get("continue", "")
        if not token:
            break
    assert seen == sorted(seen)
    assert len(seen) == len(set(seen)) == 5


async def test_remaining_items_are_counted_without_selectors(api: Api) -> None:
    await _fill(api, "p1", "p2")
    answer = await api.get(CONFIGMAPS, limit="1")
    assert answer.body["metadata"]["remainingItemCount"] == 2


async def test_an_expired_token_answers_410_with_a_way_on(api: Api) -> None:
    await _fill(api, "p1", "p2", "p3")
    token = (await api.get(CONFIGMAPS, limit="2")).body["metadata"]["continue"]
    await _fill(api, "p4")
    await api.cluster.compact()
    late = await api.get(CONFIGMAPS, **{"limit": "2", "continue": token})
    assert (late.status, late.body["reason"]) == (410, "Expired")
    on = await api.get(
        CONFIGMAPS, **{"limit": "9", "continue": late.body["metadata"]["continue"]}
    )
    assert _names(on) == ["p2", "p3", "p4"]


@pytest.mark.parametrize(
    "token", ["garbage", "e30", "!!!", base64.urlsafe_b64encode(b'{"v":1}').decode()]
)
async def test_a_garbage_token_is_400(api: Api, token: str) -> None:
    assert (
        await api.get(CONFIGMAPS, **{"limit": "2", "continue": token})
    ).status == 400


async def test_an_exact_version_shows_the_past(api: Api) -> None:
    await _fill(api, "a")
    at = (await api.get(f"{CONFIGMAPS}/a")).body["metadata"]["resourceVersion"]
    await _fill(api, "b")
    exact = await api.get(
        CONFIGMAPS,
        labelSelector="page",
        resourceVersion=at,
        resourceVersionMatch="Exact",
    )
    assert _names(exact) == ["a"]
    newer = await api.get(
        CONFIGMAPS,
        labelSelector="page",
        resourceVersion=at,
        resourceVersionMatch="NotOlderThan",
    )
    assert _names(newer) == ["a", "b"]
    await api.cluster.compact()
    gone = await api.get(CONFIGMAPS, resourceVersion=at, resourceVersionMatch="Exact")
    assert gone.status == 410


async def test_a_future_version_is_504(api: Api) -> None:
    answer = await api.get(CONFIGMAPS, resourceVersion=str(2**40))
    assert (answer.status, answer.headers["Retry-After"]) == (504, "1")
    assert answer.body["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"resourceVersionMatch": "Exact"}, 422),
        ({"resourceVersionMatch": "Exact", "resourceVersion": "0"}, 422),
        ({"resourceVersionMatch": "Bogus", "resourceVersion": "1"}, 422),
        ({"resourceVersion": "abc"}, 400),
        ({"limit": "abc"}, 400),
        ({"limit": "-1"}, 200),
        ({"sendInitialEvents": "true"}, 422),
        ({"labelSelector": "a b"}, 400),
        ({"fieldSelector": "data.i=1"}, 400),
        ({"fieldSelector": "metadata.name=x,"}, 200),
        ({"timeout": "xx"}, 400),
        ({"unknown": "ignored"}, 200),
    ],
)
async def test_list_parameters(api: Api, params: dict[str, str], status: int) -> None:
    assert (await api.get(CONFIGMAPS, **params)).status == status


async def test_custom_fields_can_be_selected(gadgets: Api) -> None:
    await gadgets.post(GADGETS, gadget("r"))
    await gadgets.post(GADGETS, gadget("g", color="green"))
    assert _names(await gadgets.get(GADGETS, fieldSelector="spec.color=green")) == ["g"]
    refused = await gadgets.get(GADGETS, fieldSelector="spec.replicas=1")
    assert refused.body["message"] == "field label not supported: spec.replicas"


async def test_tables_have_printer_columns(gadgets: Api) -> None:
    await gadgets.post(GADGETS, gadget("t", color="green"))
    answer = await gadgets.ask(
        "GET", f"{GADGETS}?includeObject=None", headers={"Accept": TABLE}
    )
    table = answer.body
    assert [column["name"] for column in table["columnDefinitions"]] == [
        "Name",
        "Color",
    ]
    assert table["rows"] == [{"cells": ["t", "green"], "object": None}]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/namespaces", "/api/v1/pods", "/api/v1/services", "/api/v1/events", "/api/v1/nodes",
        "/api/v1/secrets", "/api/v1/persistentvolumes", "/apis/apps/v1/deployments",
        "/apis/batch/v1/cronjobs", "/apis/networking.k8s.io/v1/ingresses",
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", "/apis/policy/v1/poddisruptionbudgets",
        "/apis/autoscaling/v2/horizontalpodautoscalers", "/apis/discovery.k8s.io/v1/endpointslices",
    ],
)  # fmt: skip
async def test_every_built_in_table_can_be_made(api: Api, path: str) -> None:
    group = path.rsplit("/", 1)[0]
    plural = path.rsplit("/", 1)[1]
    listed = (await api.get(group)).body["resources"]
    entry = next(item for item in listed if item["name"] == plural)
    collection = f"{group}/namespaces/default/{plural}" if entry["namespaced"] else path
    body: dict[str, Any] = {"metadata": {"name": "x"}}
    await api.post(collection, body)
    answer = await api.ask("GET", path, headers={"Accept": TABLE})
    assert answer.status == 200
    assert all(
        len(row["cells"]) == len(answer.body["columnDefinitions"])
        for row in answer.body["rows"]
    )


async def test_metadata_only_forms(api: Api) -> None:
    await _fill(api, "a")
    one = await api.ask("GET", f"{CONFIGMAPS}/a", headers={"Accept": PARTIAL})
    assert (one.body["kind"], "data" in one.body) == ("PartialObjectMetadata", False)
    refused = await api.ask("GET", CONFIGMAPS, headers={"Accept": PARTIAL})
    assert refused.status == 406
    listed = await api.ask(
        "GET",
        CONFIGMAPS,
        headers={"Accept": PARTIAL.replace("Metadata;", "MetadataList;")},
    )
    assert listed.body["items"][0]["kind"] == "PartialObjectMetadata"


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/vnd.kubernetes.protobuf,application/json", 200),
        ("*/*", 200),
        ("", 200),
        ("text/html", 406),
        ("application/json;as=Bogus;v=v1;g=meta.k8s.io", 406),
        ("application/json;as=Table;v=v9;g=meta.k8s.io,application/json", 200),
    ],
)
async def test_accept_headers(api: Api, accept: str, status: int) -> None:
    assert (
        await api.ask("GET", CONFIGMAPS, headers={"Accept": accept})
    ).status == status


async def test_answers_in_yaml_and_indented(api: Api) -> None:
    yaml = await api.ask(
        "GET", f"{CONFIGMAPS}/zz", headers={"Accept": "application/yaml"}
    )
    assert yaml.text.startswith("apiVersion: v1\ncode: 404\n")
    pretty = await api.get("/api/v1/namespaces/default", pretty="true")
    assert pretty.text == json.dumps(pretty.body, indent=2) + "\n"
