"""Answers that differed from a real apiserver's when the same requests went to both."""

from __future__ import annotations

from typing import Any

import pytest
from tests.devcluster.conftest import CONFIGMAPS, CRD, Api, config_map, gadget_crd

NAMESPACES = "/api/v1/namespaces"
STRATEGIC = "application/strategic-merge-patch+json"


def _apply(data: dict[str, str] | None, name: str = "shared") -> dict[str, Any]:
    body: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name},
    }
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
        answer = await api.apply(path, _apply({manager: "1"}, "owned"), manager)
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


async def test_values_of_typed_fields_get_their_usual_form(api: Api) -> None:
    lease = {"metadata": {"name": "l"}, "spec": {"renewTime": "2024-01-01T01:00:00.500000+01:00"}}  # fmt: skip
    path = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
    made = await api.post(path, lease)
    assert made.body["spec"]["renewTime"] == "2024-01-01T00:00:00.500000Z"
    quota = {"metadata": {"name": "q"}, "spec": {"hard": {"cpu": "1000m", "memory": "1024Mi"}}}  # fmt: skip
    made = await api.post("/api/v1/namespaces/default/resourcequotas", quota)
    assert made.body["spec"]["hard"] == {"cpu": "1", "memory": "1Gi"}


@pytest.mark.parametrize(
    ("path", "fields", "message"),
    [
        (CONFIGMAPS, {"binaryData": {"a": "not base64"}}, "illegal base64 data at input byte 3"),
        ("/apis/coordination.k8s.io/v1/namespaces/default/leases", {"spec": {"renewTime": "2024-01-01T00:00:00.5Z"}},
         'cannot parse ".5Z" as ".000000"'),
        ("/api/v1/namespaces/default/resourcequotas", {"spec": {"hard": {"cpu": "many"}}}, "quantities must match"),
    ],
)  # fmt: skip
async def test_text_that_a_typed_field_cannot_hold_is_400(
    api: Api, path: str, fields: dict[str, Any], message: str
) -> None:
    answer = await api.post(path, {"metadata": {"name": "x"}, **fields})
    assert answer.status == 400
    assert message in answer.body["message"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": }', "invalid character '}' looking for beginning of value"),
        ('{"a": 1', "unexpected end of JSON input"),
        ('{"a" 1}', "invalid character '1' after object key"),
        ('{"a": 1 "b"}', "invalid character '\"' after object key:value pair"),
        ("{a: 1}", "invalid character 'a' looking for beginning of object key string"),
        ("[1 2]", "invalid character '2' after array element"),
        ("tru", "unexpected end of JSON input"),
        ("trux", "invalid character 'x' in literal true (expecting 'e')"),
        ('{"a": 1} x', "invalid character 'x' after top-level value"),
        (r'"\x"', "invalid character 'x' in string escape code"),
        ('"\n"', r"invalid character '\n' in string literal"),
        ("-a", "invalid character 'a' in numeric literal"),
    ],
)
async def test_what_is_no_json_is_said_in_the_usual_words(
    api: Api, text: str, message: str
) -> None:
    answer = await api.ask("POST", CONFIGMAPS, text.encode())
    assert answer.status == 400
    assert answer.body["message"].endswith(f"json parse error: {message}")


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ([{"name": "b"}], ["a", "b", "c"]),
        ([{"name": "n"}], ["n", "a", "b", "c"]),
        ([{"name": "c"}, {"name": "a"}], ["b", "c", "a"]),
    ],
)
async def test_items_of_a_strategic_patch_come_in_its_order(
    api: Api, change: list[dict[str, str]], shown: list[str]
) -> None:
    path = "/apis/apps/v1/namespaces/default/deployments"
    pods = {
        "metadata": {"labels": {"app": "a"}},
        "spec": {"containers": [{"name": name, "image": "i"} for name in "abc"]},
    }
    spec = {"selector": {"matchLabels": {"app": "a"}}, "template": pods}
    made = await api.post(path, {"metadata": {"name": "d"}, "spec": spec})
    assert made.body["spec"]["template"]["metadata"]["creationTimestamp"] is None
    containers = [{**item, "image": "j"} for item in change]
    body = {"spec": {"template": {"spec": {"containers": containers}}}}
    answer = await api.ask("PATCH", f"{path}/d", body, media=STRATEGIC)
    found = answer.body["spec"]["template"]["spec"]["containers"]
    assert [item["name"] for item in found] == shown


async def test_a_strategic_patch_of_a_missing_map(api: Api) -> None:
    await api.post(CONFIGMAPS, {"metadata": {"name": "none"}})
    body = {"data": {"$patch": "replace", "b": "9"}}
    answer = await api.ask("PATCH", f"{CONFIGMAPS}/none", body, media=STRATEGIC)
    assert (answer.status, "data" in answer.body) == (200, False)


async def test_a_json_patch_may_replace_a_field_that_is_missing(api: Api) -> None:
    await api.post(CONFIGMAPS, {"metadata": {"name": "p"}})
    operations = [{"op": "replace", "path": "/data", "value": {"a": "1"}}]
    media = "application/json-patch+json"
    answer = await api.ask("PATCH", f"{CONFIGMAPS}/p", operations, media=media)
    assert answer.body["data"] == {"a": "1"}


async def test_roles_without_rules_have_null(api: Api) -> None:
    path = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles"
    bodies: list[dict[str, Any]] = [{}, {"rules": []}]
    for index, body in enumerate(bodies):
        made = await api.post(path, {"metadata": {"name": f"r{index}"}, **body})
        assert made.body["rules"] is None
        assert ("managedFields" in made.body["metadata"]) == bool(body)


