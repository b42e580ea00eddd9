"""The kept audit: what is found again, for whom, and its bounds."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from fairlead import (
    Context,
    Request,
    Router,
    Services,
    TRPCError,
    User,
    authenticated,
    create_caller,
    mutation,
)
from fairlead.access import Audit, AuditRecord
from fairlead.access.local import LocalAuthorizer
from fairlead.access.sources import YamlSource
from fairlead.access.store import AuditFilter, AuditStore
from fairlead.access.trail import AuditTrail

ROLES = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: auditor}
rules:
  - {apiGroups: [fairlead.dev], resources: [auditrecords], verbs: [list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: auditors}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: auditor}
subjects: [{kind: User, name: olga}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: auditors, namespace: team-a}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: auditor}
subjects: [{kind: User, name: ann}]
"""


class App(Router[Context]):
    audit: AuditTrail

    @mutation(access=authenticated)
    async def deploy(self, namespace: str, name: str) -> None: ...


def record(number: int = 0, **more: Any) -> AuditRecord:
    whole: dict[str, Any] = {
        "time": float(number),
        "request_id": "r",
        "user": "ann",
        "client": None,
        "transport": "http",
        "path": "deploy",
        "kind": "mutation",
        "decision": "allowed",
        "name": f"n{number}",
    }
    return AuditRecord(**whole | more)


async def test_who_may_list_records_sees_them_and_nobody_else(tmp_path: Path) -> None:
    file = tmp_path / "roles.yaml"
    file.write_text(ROLES)
    engine = LocalAuthorizer(YamlSource(file))
    async with AuditStore() as store:
        services = Services(engine, Audit(store), store)

        def call_as(name: str) -> App:
            request = Request(user=User(name=name), services=services)
            return create_caller(App, Context(request=request))

        for namespace in ("team-a", "team-b"):
            await call_as("ann").deploy(namespace, "shop")
        everything = await call_as("olga").audit.list_()
        assert [entry.namespace for entry in everything.entries] == ["team-b", "team-a"]
        own = await call_as("ann").audit.list_("team-a")
        assert [entry.name for entry in own.entries] == ["shop"]
        for refused in ("team-b", None):
            with pytest.raises(TRPCError, match="You may not list auditrecords"):
                await call_as("ann").audit.list_(refused)
        denied = await call_as("olga").audit.list_(decision="denied")
        assert [(e.path, e.user, e.verb) for e in denied.entries] == [
            ("audit.list", "ann", "list")
        ] * 2


async def test_pages_come_newest_first_and_end() -> None:
    async with AuditStore() as store:
        for number in range(5):
            store.record(record(number))
        first = await store.find(AuditFilter(), limit=3)
        assert [each.record.name for each in first] == ["n4", "n3", "n2"]
        store.record(record(5))  # what comes meanwhile does not move the next page
        second = await store.find(AuditFilter(), before=first[-1].id, limit=3)
        assert [each.record.name for each in second] == ["n1", "n0"]


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (AuditFilter(user="bob"), ["n1"]),
        (AuditFilter(decision="denied"), ["n2"]),
        (AuditFilter(namespace="a", path="deploy"), ["n3"]),
        (AuditFilter(user="bob' OR '1'='1"), []),
    ],
)
async def test_filters(wanted: AuditFilter, names: list[str]) -> None:
    async with AuditStore() as store:
        store.record(record(1, user="bob"))
        store.record(record(2, decision="denied", code="FORBIDDEN"))
        store.record(record(3, namespace="a"))
        found = await store.find(wanted)
        assert [each.record.name for each in found] == names


async def test_records_outlive_the_process_up_to_their_bound(tmp_path: Path) -> None:
    file = tmp_path / "audit.sqlite"
    async with AuditStore(file, max_records=3) as store:
        for number in range(5):
            store.record(record(number))
    async with AuditStore(file, max_records=3) as store:
        found = await store.find(AuditFilter())
        assert [each.record.name for each in found] == ["n4", "n3", "n2"]


async def test_pending_records_are_bounded_and_the_newest_kept() -> None:
    async with AuditStore(max_pending=2) as store:
        for number in range(3):
            store.record(record(number))
        found = await store.find(AuditFilter())
        assert [each.record.name for each in found] == ["n2", "n1"]
        assert store.dropped == 1


async def test_records_are_written_without_anybody_asking(tmp_path: Path) -> None:
    file = tmp_path / "audit.sqlite"
    async with AuditStore(file) as store:
        store.record(record(1))
        other = sqlite3.connect(file)
        async with asyncio.timeout(10):
            while not other.execute("SELECT count(*) FROM audit").fetchone()[0]:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        other.close()


async def test_a_path_that_cannot_be_written_is_told_at_start(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        async with AuditStore(tmp_path / "absent" / "audit.sqlite"):
            pass
    with pytest.raises(ValueError, match="at least 1"):
        AuditStore(max_records=0)
