"""Procedures for kinds that an application has no class for: found by discovery.

    class App(Router[Context]):
        explorer: Explorer
        codebases: Codebases

A table has the columns that the cluster prints for the kind, so that a CustomResourceDefinition
of tomorrow shows as its authors meant it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, cast

import msgspec
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel

from fairlead.access import (
    AccessRequest,
    Authorizer,
    Decision,
    ResourceAttributes,
    authenticated,
)
from fairlead.access.audit import Subject, note_denied
from fairlead.kube.client import KubeRequest
from fairlead.kube.cluster import Kube, KubeContext
from fairlead.kube.discovery import Discovery, KindRef, ServedKind, fetch_schema
from fairlead.kube.errors import KubeConflictError, KubeInvalidError, KubeProtocolError
from fairlead.kube.guard import Guard
from fairlead.kube.names import check_name, check_selector
from fairlead.kube.objects import DeleteOptions, Propagation
from fairlead.kube.permissions import (
    Permissions,
    PermissionTarget,
    ask_permissions,
    follow,
)
from fairlead.kube.policies import Verb
from fairlead.kube.routers import InvalidObject, StaleObject, explain_invalid
from fairlead.kube.scopes import (
    Scope,
    listen_to_rights,
    resolve_scope,
    review,
)
from fairlead.kube.urls import get_collection_path
from fairlead.procedure import mutation, query, subscription
from fairlead.router import Router
from fairlead.schema import raw_json
from fairlead.tracking import tracked

__all__ = ["Explorer", "KindTable", "TableColumn", "TableRow"]

_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
_PACE = 0.5
JsonObject = dict[str, JsonValue]


class TableColumn(BaseModel):
    """A column that the cluster prints.

    Attributes:
        priority: 0 for the columns that are always shown; higher ones are for wide views.
    """

    name: str
    type: str
    format: str = ""
    description: str = ""
    priority: int = 0


class TableRow(BaseModel):
    """One object, as the cells that the cluster prints."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    name: str
    namespace: str | None
    uid: str
    resource_version: str
    creation_timestamp: str | None
    cells: list[JsonValue]


