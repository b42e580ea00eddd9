"""Single requirements that no other test shows; must_rows.yaml names them."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from tests.devcluster.conftest import (
    CONFIGMAPS,
    GADGETS,
    RBAC,
    Api,
    asking,
    config_map,
    gadget,
)

from fairlead.devcluster import Clock, DevCluster

LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases"


async def test_anonymous_users_see_health_and_version_only(api: Api) -> None:
    anonymous = api.as_user("")
    assert (await anonymous.get("/version")).status == 200
    refused = await anonymous.get("/api")
    assert refused.status == 403
    assert 'User "system:anonymous" cannot get path "/api"' in refused.body["message"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [("1", "watch"), ("yes", "watch"), ("0", "list"), ("false", "list"), ("", "list")],
)
async def test_what_makes_a_list_a_watch(api: Api, text: str, kind: str) -> None:
    await api.post(CONFIGMAPS, config_map("a"))
    answer = await api.get(CONFIGMAPS, watch=text, timeoutSeconds="1")
    first = json.loads(answer.text.partition("\n")[0])
    assert ("type" in first) == (kind == "watch")
    one = await api.get(f"{CONFIGMAPS}/a", watch="true")
    assert one.body["kind"] == "ConfigMap"


async def test_unknown_parameters_trailing_slashes_and_other_methods(api: Api) -> None:
    assert (await api.get(CONFIGMAPS, foo="bar")).status == 200
    assert (await api.get(f"{CONFIGMAPS}/")).status == 200
    for method in ("HEAD", "OPTIONS"):
        assert (await api.ask(method, CONFIGMAPS)).status == 405


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("//api/v1/namespaces", 404),
        ("/api//v1/namespaces", 404),
        ("/api/v1//namespaces/default", 404),
        ("/apis//apps", 404),
        ("/api/v1/namespaces//configmaps", 200),
        ("/api/v1/namespaces/default/configmaps//", 200),
    ],
)
async def test_slashes_with_nothing_between(api: Api, path: str, status: int) -> None:
    assert (await api.get(path)).status == status


async def test_a_patch_with_a_version_is_conditional(api: Api) -> None:
    await api.post(CONFIGMAPS, config_map("a"))
    stale = {"metadata": {"resourceVersion": "1"}, "data": {"a": "1"}}
    assert (await api.merge(f"{CONFIGMAPS}/a", stale)).status == 409


async def test_a_version_may_not_be_given_to_a_new_object(api: Api) -> None:
    body = {"metadata": {"name": "a", "resourceVersion": "7"}}
    refused = await api.post(CONFIGMAPS, body)
    assert refused.status == 400
    assert "should not be set on objects to be created" in refused.body["message"]


async def test_annotations_have_a_bound(api: Api) -> None:
    body = {"metadata": {"name": "a", "annotations": {"k": "x" * 262_144}}}
    refused = await api.post(CONFIGMAPS, body)
    assert refused.body["details"]["causes"][0]["field"] == "metadata.annotations"
    body["metadata"] = {"name": "a", "annotations": {"k": "x" * 262_143}}
    assert (await api.post(CONFIGMAPS, body)).status == 201


async def test_a_generated_name_yields_to_a_given_one(api: Api) -> None:
    made = await api.post(CONFIGMAPS, {"metadata": {"name": "a", "generateName": "b-"}})
    assert made.body["metadata"]["name"] == "a"


async def test_a_bug_is_a_500_and_not_a_closed_connection() -> None:
    broken = False

    def wall() -> float:
        return time.time() / (0 if broken else 1)

    async with DevCluster(clock=Clock(wall)) as cluster, asking(cluster) as api:
        broken = True
        answer = await api.post(CONFIGMAPS, config_map("a"))
        assert (answer.status, answer.body["reason"]) == (500, "InternalError")
        broken = False
        assert (await api.post(CONFIGMAPS, config_map("a"))).status == 201


@pytest.mark.parametrize(
    ("plural", "fields", "field"),
    [
        ("configmaps", {"data": {"k": "x" * 1_048_577}}, "[]"),
        ("secrets", {"data": {"k": "eHh4" * 349_526}}, "data"),
    ],
)
async def test_data_of_a_mebibyte_are_too_long(
    api: Api, plural: str, fields: dict[str, Any], field: str
) -> None:
    path = f"/api/v1/namespaces/default/{plural}"
    refused = await api.post(path, {"metadata": {"name": "big"}, **fields})
    (cause,) = refused.body["details"]["causes"]
    assert (refused.status, cause["field"]) == (422, field)


async def test_objects_have_a_bound(gadgets: Api) -> None:
    refused = await gadgets.post(GADGETS, gadget("g", note="x" * 1_600_000))
    assert refused.status == 413
    assert (await gadgets.get(f"{GADGETS}/g")).status == 404


async def test_the_first_roles_are_there(api: Api) -> None:
    names = ("cluster-admin", "admin", "edit", "view", "system:discovery", "system:basic-user", "system:public-info-viewer")  # fmt: skip
    for name in names:
        metadata = (await api.get(f"{RBAC}/clusterroles/{name}")).body["metadata"]
        assert metadata["labels"]["kubernetes.io/bootstrapping"] == "rbac-defaults"
        assert metadata["annotations"]["rbac.authorization.kubernetes.io/autoupdate"] == "true"  # fmt: skip


async def test_a_binding_to_a_missing_role_grants_nothing_until_there_is_one(
    api: Api,
) -> None:
    alice = api.as_user("alice-token")
    group = "rbac.authorization.k8s.io"
    binding = {
        "metadata": {"name": "b"},
        "roleRef": {"apiGroup": group, "kind": "Role", "name": "late"},
        "subjects": [{"kind": "User", "name": "alice", "apiGroup": group}],
    }
    roles = f"{RBAC}/namespaces/default"
    assert (await api.post(f"{roles}/rolebindings", binding)).status == 201
    assert (await alice.get(CONFIGMAPS)).status == 403
    rule = {"verbs": ["list"], "apiGroups": [""], "resources": ["configmaps"]}
    await api.post(f"{roles}/roles", {"metadata": {"name": "late"}, "rules": [rule]})
    assert (await alice.get(CONFIGMAPS)).status == 200  # on the connection that is open
    assert (await alice.delete(CONFIGMAPS)).status == 403


async def test_a_dry_run_needs_the_rights_of_the_deed(api: Api) -> None:
    alice = api.as_user("alice-token")
    refused = await alice.post(CONFIGMAPS, config_map("a"), dryRun="All")
    assert refused.status == 403


async def test_leases_count_microseconds_and_are_made_by_put(api: Api) -> None:
    body = {"metadata": {"name": "l"}, "spec": {"renewTime": "2024-01-01T00:00:00.000001Z"}}  # fmt: skip
    made = await api.put(f"{LEASES}/l", body)
    assert made.status == 201
    assert made.body["spec"]["renewTime"] == "2024-01-01T00:00:00.000001Z"


async def test_a_write_is_in_its_own_watch_when_it_is_answered(api: Api) -> None:
    begun = (await api.get(CONFIGMAPS)).body["metadata"]["resourceVersion"]
    await api.post(CONFIGMAPS, config_map("a"))
    events = api.watch(CONFIGMAPS, resourceVersion=begun, timeoutSeconds="1")
    assert [event["type"] async for event in events] == ["ADDED"]


async def test_what_curl_gets_is_indented(api: Api, cluster: DevCluster) -> None:
    assert cluster.url
    curl = {"User-Agent": "curl/8.0"}
    shown = await api.ask("GET", "/api/v1/namespaces/default", headers=curl)
    assert shown.text.startswith('{\n  "kind"')
    plain = await api.ask(
        "GET", "/api/v1/namespaces/default", headers=curl, params={"pretty": "0"}
    )
    assert "\n" not in plain.text
