"""The audit: what leaves a record, and what never stands in one."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel

from fairlead import (
    Context,
    Request,
    Router,
    Services,
    TRPCError,
    User,
    UserContext,
    authenticated,
    create_caller,
    mutation,
    public,
    query,
)
from fairlead.access import AccessRequest, Audit, AuditRecord, Verdict, custom
from fairlead.access.audit import MAX_ANONYMOUS
from fairlead.calling import Call, Next


@custom
def never(request: AccessRequest) -> Verdict:
    return "the freeze lasts until Monday"


async def refuse(call: Call, call_next: Next) -> object:
    raise TRPCError("FORBIDDEN", "by middleware")


class Secret(BaseModel):
    name: str
    value: str


class Private(Router[UserContext]):
    @query(access=authenticated)
    async def read(self) -> None: ...


class App(Router[Context]):
    private: Private

    @query(access=public)
    async def look(self) -> None: ...

    @mutation(access=authenticated)
    async def write(self, namespace: str, secret: Secret) -> None: ...

    @mutation(access=never)
    async def deploy(self, namespace: str, name: str, token: str) -> None: ...

    @query(access=public)
    async def refused_by_the_body(self, name: str) -> None:
        raise TRPCError("FORBIDDEN", "the cluster says no")

    @query(access=public, use=(refuse,))
    async def refused_on_the_way(self) -> None: ...

    @mutation(access=public)
    async def failing(self) -> None:
        raise TRPCError("CONFLICT", "no denial")


@dataclass
class Setup:
    app: App
    records: list[AuditRecord]


def make(user: str | None = "ann", **request: Any) -> Setup:
    records: list[AuditRecord] = []
    services = Services(Audit(records.append))
    who = User(name=user) if user else None
    made = Request(user=who, services=services, **request)
    return Setup(create_caller(App, Context(request=made)), records)


async def test_queries_that_are_allowed_leave_no_record() -> None:
    setup = make()
    await setup.app.look()
    await setup.app.private.read()
    assert setup.records == []


async def test_an_allowed_mutation_says_who_what_and_where_but_not_with_what() -> None:
    setup = make(headers={"x-request-id": "r-1"}, client=("10.0.0.9", 1))
    await setup.app.write("team-a", Secret(name="s", value="hunter2"))
    (record,) = setup.records
    assert record.user == "ann"
    assert record.path == "write"
    assert record.decision == "allowed"
    assert (record.namespace, record.request_id) == ("team-a", "r-1")
    assert record.client == "10.0.0.9"
    assert "hunter2" not in record.to_json()


async def test_a_denial_says_why() -> None:
    setup = make()
    with pytest.raises(TRPCError, match="freeze"):
        await setup.app.deploy("team-a", "shop", token="t0ken")
    (record,) = setup.records
    assert (record.decision, record.code) == ("denied", "FORBIDDEN")
    assert record.reason == "the freeze lasts until Monday"
    assert (record.namespace, record.name) == ("team-a", "shop")
    assert "t0ken" not in record.to_json()


async def test_denials_of_the_body_the_context_and_middleware_are_recorded_once() -> (
    None
):
    setup = make(None)
    for call in (
        setup.app.refused_by_the_body("x"),
        setup.app.refused_on_the_way(),
        setup.app.private.read(),
    ):
        with pytest.raises(TRPCError):
            await call
    assert [(r.path, r.code, r.user) for r in setup.records] == [
        ("refusedByTheBody", "FORBIDDEN", None),
        ("refusedOnTheWay", "FORBIDDEN", None),
        ("private.read", "UNAUTHORIZED", None),
    ]


async def test_another_error_is_no_denial() -> None:
    setup = make()
    with pytest.raises(TRPCError):
        await setup.app.failing()
    assert [record.decision for record in setup.records] == ["allowed"]


async def test_a_sink_that_fails_harms_neither_the_call_nor_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(_: AuditRecord) -> None:
        raise OSError("disk full")

    records: list[AuditRecord] = []
    services = Services(Audit(fail, records.append))
    request = Request(user=User(name="ann"), services=services)
    app = create_caller(App, Context(request=request))
    await app.write("team-a", Secret(name="s", value="v"))
    assert len(records) == 1
    assert "An audit sink failed" in caplog.text


async def test_without_an_audit_records_go_to_the_log_as_json_lines(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "fairlead.audit")
    app = create_caller(App, Context(request=Request(user=User(name="ann"))))
    with pytest.raises(TRPCError):
        await app.deploy("team-a", "a\n{}", token="t")
    (line,) = [record.getMessage() for record in caplog.records]
    assert "\n" not in line
    assert json.loads(line)["name"] == "a\n{}"


@pytest.mark.parametrize(
    ("given", "kept"),
    [("abc-1.2", True), ("a b", False), ("x" * 129, False), ("é", False)],
)
def test_a_request_id_is_taken_over_when_it_is_fit_for_a_log(
    given: str, kept: bool
) -> None:
    request = Request(headers={"x-request-id": given})
    assert (request.get_id() == given) is kept
    assert request.get_id() == request.get_id()


def refusal(time: float, **fields: Any) -> AuditRecord:
    known: dict[str, Any] = {
        "time": time,
        "request_id": "r",
        "user": None,
        "client": "10.0.0.1",
        "transport": "http",
        "path": "account.me",
        "kind": "query",
        "decision": "denied",
        "code": "UNAUTHORIZED",
    }
    return AuditRecord(**{**known, **fields})


def test_what_is_refused_to_nobody_again_and_again_is_said_once_in_a_while() -> None:
    kept: list[AuditRecord] = []
    audit = Audit(kept.append, anonymous_every=60)
    for time in (0.0, 1.0, 59.9, 60.0, 61.0):
        audit.record(refusal(time))
    assert [each.time for each in kept] == [0.0, 60.0]


@pytest.mark.parametrize(
    "other",
    [
        {"client": "10.0.0.2"},
        {"path": "audit.list"},
        {"kind": "mutation"},
        {"user": "viewer"},
        {"code": "FORBIDDEN"},
    ],
)
def test_another_peer_procedure_or_person_is_another_refusal(
    other: dict[str, str],
) -> None:
    kept: list[AuditRecord] = []
    audit = Audit(kept.append)
    audit.record(refusal(0))
    audit.record(refusal(1, **other))
    assert len(kept) == 2


def test_every_refused_mutation_is_recorded_and_each_refusal_where_it_is_wanted() -> (
    None
):
    kept: list[AuditRecord] = []
    for audit, kind in (
        (Audit(kept.append), "mutation"),
        (Audit(kept.append, anonymous_every=0), "query"),
    ):
        audit.record(refusal(0, kind=kind))
        audit.record(refusal(0, kind=kind))
    assert len(kept) == 4


def test_only_so_many_refusals_are_remembered() -> None:
    kept: list[AuditRecord] = []
    audit = Audit(kept.append)
    for number in range(MAX_ANONYMOUS + 1):
        audit.record(refusal(0, client=str(number)))
    audit.record(refusal(1, client="1"))
    assert len(kept) == MAX_ANONYMOUS + 1
    audit.record(refusal(1, client="0"))
    assert len(kept) == MAX_ANONYMOUS + 2
