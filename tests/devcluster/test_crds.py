"""Definitions and their objects."""

from __future__ import annotations

from typing import Any

import pytest
from tests.devcluster.conftest import CRD, GADGETS, Api, gadget, gadget_crd
from tests.devcluster.waiting import wait_until


async def test_a_definition_is_established_at_once(api: Api) -> None:
    answer = await api.post(CRD, gadget_crd())
    status = answer.body["status"]
    assert status["storedVersions"] == ["v1"]
    assert status["acceptedNames"]["listKind"] == "GadgetList"
    assert {item["type"]: item["status"] for item in status["conditions"]} == {
        "NamesAccepted": "True",
        "Established": "True",
    }
    listed = (await api.get("/apis/demo.dev/v1")).body["resources"]
    assert [item["name"] for item in listed] == [
        "gadgets",
        "gadgets/status",
        "gadgets/scale",
    ]


async def test_objects_are_defaulted_pruned_and_validated(gadgets: Api) -> None:
    made = await gadgets.post(GADGETS, gadget("a", bogus=1))
    assert made.body["spec"] == {"color": "red", "replicas": 1}
    assert 'unknown field \\"spec.bogus\\"' in made.headers["Warning"]
    refused = await gadgets.post(GADGETS, gadget("b", color="blue", replicas=11))
    causes = {
        cause["field"]: cause["reason"] for cause in refused.body["details"]["causes"]
    }
    assert causes == {
        "spec.color": "FieldValueNotSupported",
        "spec.replicas": "FieldValueInvalid",
    }
    repeated = await gadgets.post(
        GADGETS, gadget("c", ports=[{"name": "a"}, {"name": "a"}])
    )
    assert repeated.body["details"]["causes"][0]["field"] == "spec.ports[1]"
    missing = await gadgets.post(GADGETS, {**gadget("d"), "spec": {}})
    assert missing.body["details"]["causes"][0]["field"] == "spec.color"


async def test_nulls_are_kept_where_they_may_be(gadgets: Api) -> None:
    made = await gadgets.post(GADGETS, gadget("a", note=None, replicas=None))
    assert made.body["spec"] == {"color": "red", "note": None, "replicas": 1}


async def test_bodies_need_kind_and_the_right_version(gadgets: Api) -> None:
    assert (
        await gadgets.post(GADGETS, {"metadata": {"name": "a"}, "spec": {}})
    ).status == 400
    wrong = await gadgets.post(GADGETS, {**gadget("a"), "apiVersion": "demo.dev/v2"})
    assert (
        "does not match the expected API version (demo.dev/v1)" in wrong.body["message"]
    )


async def test_status_and_spec_are_apart(gadgets: Api) -> None:
    await gadgets.post(GADGETS, {**gadget("a"), "status": {"replicas": 9}})
    path = f"{GADGETS}/a"
    assert "status" not in (await gadgets.get(path)).body
    body = {
        "status": {"replicas": 3},
        "spec": {"replicas": 9},
        "metadata": {"labels": {"x": "y"}},
    }
    changed = (await gadgets.merge(f"{path}/status", body)).body
    assert (changed["spec"]["replicas"], changed["status"]) == (1, {"replicas": 3})
    assert "labels" not in changed["metadata"]
    main = (
        await gadgets.merge(path, {"status": {"replicas": 5}, "spec": {"replicas": 2}})
    ).body
    assert (
        main["metadata"]["generation"],
        main["spec"]["replicas"],
        main["status"],
    ) == (2, 2, {"replicas": 3})


async def test_scale_reads_and_writes_replicas(gadgets: Api) -> None:
    await gadgets.post(GADGETS, gadget("a"))
    path = f"{GADGETS}/a/scale"
    scale = (await gadgets.get(path)).body
    assert (scale["kind"], scale["spec"]) == ("Scale", {"replicas": 1})
    assert (await gadgets.merge(path, {"spec": {"replicas": 4}})).body["spec"] == {
        "replicas": 4
    }
    stale = {**scale, "spec": {"replicas": 5}}
    assert (await gadgets.put(path, stale)).status == 409
    assert (await gadgets.merge(path, {"spec": {"replicas": -1}})).status == 422
    assert (await gadgets.delete(path)).status == 405


