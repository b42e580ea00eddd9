"""The local engine: roles and bindings from YAML and SQLite, without a cluster."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from fairlead import (
    Context,
    DefinitionError,
    Request,
    Router,
    Services,
    TRPCError,
    User,
    create_caller,
    query,
)
from fairlead.access import Authorizer, Kind, ResourceAttributes, can
from fairlead.access.local import LocalAuthorizer
from fairlead.access.objects import parse_object
from fairlead.access.rbac import RbacPolicy
from fairlead.access.sources import SqlSource, YamlSource

INVOICES = Kind(group="billing.example.com", plural="invoices")

ROLES = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: accountant}
rules:
  - {apiGroups: [billing.example.com], resources: [invoices], verbs: [get, list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: accountants, namespace: berlin}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: accountant}
subjects:
  - {apiGroup: rbac.authorization.k8s.io, kind: Group, name: accounting}
"""

GRANTER = """
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: granter}
rules:
  - {apiGroups: [rbac.authorization.k8s.io], resources: [rolebindings], verbs: ["*"]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: granters}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: granter}
subjects:
  - {apiGroup: rbac.authorization.k8s.io, kind: User, name: olga}
"""

ANN = User(name="ann", groups=("accounting",))
BOB = User(name="bob")


class App(Router[Context]):
    @query(access=can("list", INVOICES))
    async def invoices(self, namespace: str | None = None) -> list[str]:
        return ["i-1"]


def call_as(engine: LocalAuthorizer, user: User) -> App:
    request = Request(user=user, services=Services(engine))
    return create_caller(App, Context(request=request))


def right(
    namespace: str | None = "berlin", verb: str = "list", **more: Any
) -> ResourceAttributes:
    return ResourceAttributes.of(INVOICES, verb, namespace=namespace, **more)


async def test_an_application_without_a_cluster_has_the_same_policies(
    tmp_path: Path,
) -> None:
    file = tmp_path / "roles.yaml"
    file.write_text(ROLES)
    engine = LocalAuthorizer(YamlSource(file))
    assert Services(engine).get(Authorizer) is engine  # type: ignore[type-abstract]
    assert await call_as(engine, ANN).invoices("berlin") == ["i-1"]
    for app, namespace in (
        (call_as(engine, ANN), "paris"),
        (call_as(engine, ANN), None),
        (call_as(engine, BOB), "berlin"),
    ):
        with pytest.raises(TRPCError) as caught:
            await app.invoices(namespace)
        assert caught.value.code == "FORBIDDEN"


