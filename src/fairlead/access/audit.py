"""The audit: one record for each denial and for each mutation that was allowed.

A record says who, what, where, the decision, why, and in which request; never what was sent.
Queries that are allowed leave none, and cost nothing.
"""

from __future__ import annotations

import json
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from fairlead.access.policy import Decision
from fairlead.access.rights import ResourceAttributes
from fairlead.context import Request, Services
from fairlead.errors import ErrorCode, TRPCError

__all__ = [
    "DENIALS",
    "Audit",
    "AuditRecord",
    "AuditSink",
    "LogSink",
    "Subject",
    "is_audited",
    "note_allowed",
    "note_denied",
]

log = logging.getLogger("fairlead.audit")

MAX_REASON = 500
MAX_NAME = 253
"""No name of Kubernetes is longer; what is longer was not a name."""

MAX_ANONYMOUS = 1024
"""How many refusals of people without a session are remembered, to tell the repeated ones."""

DENIALS: frozenset[ErrorCode] = frozenset({"FORBIDDEN", "UNAUTHORIZED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One decision.

    Attributes:
        time: seconds since the epoch, when it was taken.
        request_id: of the HTTP request or WebSocket connection.
        user: None for somebody who has not signed in.
        client: the peer's address.
        path: the procedure.
        code: of a denial.
        verb: the right that decided, with `resource`; None where no right did.
        namespace: of the right, else of the input; None for all namespaces.
    """

    time: float
    request_id: str
    user: str | None
    client: str | None
    transport: str
    path: str
    kind: str
    decision: Literal["allowed", "denied"]
    code: ErrorCode | None = None
    reason: str | None = None
    verb: str | None = None
    resource: str | None = None
    namespace: str | None = None
    name: str | None = None

    def to_json(self) -> str:
        """One line; control characters are escaped."""
        return json.dumps(asdict(self), ensure_ascii=True)


@runtime_checkable
class AuditSink(Protocol):
    """Where records go. It must return at once: a call waits for it."""

    def record(self, record: AuditRecord, /) -> None:
        """Takes one record."""
        ...


class LogSink:
    """Writes each record as a JSON line to a logger."""

    def __init__(self, logger: str = "fairlead.audit", level: int = logging.INFO):
        self._log = logging.getLogger(logger)
        self._level = level

    def record(self, record: AuditRecord, /) -> None:
        """Writes a line."""
        if self._log.isEnabledFor(self._level):
            self._log.log(self._level, "%s", record.to_json())


class Audit:
    """The application's audit: a service that hands records to sinks.

        store = AuditStore("audit.sqlite")
        app = Fairlead(App, services=[Audit(LogSink(), store), store])

    Without one, records go to the logger `fairlead.audit`. A sink that fails is reported on
    that logger, and neither the call nor the other sinks are harmed.

    A page asks who is signed in before anybody is. That somebody without a session was refused
    a query or a subscription is recorded once in `anonymous_every` for each peer and procedure:
    else such refusals would be most of the trail. Refused mutations are all recorded.

    Args:
        sinks: sinks, or functions of one record.
        anonymous_every: seconds; 0 records each.
    """

    def __init__(
        self,
        *sinks: AuditSink | Callable[[AuditRecord], None],
        anonymous_every: float = 600.0,
    ) -> None:
        self._sinks = [
            sink.record if isinstance(sink, AuditSink) else sink for sink in sinks
        ]
        self._anonymous_every = anonymous_every
        self._anonymous: OrderedDict[tuple[str | None, str], float] = OrderedDict()

    def _is_repeated(self, record: AuditRecord) -> bool:
        """Has it been said of late that this peer, without a session, is refused this?"""
        if (
            record.user is not None
            or record.code != "UNAUTHORIZED"
            or record.kind == "mutation"
        ):
            return False
        key = (record.client, record.path)
        said = self._anonymous.get(key)
        if said is not None and 0 <= record.time - said < self._anonymous_every:
            return True
        self._anonymous[key] = record.time
        self._anonymous.move_to_end(key)
        if len(self._anonymous) > MAX_ANONYMOUS:
            self._anonymous.popitem(last=False)
        return False

    def record(self, record: AuditRecord) -> None:
        """Hands a record to every sink."""
        if self._is_repeated(record):
            return
        for sink in self._sinks:
            try:
                sink(record)
            except Exception:
                log.exception("An audit sink failed; its record: %s", record.to_json())


_DEFAULT = Audit(LogSink())


class Subject(NamedTuple):
    """What a record is about: a call, and the fields of its input that say where."""

    request: Request
    path: str
    kind: str
    fields: Mapping[str, object]


def is_audited(services: Services) -> bool:
    """Would a record of what is allowed reach anybody?"""
    return log.isEnabledFor(logging.INFO) or services.find(Audit) is not None


def note_allowed(subject: Subject, decision: Decision | None = None) -> None:
    """Records that a mutation was allowed."""
    right = decision.right if decision is not None else None
    reason = decision.reason if decision is not None else None
    _note(subject, right, None, reason)


def note_denied(
    subject: Subject, error: TRPCError, right: ResourceAttributes | None = None
) -> None:
    """Records a denial: by a policy, a context, the body, or the cluster that it asked."""
    _note(subject, right, error.code, error.message)


def _note(
    subject: Subject,
    right: ResourceAttributes | None,
    code: ErrorCode | None,
    reason: str | None,
) -> None:
    request, fields = subject.request, subject.fields
    audit = request.services.find(Audit) or _DEFAULT
    audit.record(
        AuditRecord(
            time=time.time(),
            request_id=request.get_id(),
            user=request.user.name if request.user is not None else None,
            client=request.client[0] if request.client is not None else None,
            transport=request.transport,
            path=subject.path,
            kind=subject.kind,
            decision="allowed" if code is None else "denied",
            code=code,
            reason=reason[:MAX_REASON] if reason else None,
            verb=right.verb if right else None,
            resource=right.resource if right else None,
            namespace=_cut(right.namespace if right else fields.get("namespace")),
            name=_cut(right.name if right else fields.get("name")),
        )
    )


def _cut(value: object) -> str | None:
    return value[:MAX_NAME] if isinstance(value, str) and value else None