async def test_several_versions_share_the_objects(api: Api) -> None:
    crd = gadget_crd()
    old = {
        **crd["spec"]["versions"][0],
        "name": "v1beta1",
        "storage": False,
        "deprecated": True,
    }
    crd["spec"]["versions"].append(old)
    await api.post(CRD, crd)
    await api.post(GADGETS, gadget("a"))
    answer = await api.get(f"{GADGETS.replace('/v1/', '/v1beta1/')}/a")
    assert answer.body["apiVersion"] == "demo.dev/v1beta1"
    assert (
        answer.headers["Warning"]
        == '299 - "demo.dev/v1beta1 Gadget is deprecated; use demo.dev/v1 Gadget"'
    )
    group = (await api.get("/apis/demo.dev")).body
    assert group["preferredVersion"]["version"] == "v1"


async def test_new_defaults_reach_old_objects(gadgets: Api) -> None:
    await gadgets.post(GADGETS, gadget("a"))
    crd = (await gadgets.get(f"{CRD}/gadgets.demo.dev")).body
    spec = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    spec["properties"]["size"] = {"type": "integer", "default": 7}
    assert (await gadgets.put(f"{CRD}/gadgets.demo.dev", crd)).status == 200
    assert (await gadgets.get(f"{GADGETS}/a")).body["spec"]["size"] == 7
    assert (await gadgets.get(GADGETS)).body["items"][0]["spec"]["size"] == 7


async def test_a_deleted_definition_takes_its_objects_along(gadgets: Api) -> None:
    await gadgets.post(GADGETS, gadget("a"))
    answer = await gadgets.delete(f"{CRD}/gadgets.demo.dev")
    assert answer.body["metadata"]["finalizers"] == [
        "customresourcecleanup.apiextensions.k8s.io"
    ]

    async def gone() -> bool:
        return (await gadgets.get(GADGETS)).status == 404

    await wait_until(gone)
    assert (await gadgets.get("/apis/demo.dev")).status == 404


def _broken(change: str) -> dict[str, Any]:
    crd = gadget_crd()
    version = crd["spec"]["versions"][0]
    schema = version["schema"]["openAPIV3Schema"]
    match change:
        case "name":
            crd["metadata"]["name"] = "foo.demo.dev"
        case "scope":
            crd["spec"]["scope"] = "Foo"
        case "storage":
            version["storage"] = False
        case "schema":
            del version["schema"]
        case "structural":
            schema["properties"]["spec"]["properties"]["zz"] = {"properties": {}}
        case "default":
            schema["properties"]["spec"]["properties"]["zz"] = {
                "type": "integer",
                "default": "x",
            }
        case "version":
            version["name"] = "V1!"
        case "pattern":
            schema["properties"]["spec"]["properties"]["zz"] = {
                "type": "string",
                "pattern": "(",
            }
        case "column":
            version["additionalPrinterColumns"][0]["jsonPath"] = ".a["
        case _:  # protected
            crd["spec"]["group"] = "foo.k8s.io"
            crd["metadata"]["name"] = "gadgets.foo.k8s.io"
    return crd


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ("name", "metadata.name"),
        ("scope", "spec.scope"),
        ("storage", "spec.versions"),
        ("schema", "spec.versions[0].schema.openAPIV3Schema"),
        (
            "structural",
            "spec.validation.openAPIV3Schema.properties[spec].properties[zz].type",
        ),
        (
            "default",
            "spec.validation.openAPIV3Schema.properties[spec].properties[zz].default",
        ),
        ("version", "spec.versions[0].name"),
        (
            "pattern",
            "spec.validation.openAPIV3Schema.properties[spec].properties[zz].pattern",
        ),
        ("column", "spec.versions[0].additionalPrinterColumns[0].jsonPath"),
        ("protected", "metadata.annotations[api-approved.kubernetes.io]"),
    ],
)
async def test_a_broken_definition_is_refused_with_its_field(
    api: Api, change: str, field: str
) -> None:
    answer = await api.post(CRD, _broken(change))
    assert answer.status == 422
    assert field in [cause["field"] for cause in answer.body["details"]["causes"]]


async def test_taken_names_are_not_accepted(gadgets: Api) -> None:
    crd = gadget_crd()
    crd["metadata"]["name"] = "doodads.demo.dev"
    crd["spec"]["names"] = {"plural": "doodads", "kind": "Doodad", "shortNames": ["gd"]}
    status = (await gadgets.post(CRD, crd)).body["status"]
    assert [item["status"] for item in status["conditions"]] == ["False", "False"]
    assert status["conditions"][0]["reason"] == "ShortNamesConflict"
