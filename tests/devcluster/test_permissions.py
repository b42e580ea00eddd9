"""Who may do what: tokens, roles, reviews, impersonation, escalation."""

from __future__ import annotations

from typing import Any

import pytest
from tests.devcluster.conftest import CONFIGMAPS, RBAC, Api, config_map
from tests.devcluster.waiting import wait_until

from fairlead.devcluster.rbac import Attributes, rule_allows

ROLES = f"{RBAC}/namespaces/default/roles"
BINDINGS = f"{RBAC}/namespaces/default/rolebindings"
SECRETS = "/api/v1/namespaces/default/secrets"
SSAR = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


async def _grant(api: Api, name: str, subject: dict[str, str], **rule: Any) -> None:
    rules = [{"apiGroups": [""], **rule}]
    assert (
        await api.post(ROLES, {"metadata": {"name": name}, "rules": rules})
    ).status == 201
    body = {
        "metadata": {"name": name},
        "roleRef": {"kind": "Role", "name": name},
        "subjects": [subject],
    }
    assert (await api.post(BINDINGS, body)).status == 201


ALICE = {"kind": "User", "name": "alice"}
DEVS = {"kind": "Group", "name": "devs"}


async def test_tokens_decide_who_asks(api: Api) -> None:
    assert (await api.as_user("nope").get(CONFIGMAPS)).body == {
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "Unauthorized", "reason": "Unauthorized", "code": 401,
    }  # fmt: skip
    assert (await api.as_user("").get("/version")).status == 200
    anonymous = await api.as_user("").get("/api")
    assert (
        anonymous.body["message"]
        == 'forbidden: User "system:anonymous" cannot get path "/api"'
    )


async def test_nothing_is_allowed_without_a_binding(api: Api) -> None:
    alice = api.as_user("alice-token")
    denied = await alice.get(CONFIGMAPS)
    assert denied.body["message"] == (
        'configmaps is forbidden: User "alice" cannot list resource "configmaps" in API '
        'group "" in the namespace "default"'
    )
    assert (await alice.get("/api")).status == 200
    assert (await alice.get("/nope")).status == 403


async def test_a_role_allows_exactly_its_verbs(api: Api) -> None:
    alice = api.as_user("alice-token")
    await api.post(CONFIGMAPS, config_map("a"))
    await _grant(api, "read", DEVS, verbs=["get", "list"], resources=["configmaps"])
    answers = [
        (await alice.get(CONFIGMAPS)).status,
        (await alice.get(f"{CONFIGMAPS}/a")).status,
        (await alice.get(CONFIGMAPS, watch="true")).status,
        (await alice.get("/api/v1/configmaps")).status,
        (await alice.delete(f"{CONFIGMAPS}/a")).status,
        (await alice.delete(CONFIGMAPS)).status,
        (await alice.post(CONFIGMAPS, config_map("b"), dryRun="All")).status,
    ]
    assert answers == [200, 200, 403, 403, 403, 403, 403]


async def test_resource_names_match_single_objects(api: Api) -> None:
    alice = api.as_user("alice-token")
    await api.post(SECRETS, {"metadata": {"name": "s1"}})
    await _grant(
        api,
        "one",
        ALICE,
        verbs=["get", "list"],
        resources=["secrets"],
        resourceNames=["s1"],
    )
    assert (await alice.get(f"{SECRETS}/s1")).status == 200
    assert (await alice.get(f"{SECRETS}/s2")).status == 403
    assert (await alice.get(SECRETS)).status == 403
    assert (await alice.get(SECRETS, fieldSelector="metadata.name=s1")).status == 200


@pytest.mark.parametrize(
    ("resources", "subresource", "allowed"),
    [
        (["pods"], "log", False),
        (["pods/log"], "log", True),
        (["*/log"], "log", True),
        (["*"], "log", True),
        (["pods/log"], "", False),
    ],
)
def test_subresources_are_named_on_their_own(
    resources: list[str], subresource: str, allowed: bool
) -> None:
    rule = {"verbs": ["get"], "apiGroups": [""], "resources": resources}
    assert (
        rule_allows(rule, Attributes("get", "", "pods", subresource, "n", "p"))
        is allowed
    )


async def test_apply_that_creates_needs_both_verbs(api: Api) -> None:
    await _grant(api, "patch", ALICE, verbs=["patch"], resources=["configmaps"])
    alice = api.as_user("alice-token")
    answer = await alice.apply(f"{CONFIGMAPS}/new", config_map("new"), "m")
    assert "cannot create resource" in answer.body["message"]


async def test_self_reviews(api: Api) -> None:
    await _grant(api, "read", ALICE, verbs=["get"], resources=["configmaps"])
    alice = api.as_user("alice-token")
    wanted = {"namespace": "default", "verb": "get", "resource": "configmaps"}
    yes = await alice.post(SSAR, {"spec": {"resourceAttributes": wanted}})
    assert yes.status == 201
    assert yes.body["status"] == {
        "allowed": True,
        "reason": 'RBAC: allowed by RoleBinding "read/default" of Role "read" to User "alice"',
    }
    no = await alice.post(
        SSAR, {"spec": {"resourceAttributes": {**wanted, "verb": "delete"}}}
    )
    assert no.body["status"] == {"allowed": False}
    assert (await alice.post(SSAR, {"spec": {}})).status == 422
    rules = await alice.post(
        "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
        {"spec": {"namespace": "default"}},
    )
    assert {
        "verbs": ["get"],
        "apiGroups": [""],
        "resources": ["configmaps"],
    } in rules.body["status"]["resourceRules"]
    me = await alice.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", {})
    assert me.body["status"]["userInfo"]["groups"] == ["devs", "system:authenticated"]