async def test_a_denial_names_who_may_grant_the_right(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(ROLES)
    (tmp_path / "b.yml").write_text(GRANTER)
    engine = LocalAuthorizer(YamlSource(tmp_path))
    with pytest.raises(TRPCError) as caught:
        await call_as(engine, BOB).invoices("berlin")
    assert caught.value.message == (
        "You may not list invoices.billing.example.com in namespace berlin. "
        "To get that right, ask user olga"
    )
    told = LocalAuthorizer(
        YamlSource(tmp_path), contact=lambda right: f"#{right.namespace}"
    )
    with pytest.raises(TRPCError, match="ask #berlin"):
        await call_as(told, BOB).invoices("berlin")


async def test_changed_files_count_at_once_and_broken_ones_change_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "roles.yaml"
    file.write_text(ROLES)
    engine = LocalAuthorizer(YamlSource(file), check_seconds=0.01)
    request = Request(user=BOB)
    woken = asyncio.Event()
    stop = engine.on_change(request, woken.set)
    file.write_text(ROLES.replace("accounting}", "accounting }\n  - {kind: User, name: bob}"))  # fmt: skip
    async with asyncio.timeout(10):
        await woken.wait()
    assert (await engine.review(request, right())).allowed
    caplog.set_level(logging.ERROR, "fairlead.access")
    file.write_text("kind: [")
    async with asyncio.timeout(10):
        while "cannot be read" not in caplog.text:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert (await engine.review(request, right())).allowed
    stop()


async def test_roles_in_sqlite_are_changed_by_the_application_and_by_others(
    tmp_path: Path,
) -> None:
    ours, theirs = (SqlSource(tmp_path / "roles.sqlite") for _ in range(2))
    engine = LocalAuthorizer(ours, check_seconds=0)
    request = Request(user=BOB)
    assert not (await engine.review(request, right())).allowed
    role, binding = make_role("r"), make_binding("b", "r")
    ours.apply([role, binding])
    assert (await engine.review(request, right())).allowed
    assert theirs.delete("ClusterRoleBinding", "b")
    assert not theirs.delete("ClusterRoleBinding", "b")
    assert not (await engine.review(request, right())).allowed
    with pytest.raises(DefinitionError, match="unknown field `rulez`"):
        ours.apply([make_binding("b", "r"), {**make_role("x"), "rulez": []}])
    assert not (await engine.review(request, right())).allowed  # all, or none
    ours.close()
    theirs.close()


VERSION = "rbac.authorization.k8s.io/v1"


def make_role(name: str, kind: str = "ClusterRole", **more: Any) -> dict[str, Any]:
    rule = {"apiGroups": ["*"], "resources": ["invoices"], "verbs": ["list"]}
    metadata = {"name": name, **more.pop("metadata", {})}
    made = {
        "apiVersion": VERSION,
        "kind": kind,
        "metadata": metadata,
        "rules": [rule],
    }
    return made | more


def make_binding(name: str, role: str, kind: str = "ClusterRoleBinding", **more: Any) -> dict[str, Any]:  # fmt: skip
    return {
        "apiVersion": VERSION,
        "kind": kind,
        "metadata": {"name": name, **more.pop("metadata", {})},
        "roleRef": {"kind": more.pop("ref", "ClusterRole"), "name": role},
        "subjects": [{"kind": "User", "name": "bob"}],
    } | more


def allows(*documents: dict[str, Any], user: User = BOB, **wanted: Any) -> bool:
    policy = RbacPolicy(parse_object(document, "here") for document in documents)
    return policy.allows(user, right(**wanted))


def test_masters_may_do_everything_and_everybody_is_authenticated() -> None:
    master = User(name="m", groups=("system:masters",))
    assert allows(user=master, verb="anything", namespace=None)
    everybody = [{"kind": "Group", "name": "system:authenticated"}]
    assert allows(make_role("r"), make_binding("b", "r", subjects=everybody))


def test_a_service_account_is_of_the_bindings_namespace_unless_it_says_so() -> None:
    account = User(name="system:serviceaccount:berlin:robot")
    robot: dict[str, Any] = {"kind": "ServiceAccount", "name": "robot"}
    where = {"namespace": "berlin"}
    here = make_binding("b", "r", "RoleBinding", metadata=where, subjects=[robot])
    assert allows(make_role("r"), here, user=account)
    elsewhere = make_binding(
        "b", "r", "RoleBinding", metadata=where, subjects=[robot | {"namespace": "x"}]
    )
    assert not allows(make_role("r"), elsewhere, user=account)


def test_an_aggregated_role_has_the_rules_of_those_it_selects_also_in_a_circle() -> (
    None
):
    labels = {"labels": {"to": "all"}}
    selects = {"clusterRoleSelectors": [{"matchLabels": {"to": "all"}}]}
    whole = make_role("whole", metadata=labels, aggregationRule=selects, rules=[])
    part = make_role("part", metadata=labels)
    assert allows(whole, part, make_binding("b", "whole"))
    assert not allows(whole, make_binding("b", "whole"))


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({"kind": "Deployment"}, "no kind of access control"),
        (make_role("r", "Role"), "needs metadata.namespace"),
        (make_role("r", metadata={"namespace": "x"}), "leave out metadata.namespace"),
        (make_role("r", rules=[{"verb": ["get"]}]), "unknown field `verb`"),
        (make_role("r", rules=[{"verbs": "get"}]), "array"),
        (make_binding("b", "r", ref="Role"), "cannot give a Role"),
        (make_binding("b", "r", subjects=[{"kind": "ServiceAccount", "name": "x"}]), "needs its namespace"),
        (make_binding("b", "r", subjects=[{"kind": "Robot", "name": "x"}]), "Robot"),
    ],
)  # fmt: skip
def test_a_wrong_role_is_refused_and_says_what_is_wrong(
    document: dict[str, Any], problem: str
) -> None:
    with pytest.raises(DefinitionError, match=problem) as caught:
        parse_object(document, "roles.yaml, document 2")
    assert str(caught.value).startswith("roles.yaml, document 2: ")


def test_sources_say_what_they_cannot_read(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="no roles at"):
        LocalAuthorizer(YamlSource(tmp_path / "absent.yaml"))
    file = tmp_path / "x.yaml"
    file.write_text("- 1")
    with pytest.raises(DefinitionError, match="document 1 is no object"):
        LocalAuthorizer(YamlSource(file))
    file.write_text(ROLES + "\n---\n" + ROLES)
    with pytest.raises(DefinitionError, match="'accountant' is twice"):
        LocalAuthorizer(YamlSource(file))
