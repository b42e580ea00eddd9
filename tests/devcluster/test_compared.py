"""Answers that differed from a real apiserver's when the same requests went to both."""

from __future__ import annotations

from typing import Any

import pytest
from tests.devcluster.conftest import CONFIGMAPS, CRD, Api, config_map, gadget_crd

NAMESPACES = "/api/v1/namespaces"
STRATEGIC = "application/strategic-merge-patch+json"


def _apply(data: dict[str, str] | None) -> dict[str, Any]:
    body: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap"}
    return body if data is None else {**body, "data": data}


async def test_an_empty_map_that_is_given_up_keeps_what_others_put_in(api: Api) -> None:
    path = f"{CONFIGMAPS}/shared"
    await api.apply(path, _apply({"a": "1"}), "first")
    await api.apply(path, _apply({}), "second")
    for data in ({"b": "2"}, None):
        answer = await api.apply(path, _apply(data), "second")
        assert answer.body["data"] == {"a": "1", **(data or {})}


async def test_owners_are_listed_appliers_first_then_by_name(api: Api) -> None:
    path = f"{CONFIGMAPS}/owned"
    await api.post(CONFIGMAPS, config_map("owned", z="1"), fieldManager="a-writer")
    for manager in ("second", "first"):
        answer = await api.apply(path, _apply({manager: "1"}), manager)
    entries = answer.body["metadata"]["managedFields"]
    assert [entry["operation"] for entry in entries] == ["Apply", "Apply", "Update"]


async def test_empty_maps_of_built_in_kinds_are_not_kept(api: Api) -> None:
    made = (await api.post(CONFIGMAPS, {**config_map("empty"), "data": {}})).body
    assert "data" not in made
    assert "managedFields" not in made["metadata"]


async def test_what_the_server_filled_in_is_not_the_clients(api: Api) -> None:
    made = await api.post(NAMESPACES, {"metadata": {"name": "team"}})
    (entry,) = made.body["metadata"]["managedFields"]
    assert list(entry["fieldsV1"]) == ["f:metadata"]


async def test_a_terminating_namespace_names_what_it_refuses(api: Api) -> None:
    held = {"name": "held", "finalizers": ["example.com/hold"]}
    await api.post(NAMESPACES, {"metadata": {"name": "going"}})
    await api.post(f"{NAMESPACES}/going/configmaps", {"metadata": held})
    await api.delete(f"{NAMESPACES}/going")
    refused = await api.post(f"{NAMESPACES}/going/configmaps", config_map("late"))
    assert refused.status == 403
    assert refused.body["details"]["name"] == "late"
    assert refused.body["message"].startswith('configmaps "late" is forbidden')


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"zzz": 1}, 'strict decoding error: unknown field "zzz"'),
        ({"data": {"a": 1}}, "cannot unmarshal number"),
        ({"apiVersion": "v2"}, 'no kind "ConfigMap" is registered for version "v2"'),
        ({"metadata": {"uid": "another"}}, "field is immutable"),
    ],
)
async def test_a_patch_to_something_else_is_invalid(
    api: Api, change: dict[str, Any], reason: str
) -> None:
    await api.post(CONFIGMAPS, config_map("p"))
    answer = await api.merge(f"{CONFIGMAPS}/p", change, fieldValidation="Strict")
    assert (answer.status, answer.body["reason"]) == (422, "Invalid")
    assert reason in answer.body["message"]


async def test_a_strategic_patch_cannot_change_the_kind(api: Api) -> None:
    await api.post(CONFIGMAPS, config_map("p"))
    answer = await api.ask(
        "PATCH", f"{CONFIGMAPS}/p", {"kind": "Secret"}, media=STRATEGIC
    )
    assert (answer.status, answer.body["kind"]) == (200, "ConfigMap")


async def test_rules_are_named_as_skipped_when_the_shape_is_wrong(api: Api) -> None:
    crd = gadget_crd()
    spec = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    spec["x-kubernetes-validations"] = [
        {"rule": "self.replicas < 5", "message": "too many"}
    ]
    spec["properties"]["word"] = {"type": "string", "maxLength": 2, "pattern": "^x"}
    await api.post(CRD, crd)

    async def causes(**fields: Any) -> list[tuple[str, str]]:
        body = {
            "apiVersion": "demo.dev/v1",
            "kind": "Gadget",
            "metadata": {"name": "g"},
            "spec": fields,
        }
        path = "/apis/demo.dev/v1/namespaces/default/gadgets"
        answer = await api.post(path, body)
        found = answer.body["details"]["causes"]
        return [(cause["field"], cause["reason"]) for cause in found]

    # Of a string's own limits only the first is told.
    assert await causes(color="red", word="yyy") == [
        ("spec.word", "FieldValueTooLong"),
        ("<nil>", "FieldValueInvalid"),
    ]
    # A value out of its range does not keep rules from being checked.
    assert await causes(color="red", replicas=11) == [
        ("spec.replicas", "FieldValueInvalid"),
        ("spec", "FieldValueInvalid"),
    ]


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"timeout": "xx"}, 400),
        ({"timeout": "1ns"}, 504),
        ({"timeout": "5s"}, 200),
        ({"fieldSelector": "metadata.name=a=b"}, 400),
        ({"fieldSelector": "metadata.name=a\\=b"}, 200),
    ],
)
async def test_parameters_of_lists(
    api: Api, params: dict[str, str], status: int
) -> None:
    assert (await api.get(CONFIGMAPS, **params)).status == status


async def test_a_held_request_ends_in_time(api: Api) -> None:
    api.cluster.faults.delay(30)
    answer = await api.post(CONFIGMAPS, config_map("late"), timeout="50ms")
    assert (answer.status, answer.body["reason"]) == (504, "Timeout")
    assert (await api.get(f"{CONFIGMAPS}/late")).status == 404


async def test_a_namespace_has_no_dots(api: Api) -> None:
    answer = await api.post(NAMESPACES, {"metadata": {"name": "a.b"}})
    assert "must not contain dots" in answer.body["message"]