async def test_reviews_of_others_need_permission(api: Api) -> None:
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    spec = {"user": "alice", "resourceAttributes": {"verb": "get", "resource": "pods"}}
    assert (await api.post(path, {"spec": spec})).body["status"] == {"allowed": False}
    assert (await api.as_user("alice-token").post(path, {"spec": spec})).status == 403
    local = "/apis/authorization.k8s.io/v1/namespaces/default/localsubjectaccessreviews"
    assert (await api.post(local, {"spec": spec})).status == 422
    review = "/apis/authentication.k8s.io/v1/tokenreviews"
    good = await api.post(review, {"spec": {"token": "bob-token"}})
    assert good.body["status"]["user"]["username"] == "bob"
    bad = await api.post(review, {"spec": {"token": "zzz"}})
    assert bad.body["status"] == {"user": {}, "error": "invalid bearer token"}


async def test_impersonation(api: Api) -> None:
    await _grant(api, "read", DEVS, verbs=["list"], resources=["configmaps"])
    as_x = {"Impersonate-User": "x", "Impersonate-Group": "devs"}
    assert (await api.ask("GET", CONFIGMAPS, headers=as_x)).status == 200
    assert (
        await api.ask("GET", CONFIGMAPS, headers={"Impersonate-User": "x"})
    ).status == 403
    refused = await api.as_user("alice-token").ask(
        "GET", CONFIGMAPS, headers={"Impersonate-User": "bob"}
    )
    assert refused.body["message"] == (
        'users "bob" is forbidden: User "alice" cannot impersonate resource "users" in '
        'API group "" at the cluster scope'
    )
    assert (
        await api.ask("GET", CONFIGMAPS, headers={"Impersonate-Group": "devs"})
    ).status == 400


async def test_nobody_grants_what_they_lack(api: Api) -> None:
    group = "rbac.authorization.k8s.io"
    rule = {
        "apiGroups": [group],
        "resources": ["roles", "rolebindings"],
        "verbs": ["create", "update"],
    }
    await _grant(api, "editor", ALICE, **rule)
    alice = api.as_user("alice-token")
    wanted = {"apiGroups": [""], "resources": ["pods"], "verbs": ["delete"]}
    refused = await alice.post(ROLES, {"metadata": {"name": "esc"}, "rules": [wanted]})
    assert refused.body["message"] == (
        'roles.rbac.authorization.k8s.io "esc" is forbidden: user "alice" (groups=["devs" '
        '"system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n'
        '{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}'
    )
    held = await alice.post(ROLES, {"metadata": {"name": "ok"}, "rules": [rule]})
    assert held.status == 201
    ref = {"kind": "ClusterRole", "name": "cluster-admin"}
    bound = await alice.post(
        BINDINGS, {"metadata": {"name": "b"}, "roleRef": ref, "subjects": [ALICE]}
    )
    assert bound.status == 403


async def test_roles_are_checked_and_refs_stay(api: Api) -> None:
    await _grant(api, "read", ALICE, verbs=["get"], resources=["pods"])
    changed = (await api.get(f"{BINDINGS}/read")).body
    changed["roleRef"]["name"] = "other"
    assert (
        "cannot change roleRef"
        in (await api.put(f"{BINDINGS}/read", changed)).body["message"]
    )
    urls = [{"verbs": ["get"], "nonResourceURLs": ["/metrics"]}]
    assert (
        await api.post(ROLES, {"metadata": {"name": "u"}, "rules": urls})
    ).status == 422
    assert (
        await api.post(ROLES, {"metadata": {"name": "v"}, "rules": [{}]})
    ).status == 422


async def test_aggregated_roles_collect_rules(api: Api) -> None:
    roles = f"{RBAC}/clusterroles"
    selector = {"matchLabels": {"to": "x"}}
    await api.post(
        roles,
        {
            "metadata": {"name": "agg"},
            "aggregationRule": {"clusterRoleSelectors": [selector]},
        },
    )
    rule = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}
    await api.post(
        roles, {"metadata": {"name": "part", "labels": {"to": "x"}}, "rules": [rule]}
    )

    async def collected() -> bool:
        return bool((await api.get(f"{roles}/agg")).body["rules"] == [rule])

    await wait_until(collected)
    view = (await api.get(f"{roles}/view")).body["rules"]
    assert not any("secrets" in rule.get("resources", ()) for rule in view)


async def test_service_account_tokens(api: Api) -> None:
    accounts = "/api/v1/namespaces/default/serviceaccounts"
    await api.post(accounts, {"metadata": {"name": "robot"}})
    path = f"{accounts}/robot/token"
    short = await api.post(path, {"spec": {"expirationSeconds": 60}})
    assert "may not specify a duration less than 10 minutes" in short.body["message"]
    token = (await api.post(path, {"spec": {"expirationSeconds": 600}})).body["status"][
        "token"
    ]
    robot = api.as_user(token)
    me = await robot.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", {})
    info = me.body["status"]["userInfo"]
    assert info["username"] == "system:serviceaccount:default:robot"
    assert "system:serviceaccounts:default" in info["groups"]
    assert (await api.as_user(f"{token[:-2]}xx").get("/api")).status == 401
    await api.delete(f"{accounts}/robot")
    assert (await robot.get("/api")).status == 401


async def test_other_host_names_are_refused(api: Api) -> None:
    answer = await api.ask("GET", "/version", headers={"Host": "evil.example"})
    assert answer.status == 421