async def test_events_have_the_fields_that_are_not_set(api: Api) -> None:
    event = {"metadata": {"name": "e"}, "involvedObject": {"namespace": "default"}}
    made = (await api.post("/api/v1/namespaces/default/events", event)).body
    assert made["eventTime"] is None
    assert (made["source"], made["reportingComponent"]) == ({}, "")


async def test_the_status_of_a_namespace_takes_labels_too(api: Api) -> None:
    change = {"metadata": {"labels": {"team": "a"}}, "status": {"phase": "Active"}}
    answer = await api.merge(f"{NAMESPACES}/default/status", change)
    assert answer.body["metadata"]["labels"]["team"] == "a"


async def test_services_are_made_by_put_and_come_back_when_deleted(api: Api) -> None:
    path = "/api/v1/namespaces/default/services/s"
    spec = {"ports": [{"port": 80}], "selector": {"app": "a"}}
    assert (
        await api.put(path, {"metadata": {"name": "s"}, "spec": spec})
    ).status == 201
    gone = await api.delete(path)
    assert (gone.body["kind"], gone.body["metadata"]["name"]) == ("Service", "s")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"ports": [{"port": 0}]}, "spec.ports[0].port"),
        ({"ports": [{"port": 80}, {"port": 81}]}, "spec.ports[0].name"),
        ({"ports": [{"port": 80, "protocol": "X"}]}, "spec.ports[0].protocol"),
        ({}, "spec.ports"),
    ],
)
async def test_services_are_checked(
    api: Api, fields: dict[str, Any], field: str
) -> None:
    body = {"metadata": {"name": "s"}, "spec": fields}
    answer = await api.post("/api/v1/namespaces/default/services", body)
    assert answer.body["details"]["causes"][0]["field"] == field


async def test_an_apply_that_changes_nothing_has_no_time(api: Api) -> None:
    await api.post(CONFIGMAPS, config_map("same", a="1"))
    answer = await api.apply(f"{CONFIGMAPS}/same", _apply({"a": "1"}, "same"), "second")
    (first, _) = answer.body["metadata"]["managedFields"]
    assert (first["manager"], "time" in first) == ("second", False)
    missing = await api.apply(
        f"{CONFIGMAPS}/new", {"apiVersion": "v1", "kind": "ConfigMap"}, "second"
    )
    assert "name must be provided" in missing.body["message"]


async def test_applied_list_items_stand_in_the_order_of_who_applies(
    gadgets: Api,
) -> None:
    path = "/apis/demo.dev/v1/namespaces/default/gadgets/g"

    async def apply(manager: str, *names: str) -> list[str]:
        body = {
            "apiVersion": "demo.dev/v1",
            "kind": "Gadget",
            "metadata": {"name": "g"},
            "spec": {"color": "red", "ports": [{"name": name} for name in names]},
        }
        answer = await gadgets.apply(path, body, manager)
        return [port["name"] for port in answer.body["spec"]["ports"]]

    await apply("first", "a", "b", "c")
    assert await apply("second", "c", "n", "a") == ["b", "c", "n", "a"]


async def test_a_definitions_lists_say_that_they_are_whole(gadgets: Api) -> None:
    path = "/apis/demo.dev/v1/namespaces/default/gadgets"
    assert (await gadgets.get(path)).body["metadata"]["continue"] == ""
    partial = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
    empty = await gadgets.ask("GET", path, headers={"Accept": partial})
    assert empty.body["items"] is None


async def test_other_names_of_finalizers_and_fractions_of_replicas(
    gadgets: Api,
) -> None:
    path = "/apis/demo.dev/v1/namespaces/default/gadgets"
    body: dict[str, Any] = {
        "apiVersion": "demo.dev/v1",
        "kind": "Gadget",
        "metadata": {"name": "g", "finalizers": ["plain"]},
        "spec": {"color": "red"},
    }
    made = await gadgets.post(path, body)
    assert made.status == 201
    assert "prefer a domain-qualified finalizer name" in made.headers["Warning"]
    body["spec"] = {"color": "red", "replicas": 2.5}
    refused = await gadgets.post(path, {**body, "metadata": {"name": "h"}})
    assert ".spec.replicas accessor error: 2.5 is of the type float64" in refused.text


async def test_what_else_is_said_of_names_kinds_and_affinity(api: Api) -> None:
    taken = {"metadata": {"name": "a", "generateName": "b-"}}
    await api.post(CONFIGMAPS, taken)
    refused = await api.post(CONFIGMAPS, taken)
    assert refused.body["message"].endswith("not able to generate a unique name for the object")  # fmt: skip
    roles = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles"
    await api.post(roles, {"metadata": {"name": "r"}})
    kept = await api.delete(f"{roles}/r", {"preconditions": {"uid": "other"}})
    assert 'Role.rbac.authorization.k8s.io "r"' in kept.body["message"]
    path = "/api/v1/namespaces/default/services"
    spec = {"ports": [{"port": 80}], "sessionAffinity": "ClientIP"}
    made = await api.post(path, {"metadata": {"name": "s"}, "spec": spec})
    assert made.body["spec"]["sessionAffinityConfig"] == {"clientIP": {"timeoutSeconds": 10800}}  # fmt: skip
    none = await api.merge(f"{path}/s", {"spec": {"sessionAffinity": "None"}})
    assert "sessionAffinityConfig" not in none.body["spec"]


async def test_what_is_not_there_is_not_made_under_a_uid_of_the_clients(
    api: Api,
) -> None:
    path = "/apis/coordination.k8s.io/v1/namespaces/default/leases/l"
    refused = await api.put(path, {"metadata": {"name": "l", "uid": "u"}})
    assert refused.status == 409
    assert refused.body["message"].endswith(
        "UID in precondition: u, UID in object meta: "
    )
    assert (await api.get(path)).status == 404
    assert (await api.put(path, {"metadata": {"name": "l"}})).status == 201
