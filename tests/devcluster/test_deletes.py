"""Deletion: preconditions, finalizers, owners, namespaces, collections, pods."""

from __future__ import annotations

from typing import Any

from tests.devcluster.conftest import CONFIGMAPS, Api, config_map
from tests.devcluster.waiting import wait_until

HOLD = {"finalizers": ["demo.dev/hold"]}


async def _gone(api: Api, path: str) -> None:
    async def gone() -> bool:
        return (await api.get(path)).status == 404

    await wait_until(gone)


async def _owned(api: Api, owner: str, **metadata: Any) -> str:
    """Create an owner and a dependent; return the dependent's path."""
    uid = (await api.post(CONFIGMAPS, config_map(owner))).body["metadata"]["uid"]
    reference = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": owner,
        "uid": uid,
        "blockOwnerDeletion": True,
    }
    body = {
        "metadata": {"name": f"{owner}-dep", "ownerReferences": [reference], **metadata}
    }
    assert (await api.post(CONFIGMAPS, body)).status == 201
    return f"{CONFIGMAPS}/{owner}-dep"


async def test_delete_answers_with_the_uid(api: Api) -> None:
    uid = (await api.post(CONFIGMAPS, config_map("a"))).body["metadata"]["uid"]
    wrong = await api.delete(f"{CONFIGMAPS}/a", {"preconditions": {"uid": "nope"}})
    assert (wrong.status, wrong.body["reason"]) == (409, "Conflict")
    answer = await api.delete(f"{CONFIGMAPS}/a")
    assert answer.body["details"] == {"name": "a", "kind": "configmaps", "uid": uid}


async def test_finalizers_hold_an_object_until_they_are_removed(api: Api) -> None:
    path = f"{CONFIGMAPS}/a"
    await api.post(CONFIGMAPS, {"metadata": {"name": "a", **HOLD}})
    marked = (await api.delete(path)).body["metadata"]
    assert (len(marked["deletionTimestamp"]), marked["deletionGracePeriodSeconds"]) == (
        20,
        0,
    )
    again = (await api.delete(path)).body["metadata"]
    assert again["resourceVersion"] == marked["resourceVersion"]
    more = await api.merge(
        path, {"metadata": {"finalizers": ["demo.dev/hold", "demo.dev/x"]}}
    )
    assert more.status == 422
    await api.merge(path, {"metadata": {"finalizers": None}})
    assert (await api.get(path)).status == 404


async def test_dependents_follow_their_owner(api: Api) -> None:
    dependent = await _owned(api, "o")
    await api.delete(f"{CONFIGMAPS}/o")
    await _gone(api, dependent)


async def test_a_dependent_of_nobody_is_collected(api: Api) -> None:
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "none"}
    await api.post(
        CONFIGMAPS, {"metadata": {"name": "d", "ownerReferences": [reference]}}
    )
    await _gone(api, f"{CONFIGMAPS}/d")


async def test_orphans_stay_without_their_owner(api: Api) -> None:
    dependent = await _owned(api, "o")
    await api.delete(f"{CONFIGMAPS}/o", propagationPolicy="Orphan")
    await _gone(api, f"{CONFIGMAPS}/o")
    assert "ownerReferences" not in (await api.get(dependent)).body["metadata"]


async def test_foreground_deletion_waits_for_dependents(api: Api) -> None:
    dependent = await _owned(api, "o", **HOLD)
    answer = await api.delete(f"{CONFIGMAPS}/o", propagationPolicy="Foreground")
    assert answer.body["metadata"]["finalizers"] == ["foregroundDeletion"]

    async def leaving() -> bool:
        return "deletionTimestamp" in (await api.get(dependent)).body["metadata"]

    await wait_until(leaving)
    assert (await api.get(f"{CONFIGMAPS}/o")).status == 200
    await api.merge(dependent, {"metadata": {"finalizers": None}})
    await _gone(api, f"{CONFIGMAPS}/o")


async def test_owner_references_are_checked(api: Api) -> None:
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "x"}
    answer = await api.post(
        CONFIGMAPS, {"metadata": {"name": "d", "ownerReferences": [reference]}}
    )
    assert (
        answer.body["details"]["causes"][0]["field"] == "metadata.ownerReferences.uid"
    )


async def test_wrong_options_are_refused(api: Api) -> None:
    await api.post(CONFIGMAPS, config_map("a"))
    assert (await api.delete(f"{CONFIGMAPS}/a", propagationPolicy="Foo")).status == 422
    assert (
        await api.delete(f"{CONFIGMAPS}/a", {"gracePeriodSeconds": "x"})
    ).status == 400
    assert (await api.delete(f"{CONFIGMAPS}/a", dryRun="All")).status == 200
    assert (await api.get(f"{CONFIGMAPS}/a")).status == 200


async def test_collections_are_deleted_by_selector(api: Api) -> None:
    for number in range(3):
        labels = {"odd": str(number % 2)}
        await api.post(
            CONFIGMAPS, {"metadata": {"name": f"c{number}", "labels": labels}}
        )
    deleted = await api.delete(CONFIGMAPS, labelSelector="odd=0")
    assert [item["metadata"]["name"] for item in deleted.body["items"]] == ["c0", "c2"]
    left = await api.get(CONFIGMAPS, labelSelector="odd")
    assert [item["metadata"]["name"] for item in left.body["items"]] == ["c1"]


async def test_a_namespace_empties_itself_before_it_goes(api: Api) -> None:
    await api.post("/api/v1/namespaces", {"metadata": {"name": "n"}})
    inside = "/api/v1/namespaces/n/configmaps"
    await api.post(inside, {"metadata": {"name": "a", **HOLD}})
    marked = await api.delete("/api/v1/namespaces/n")
    assert marked.body["status"]["phase"] == "Terminating"
    refused = await api.post(inside, config_map("b"))
    assert refused.body["details"]["causes"][0]["reason"] == "NamespaceTerminating"

    async def explained() -> bool:
        status = (await api.get("/api/v1/namespaces/n")).body["status"]
        return any(
            "demo.dev/hold in 1" in item["message"]
            for item in status.get("conditions", ())
        )

    await wait_until(explained)
    await api.merge(f"{inside}/a", {"metadata": {"finalizers": None}})
    await _gone(api, "/api/v1/namespaces/n")


async def test_the_first_namespaces_may_not_go(api: Api) -> None:
    answer = await api.delete("/api/v1/namespaces/default")
    assert (
        answer.body["message"]
        == 'namespaces "default" is forbidden: this namespace may not be deleted'
    )


async def test_a_new_namespace_gets_its_account_and_certificate(api: Api) -> None:
    await api.post("/api/v1/namespaces", {"metadata": {"name": "n"}})

    async def provisioned() -> bool:
        account = await api.get("/api/v1/namespaces/n/serviceaccounts/default")
        root = await api.get("/api/v1/namespaces/n/configmaps/kube-root-ca.crt")
        return account.status == root.status == 200

    await wait_until(provisioned)


async def test_pods_leave_after_their_grace(api: Api) -> None:
    pods = "/api/v1/namespaces/default/pods"
    await api.post(
        pods,
        {
            "metadata": {"name": "p"},
            "spec": {"containers": [{"name": "c", "image": "i"}]},
        },
    )
    held = await api.delete(f"{pods}/p", gracePeriodSeconds="9" * 18, dryRun="All")
    assert held.status == 200
    answer = await api.delete(f"{pods}/p")
    assert answer.body["metadata"]["deletionGracePeriodSeconds"] == 30
    await _gone(api, f"{pods}/p")
