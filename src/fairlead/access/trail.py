"""`AuditTrail`: the kept audit as procedures, for whoever may see it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from fairlead.access.audit import AuditRecord
from fairlead.access.resource import can
from fairlead.access.rights import Kind
from fairlead.access.store import AuditFilter, AuditStore, StoredRecord
from fairlead.context import UserContext
from fairlead.procedure import query
from fairlead.router import Router

__all__ = ["AUDIT_RECORDS", "AuditEntry", "AuditPage", "AuditTrail"]

AUDIT_RECORDS = Kind(group="fairlead.dev", plural="auditrecords")
"""What a role must let somebody `list` who may read the trail: of one namespace, or of all."""


class AuditEntry(BaseModel):
    """One decision; see `AuditRecord`."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    id: int
    time: datetime
    request_id: str
    user: str | None
    client: str | None
    transport: str
    path: str
    kind: str
    decision: Literal["allowed", "denied"]
    code: str | None
    reason: str | None
    verb: str | None
    resource: str | None
    namespace: str | None
    name: str | None

    @classmethod
    def of(cls, stored: StoredRecord) -> AuditEntry:
        """A stored record as it travels."""
        record: AuditRecord = stored.record
        fields = {
            name: getattr(record, name)
            for name in cls.model_fields
            if name not in ("id", "time")
        }
        time = datetime.fromtimestamp(record.time, UTC)
        return cls(id=stored.id, time=time, **fields)


class AuditPage(BaseModel):
    """Entries, newest first.

    Attributes:
        next: to be given as `before` for the page that follows; None at the end.
    """

    entries: list[AuditEntry]
    next: int | None


class AuditTrail(Router[UserContext]):
    """The audit trail of an application that has an `AuditStore` among its services.

    Rights in one namespace show that namespace's records: a role that lets its subjects
    `list` `auditrecords` of the group `fairlead.dev` gives them.
    """

    @query(access=can("list", AUDIT_RECORDS))
    async def list_(  # noqa: PLR0913, PLR0917  one parameter per filter
        self,
        namespace: str | None = None,
        user: str | None = None,
        decision: Literal["allowed", "denied"] | None = None,
        path: str | None = None,
        before: int | None = None,
        limit: Annotated[int, Field(ge=1, le=500)] = 100,
    ) -> AuditPage:
        """Decisions, newest first."""
        store = self.ctx.request.services.get(AuditStore)
        wanted = AuditFilter(
            namespace=namespace, user=user, decision=decision, path=path
        )
        found = await store.find(wanted, before=before, limit=limit + 1)
        page = found[:limit]
        return AuditPage(
            entries=[AuditEntry.of(each) for each in page],
            next=page[-1].id if len(found) > limit else None,
        )
