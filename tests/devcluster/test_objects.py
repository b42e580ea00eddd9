"""Create, read, update: the shape of objects and of refusals."""

from __future__ import annotations

import re

from tests.devcluster.conftest import CONFIGMAPS, GADGETS, Api, config_map, gadget


async def test_a_created_object_has_its_identity(api: Api) -> None:
    answer = await api.post(CONFIGMAPS, config_map("a", v="1"))
    metadata = answer.body["metadata"]
    assert answer.status == 201
    assert len(metadata["uid"]) == 36
    assert int(metadata["resourceVersion"]) > 0
    assert re.fullmatch(r"20..-..-..T..:..:..Z", metadata["creationTimestamp"])
    assert metadata["namespace"] == "default"
    assert metadata["managedFields"][0]["fieldsV1"] == {"f:data": {".": {}, "f:v": {}}}


async def test_versions_increase_across_kinds(api: Api) -> None:
    first = await api.post(CONFIGMAPS, config_map("a"))
    second = await api.post(
        "/api/v1/namespaces/default/secrets", {"metadata": {"name": "b"}}
    )
    numbers = [
        int(answer.body["metadata"]["resourceVersion"]) for answer in (first, second)
    ]
    assert numbers[0] < numbers[1]


async def test_missing_and_taken_names_are_told_apart(api: Api) -> None:
    missing = await api.get(f"{CONFIGMAPS}/zz")
    assert missing.body == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": 'configmaps "zz" not found',
        "reason": "NotFound",
        "details": {"name": "zz", "kind": "configmaps"},
        "code": 404,
    }
    await api.post(CONFIGMAPS, config_map("a"))
    taken = await api.post(CONFIGMAPS, config_map("a"))
    assert (taken.status, taken.body["reason"]) == (409, "AlreadyExists")


async def test_invalid_names_are_refused_with_the_field(api: Api) -> None:
    bad = await api.post(CONFIGMAPS, config_map("Bad_Name"))
    assert (bad.status, bad.body["details"]["causes"][0]["field"]) == (
        422,
        "metadata.name",
    )
    none = await api.post(CONFIGMAPS, {"metadata": {}})
    assert none.body["details"]["causes"][0]["reason"] == "FieldValueRequired"


async def test_generated_names_have_five_letters(api: Api) -> None:
    answer = await api.post(CONFIGMAPS, {"metadata": {"generateName": "gen-"}})
    assert re.fullmatch(
        r"gen-[bcdfghjklmnpqrstvwxz2456789]{5}", answer.body["metadata"]["name"]
    )


async def test_bodies_of_the_wrong_kind_or_form_are_refused(api: Api) -> None:
    assert (
        await api.post(CONFIGMAPS, {**config_map("a"), "kind": "Secret"})
    ).status == 400
    assert (await api.ask("POST", CONFIGMAPS, b"{bad")).status == 400
    assert (await api.ask("POST", CONFIGMAPS, b"")).status == 400
    assert (
        await api.ask("POST", CONFIGMAPS, b"hello", media="text/plain")
    ).status == 415
    wrong = await api.post(CONFIGMAPS, {"metadata": {"name": "a"}, "data": {"a": 1}})
    assert (
        "cannot unmarshal number into Go struct field ConfigMap.data of type string"
        in wrong.text
    )


async def test_yaml_bodies_are_accepted(api: Api) -> None:
    body = b"metadata: {name: y}\ndata: {a: b}\n"
    assert (
        await api.ask("POST", CONFIGMAPS, body, media="application/yaml")
    ).status == 201


async def test_another_namespace_in_the_body_is_refused(api: Api) -> None:
    body = {"metadata": {"name": "a", "namespace": "kube-system"}}
    answer = await api.post(CONFIGMAPS, body)
    assert answer.body["message"].startswith(
        "the namespace of the provided object does not match"
    )


async def test_a_missing_namespace_lists_empty_and_creates_404(api: Api) -> None:
    listed = await api.get("/api/v1/namespaces/nope/configmaps")
    assert (listed.status, listed.body["items"]) == (200, [])
    created = await api.post("/api/v1/namespaces/nope/configmaps", config_map("a"))
    assert created.body["message"] == 'namespaces "nope" not found'


async def test_an_update_of_an_old_version_conflicts(api: Api) -> None:
    old = (await api.post(CONFIGMAPS, config_map("a", v="1"))).body
    assert (await api.put(f"{CONFIGMAPS}/a", {**old, "data": {"v": "2"}})).status == 200
    late = await api.put(f"{CONFIGMAPS}/a", {**old, "data": {"v": "3"}})
    assert (late.status, late.body["reason"]) == (409, "Conflict")
    assert (await api.put(f"{CONFIGMAPS}/a", config_map("a", v="4"))).body["data"] == {
        "v": "4"
    }


async def test_custom_resources_need_a_version_to_be_replaced(gadgets: Api) -> None:
    await gadgets.post(GADGETS, gadget("a"))
    answer = await gadgets.put(f"{GADGETS}/a", gadget("a"))
    assert (answer.status, answer.body["details"]["causes"][0]["field"]) == (
        422,
        "metadata.resourceVersion",
    )


