"""The four patch forms, and who owns which field."""

from __future__ import annotations

from typing import Any

from tests.devcluster.conftest import CONFIGMAPS, GADGETS, Api, config_map, gadget

STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"


async def _ssa(api: Api, manager: str, spec: dict[str, Any], **params: str) -> Any:
    body = {
        "apiVersion": "demo.dev/v1",
        "kind": "Gadget",
        "metadata": {"name": "s"},
        "spec": spec,
    }
    return await api.apply(f"{GADGETS}/s", body, manager, **params)


async def test_merge_strategic_and_json_patches(api: Api) -> None:
    await api.post(CONFIGMAPS, config_map("a", a="1", b="2"))
    path = f"{CONFIGMAPS}/a"
    merged = await api.merge(path, {"data": {"a": None, "c": "3"}})
    assert merged.body["data"] == {"b": "2", "c": "3"}
    strategic = await api.ask(
        "PATCH", path, {"data": {"b": None, "d": "4"}}, media=STRATEGIC
    )
    assert strategic.body["data"] == {"c": "3", "d": "4"}
    operations = [
        {"op": "test", "path": "/data/c", "value": "3"},
        {"op": "remove", "path": "/data/d"},
    ]
    assert (await api.ask("PATCH", path, operations, media=JSON_PATCH)).body[
        "data"
    ] == {"c": "3"}


async def test_patches_that_do_not_fit_are_refused(gadgets: Api) -> None:
    await gadgets.post(CONFIGMAPS, config_map("a"))
    await gadgets.post(GADGETS, gadget("a"))
    path = f"{CONFIGMAPS}/a"
    failing = [{"op": "test", "path": "/data/c", "value": "x"}]
    assert (await gadgets.ask("PATCH", path, failing, media=JSON_PATCH)).status == 422
    assert (await gadgets.ask("PATCH", path, {}, media=JSON_PATCH)).status == 400
    assert (await gadgets.ask("PATCH", path, {})).status == 415
    assert (
        await gadgets.ask("PATCH", f"{GADGETS}/a", {}, media=STRATEGIC)
    ).status == 415
    assert (await gadgets.merge(f"{CONFIGMAPS}/none", {})).status == 404
    assert (await gadgets.merge(path, {"metadata": {"name": "b"}})).status == 400
    assert (
        await gadgets.merge(path, {"metadata": {"resourceVersion": "1"}})
    ).status == 409
    assert (await gadgets.merge(path, {"metadata": None})).status == 400
    assert (await gadgets.merge(path, {}, force="true")).status == 422


async def test_applied_fields_are_owned_merged_and_removed(gadgets: Api) -> None:
    first = await _ssa(
        gadgets, "m1", {"color": "red", "ports": [{"name": "a", "port": 1}]}
    )
    assert first.status == 201
    entry = first.body["metadata"]["managedFields"][0]
    assert (entry["manager"], entry["operation"]) == ("m1", "Apply")
    assert entry["fieldsV1"]["f:spec"]["f:ports"] == {
        'k:{"name":"a"}': {".": {}, "f:name": {}, "f:port": {}}
    }
    second = await _ssa(gadgets, "m2", {"ports": [{"name": "b"}]})
    assert [port["name"] for port in second.body["spec"]["ports"]] == ["a", "b"]
    third = await _ssa(gadgets, "m1", {"color": "red"})
    assert third.body["spec"]["ports"] == [{"name": "b"}]


async def test_a_conflict_names_manager_and_field_and_force_takes_over(
    gadgets: Api,
) -> None:
    await _ssa(gadgets, "m1", {"color": "red"})
    refused = await _ssa(gadgets, "m2", {"color": "green"})
    assert refused.status == 409
    assert (
        refused.body["message"]
        == 'Apply failed with 1 conflict: conflict with "m1": .spec.color'
    )
    assert refused.body["details"]["causes"] == [
        {
            "reason": "FieldManagerConflict",
            "message": 'conflict with "m1"',
            "field": ".spec.color",
        }
    ]
    assert (await _ssa(gadgets, "m2", {"color": "green"}, force="true")).body["spec"][
        "color"
    ] == "green"


async def test_equal_values_are_shared_and_repeats_change_nothing(gadgets: Api) -> None:
    first = await _ssa(gadgets, "m1", {"color": "red"})
    shared = await _ssa(gadgets, "m2", {"color": "red"})
    assert {entry["manager"] for entry in shared.body["metadata"]["managedFields"]} == {
        "m1",
        "m2",
    }
    again = await _ssa(gadgets, "m2", {"color": "red"})
    assert (
        again.body["metadata"]["resourceVersion"]
        == shared.body["metadata"]["resourceVersion"]
    )
    assert first.body["metadata"]["uid"] == again.body["metadata"]["uid"]


async def test_updates_own_what_they_changed(api: Api) -> None:
    path = f"{CONFIGMAPS}/a"
    await api.apply(path, config_map("a", a="1"), "m1")
    await api.put(path, config_map("a", a="2"), fieldManager="m3")
    refused = await api.apply(path, config_map("a", a="3"), "m1")
    assert 'conflict with "m3" using v1: .data.a' in refused.body["message"]


async def test_apply_refuses_what_it_cannot_own(gadgets: Api) -> None:
    path = f"{CONFIGMAPS}/a"
    assert (
        await gadgets.ask(
            "PATCH", path, config_map("a"), media="application/apply-patch+yaml"
        )
    ).status == 422
    managed = config_map("a")
    managed["metadata"]["managedFields"] = [{}, {"manager": "x"}]
    assert (await gadgets.apply(path, managed, "m1")).body[
        "message"
    ] == "metadata.managedFields must be nil"
    assert (await gadgets.apply(path, {"metadata": {"name": "a"}}, "m1")).status == 400
    unknown = await _ssa(gadgets, "m1", {"color": "red", "bogus": 1})
    assert ".spec.bogus: field not declared in schema" in unknown.body["message"]
    assert (await gadgets.apply(path, config_map("a"), "m" * 129)).status == 422


async def test_managed_fields_can_be_cleared(api: Api) -> None:
    await api.post(CONFIGMAPS, config_map("a", a="1"))
    answer = await api.merge(f"{CONFIGMAPS}/a", {"metadata": {"managedFields": [{}]}})
    assert "managedFields" not in answer.body["metadata"]


async def test_apply_takes_yaml(api: Api) -> None:
    body = b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: y\ndata:\n  k: v\n"
    assert (await api.apply(f"{CONFIGMAPS}/y", body, "m1")).status == 201


async def test_copies_may_not_blow_an_object_up(api: Api) -> None:
    await api.post(CONFIGMAPS, config_map("a", a="x" * 1000))
    copies = [
        {"op": "copy", "from": "/data", "path": f"/data/c{number}"}
        for number in range(40)
    ]
    answer = await api.ask("PATCH", f"{CONFIGMAPS}/a", copies, media=JSON_PATCH)
    assert answer.status == 413