class KindTable(BaseModel):
    """Objects of one kind as a table.

    Attributes:
        continue_: asks for the next page; None on the last one.
        missing: what is not shown for want of rights, in words; None where nothing is.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    columns: list[TableColumn]
    rows: list[TableRow]
    resource_version: str
    continue_: str | None = Field(alias="continue")
    missing: str | None


class _Meta(msgspec.Struct, rename="camel"):
    name: str = ""
    namespace: str | None = None
    uid: str = ""
    resource_version: str = ""
    creation_timestamp: str | None = None


class _Object(msgspec.Struct):
    metadata: _Meta = msgspec.field(default_factory=_Meta)


class _Row(msgspec.Struct):
    cells: list[Any] = msgspec.field(default_factory=list[Any])
    object: _Object = msgspec.field(default_factory=_Object)


class _Column(msgspec.Struct):
    name: str
    type: str = "string"
    format: str = ""
    description: str = ""
    priority: int = 0


class _TableMeta(msgspec.Struct, rename="camel"):
    resource_version: str = ""
    continue_: str | None = msgspec.field(name="continue", default=None)


class _Table(msgspec.Struct, rename="camel"):
    metadata: _TableMeta = msgspec.field(default_factory=_TableMeta)
    column_definitions: list[_Column] = msgspec.field(default_factory=list[_Column])
    rows: list[_Row] = msgspec.field(default_factory=list[_Row])


_table_decoder = msgspec.json.Decoder(_Table)


@dataclass(frozen=True, slots=True)
class _OnKind:
    """Allows whoever holds that right on the kind that the input names."""

    verb: Verb
    needs_input: bool = True

    async def decide(self, request: AccessRequest) -> Decision:
        if request.request.user is None:
            return Decision(allowed=False, reason="Sign in first", needs_user=True)
        services = request.request.services
        kube = services.get(Kube)
        kind = await kube.discovery.get(cast("KindRef", request.input["kind"]))
        namespace = cast("str | None", request.input.get("namespace"))
        if self.verb in ("list", "watch") and namespace is None:
            scope = await resolve_scope(request.request, kind.info, self.verb)
            return Decision(allowed=scope.namespaces != (), reason=scope.reason)
        attributes = ResourceAttributes.of(
            kind.info,
            self.verb,
            namespace=namespace,
            name=cast("str | None", request.input.get("name")),
        )
        authorizer = services.get(Authorizer)  # type: ignore[type-abstract]
        return await authorizer.review(request.request, attributes)

    def __repr__(self) -> str:
        return f"can({self.verb!r}, the kind that the input names)"


class Explorer(Router[KubeContext]):
    """Any kind that the cluster serves, with the caller's rights."""

    @query(access=authenticated)
    async def kinds(self) -> list[ServedKind]:
        """Every kind that can be listed, by group and kind; rights are asked for on use."""
        return await self._discovery.list_kinds()

    @query(access=_OnKind("list"))
    async def table(
        self,
        kind: KindRef,
        namespace: str | None = None,
        label_selector: str | None = None,
        limit: Annotated[int, Field(ge=1, le=5000)] = 500,
        continue_: str | None = None,
    ) -> KindTable:
        """Objects of a kind, with the columns that the cluster prints for it."""
        found = await self._discovery.get(kind)
        scope = Scope(None)
        if namespace is None and found.namespaced:
            scope = await resolve_scope(self.ctx.request, found.info, "list")
        if scope.namespaces is None:
            return await self._read_table(
                found, namespace, label_selector, limit, continue_
            )
        tables = [
            await self._read_table(found, place, label_selector, limit, None)
            for place in scope.namespaces
        ]
        first = tables[0]
        rows = [row for table in tables for row in table.rows]
        more = any(table.continue_ for table in tables) or len(rows) > limit
        missing = scope.reason
        if more:
            missing = f"{missing} Only the first {limit} objects are shown."
        return first.model_copy(
            update={"rows": rows[:limit], "continue_": None, "missing": missing}
        )

    @query(access=_OnKind("get"))
    async def get(
        self, kind: KindRef, name: str, namespace: str | None = None
    ) -> JsonObject:
        """One object, whole."""
        found = await self._discovery.get(kind)
        body = await self.ctx.kube.raw.get(found.info, name, namespace)
        return raw_json(body, JsonObject)

    @mutation(access=_OnKind("update"), raises=(StaleObject, InvalidObject))
    async def replace(
        self,
        kind: KindRef,
        name: str,
        object_: JsonObject,
        namespace: str | None = None,
        dry_run: bool = False,
    ) -> JsonObject:
        """Replaces an object, if it was not changed since it was read; `dryRun` only checks."""
        found = await self._discovery.get(kind)
        kube = self.ctx.kube
        try:
            body = await kube.raw.replace(
                found.info, name, namespace, object_, dry_run=dry_run
            )
        except KubeInvalidError as error:
            raise explain_invalid(error) from error
        except KubeConflictError as error:
            now = await kube.raw.get(found.info, name, namespace)
            current = cast("JsonObject", msgspec.json.decode(now))
            raise StaleObject(current=current).with_message(error.message) from error
        return raw_json(body, JsonObject)

    @mutation(access=_OnKind("delete"))
    async def delete(
        self,
        kind: KindRef,
        name: str,
        namespace: str | None = None,
        propagation_policy: Propagation | None = None,
        uid: str | None = None,
    ) -> None:
        """Deletes an object; `uid` spares a new one of the same name."""
        found = await self._discovery.get(kind)
        options = DeleteOptions(propagation=propagation_policy, uid=uid)
        await self.ctx.kube.raw.delete(found.info, name, namespace, options)

    @query(access=authenticated)
    async def schema(self, kind: KindRef) -> JsonObject:
        """The JSON Schema of a kind, for completion in an editor; empty where there is none."""
        found = await self._discovery.get(kind)
        root = f"apis/{found.group}" if found.group else "api"
        client = self.ctx.kube.raw.client
        request = KubeRequest(
            method="GET",
            path=f"/openapi/v3/{root}/{found.version}",
            credentials=self.ctx.kube.credentials,
        )
        return await fetch_schema(client, request, found)

    @subscription(access=authenticated)
    async def watch_permissions(
        self, kind: KindRef, namespace: str | None = None, name: str | None = None
    ) -> AsyncIterator[Permissions]:
        """What the caller may do with a kind, or one object of it: now and whenever it changes."""
        info, request = (await self._discovery.get(kind)).info, self.ctx.request
        target = PermissionTarget(namespace=namespace, name=name)

        async def ask(max_age: float) -> Permissions:
            found = await ask_permissions(request, info, {}, [target], max_age=max_age)
            return found[0]

        async with aclosing(follow(request, ask)) as answers:
            async for answer in answers:
                yield answer

    @subscription(access=_OnKind("watch"))
    async def changes(
        self,
        kind: KindRef,
        namespace: str | None = None,
        label_selector: str | None = None,
        name: str | None = None,
        last_event_id: str | None = None,
    ) -> AsyncIterator[tracked[str]]:
        """Tells, at most twice a second, that objects changed, or the one of that name.

        The first event comes at once. Everybody who follows the same shares one upstream watch.
        """
        found = await self._discovery.get(kind)
        frames = self.ctx.kube.watch_kind(
            found.info,
            namespace,
            label_selector=label_selector,
            field_selector=name and f"metadata.name={check_name(name)}",
            last_event_id=last_event_id,
        )
        request = self.ctx.request
        check = partial(review, request, found.info, "watch", namespace, name)
        seconds = request.services.get(Kube).options.recheck_seconds
        fields = {"namespace": namespace}
        subject = Subject(request, self.call.path, self.call.kind, fields)
        note = partial(note_denied, subject)
        Guard(frames, check, seconds, listen_to_rights(request), note)
        try:
            async for frame in frames:
                yield tracked(frame.id, frame.id)
                # What changes meanwhile is in the next frame.
                await asyncio.sleep(_PACE)
        finally:
            await frames.aclose()

    @property
    def _discovery(self) -> Discovery:
        return self.ctx.request.services.get(Kube).discovery

    async def _read_table(
        self,
        kind: ServedKind,
        namespace: str | None,
        label_selector: str | None,
        limit: int,
        continue_: str | None,
    ) -> KindTable:
        body = await self.ctx.kube.raw.client.send(
            KubeRequest(
                method="GET",
                path=get_collection_path(kind.info, namespace),
                credentials=self.ctx.kube.credentials,
                query={
                    "labelSelector": check_selector(label_selector),
                    "limit": limit,
                    "continue": continue_,
                },
                accept=_TABLE,
            )
        )
        return _read(body)


def _read(body: bytes) -> KindTable:
    try:
        table = _table_decoder.decode(body)
    except msgspec.DecodeError as error:
        raise KubeProtocolError("The cluster sent no table of these objects") from error
    columns = [
        TableColumn(
            name=column.name,
            type=column.type,
            format=column.format,
            description=column.description,
            priority=column.priority,
        )
        for column in table.column_definitions
    ]
    return KindTable.model_validate(
        {
            "columns": columns,
            "rows": [_read_row(row) for row in table.rows],
            "resourceVersion": table.metadata.resource_version,
            "continue": table.metadata.continue_ or None,
            "missing": None,
        }
    )


def _read_row(row: _Row) -> TableRow:
    metadata = row.object.metadata
    return TableRow(
        name=metadata.name,
        namespace=metadata.namespace,
        uid=metadata.uid,
        resource_version=metadata.resource_version,
        creation_timestamp=metadata.creation_timestamp,
        cells=cast("list[JsonValue]", row.cells),
    )