async def test_some_kinds_are_created_by_put(api: Api) -> None:
    lease = "/apis/coordination.k8s.io/v1/namespaces/default/leases/l"
    body = {"metadata": {"name": "l"}, "spec": {"holderIdentity": "me"}}
    assert (await api.put(lease, body)).status == 201
    assert (await api.put(f"{CONFIGMAPS}/none", config_map("none"))).status == 404


async def test_an_unchanged_write_keeps_the_version(api: Api) -> None:
    before = (await api.post(CONFIGMAPS, config_map("a", v="1"))).body
    after = (await api.merge(f"{CONFIGMAPS}/a", {"data": {"v": "1"}})).body
    assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


async def test_dry_run_stores_nothing(api: Api) -> None:
    created = await api.post(CONFIGMAPS, config_map("a"), dryRun="All")
    assert (created.status, "resourceVersion" in created.body["metadata"]) == (
        201,
        False,
    )
    assert (await api.get(f"{CONFIGMAPS}/a")).status == 404
    assert (await api.post(CONFIGMAPS, config_map("a"), dryRun="Some")).status == 422


async def test_unknown_fields_warn_fail_or_pass(api: Api) -> None:
    body = {"metadata": {"name": "a"}, "dataa": {}}
    warned = await api.post(CONFIGMAPS, body, dryRun="All")
    assert warned.headers["Warning"] == '299 - "unknown field \\"dataa\\""'
    strict = await api.post(CONFIGMAPS, body, dryRun="All", fieldValidation="Strict")
    assert 'strict decoding error: unknown field "dataa"' in strict.body["message"]
    silent = await api.post(CONFIGMAPS, body, dryRun="All", fieldValidation="Ignore")
    assert "Warning" not in silent.headers


async def test_repeated_keys_are_reported(api: Api) -> None:
    body = b'{"metadata":{"name":"a"},"data":{"a":"1","a":"2"}}'
    answer = await api.ask(
        "POST", CONFIGMAPS, body, params={"fieldValidation": "Strict"}
    )
    assert 'duplicate field "data.a"' in answer.body["message"]


async def test_secrets_take_plain_strings_and_stay_immutable(api: Api) -> None:
    secrets = "/api/v1/namespaces/default/secrets"
    body = {"metadata": {"name": "s"}, "stringData": {"a": "b"}, "immutable": True}
    created = await api.post(secrets, body)
    assert (created.body["data"], created.body["type"]) == ({"a": "Yg=="}, "Opaque")
    assert (await api.merge(f"{secrets}/s", {"data": {"a": "Yw=="}})).status == 422


async def test_large_bodies_are_refused_at_the_bound(api: Api) -> None:
    huge = await api.ask("POST", CONFIGMAPS, b"x" * (3 * 1024 * 1024 + 1))
    assert (huge.status, huge.body["message"]) == (
        413,
        "Request entity too large: limit is 3145728",
    )
    big = await api.post(CONFIGMAPS, config_map("a", v="x" * (1024 * 1024 + 1)))
    assert big.status == 422


async def test_methods_that_do_not_fit_are_405(api: Api) -> None:
    assert (await api.post(f"{CONFIGMAPS}/a", {})).status == 405
    assert (await api.put(CONFIGMAPS, {})).status == 405
    assert (await api.post("/api/v1/configmaps", config_map("a"))).status == 405
    assert (await api.delete("/api/v1/namespaces")).status == 405


async def test_unknown_paths_and_resources_are_404(api: Api) -> None:
    assert (await api.get("/apis/nope.io/v1/foos")).text == "404 page not found\n"
    known_group = await api.get("/api/v1/foos")
    assert (
        known_group.body["message"]
        == "the server could not find the requested resource"
    )


async def test_events_have_one_storage_and_two_spellings(api: Api) -> None:
    core = "/api/v1/namespaces/default/events"
    new = "/apis/events.k8s.io/v1/namespaces/default/events"
    body = {
        "metadata": {"name": "e"},
        "involvedObject": {"kind": "Pod", "name": "p", "namespace": "default"},
        "message": "hello",
        "source": {"component": "me"},
    }
    assert (await api.post(core, body)).status == 201
    shown = (await api.get(f"{new}/e")).body
    assert (shown["note"], shown["regarding"]["name"]) == ("hello", "p")
    found = await api.get(core, fieldSelector="involvedObject.name=p,source=me")
    assert [item["metadata"]["name"] for item in found.body["items"]] == ["e"]


async def test_nulls_are_what_go_makes_of_them(api: Api) -> None:
    pods = "/api/v1/namespaces/default/pods"
    body = {
        "metadata": {"name": "p", "labels": {"a": None}},
        "spec": {"containers": [None]},
    }
    answer = await api.post(pods, body)
    assert answer.body["details"]["causes"][0]["field"] == "spec.containers[0].name"
    made = await api.post(
        CONFIGMAPS, {"metadata": {"name": "c"}, "data": {"a": None, "b": "1"}}
    )
    assert made.body["data"] == {"a": "", "b": "1"}


async def test_namespaces_need_a_name(api: Api) -> None:
    answer = await api.post("/api/v1/namespaces", {})
    assert (answer.status, answer.body["reason"]) == (422, "Invalid")
