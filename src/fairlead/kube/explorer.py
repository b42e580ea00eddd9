"""Procedures for kinds that an application has no class for: found by discovery.

    class App(Router[Context]):
        explorer: Explorer
        codebases: Codebases

A table has the columns that the cluster prints for the kind, so that a CustomResourceDefinition
of tomorrow shows as its authors meant it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated, Any, cast

from pydantic import Field, JsonValue

from fairlead.access import (
    AccessRequest,
    Authorizer,
    Decision,
    ResourceAttributes,
    authenticated,
)
from fairlead.kube.client import KubeRequest
from fairlead.kube.cluster import Kube, KubeContext
from fairlead.kube.discovery import Discovery, KindRef, ServedKind, fetch_schema
from fairlead.kube.errors import (
    KubeConflictError,
    KubeError,
    KubeInvalidError,
    KubeProtocolError,
)
from fairlead.kube.merged_lists import ask_each
from fairlead.kube.names import check_name, check_selector
from fairlead.kube.objects import DeleteOptions, Propagation
from fairlead.kube.permissions import (
    Permissions,
    PermissionTarget,
    ask_permissions,
    follow,
)
from fairlead.kube.policies import Verb
from fairlead.kube.routers import (
    InvalidObject,
    StaleObject,
    explain_invalid,
    explain_stale,
    find_current,
)
from fairlead.kube.scopes import (
    Scope,
    resolve_scope,
    resolve_watch,
)
from fairlead.kube.tables import TABLE_TYPE, KindTable, read_table
from fairlead.kube.urls import get_collection_path
from fairlead.kube.watching import Watch
from fairlead.procedure import mutation, query, subscription
from fairlead.router import Router
from fairlead.schema import raw_json
from fairlead.tracking import tracked

__all__ = ["Explorer"]

_PACE = 0.5
JsonObject = dict[str, JsonValue]


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
        name = cast("str | None", request.input.get("name"))
        place = (namespace, name)
        if self.verb == "watch":
            scope = await resolve_watch(request.request, kind.info, *place)
            return Decision(allowed=scope.namespaces != (), reason=scope.reason)
        if self.verb == "list" and namespace is None:
            scope = await resolve_scope(request.request, kind.info, self.verb)
            return Decision(allowed=scope.namespaces != (), reason=scope.reason)
        attributes = ResourceAttributes.of(
            kind.info, self.verb, namespace=namespace, name=name
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
        return await self._merge_tables(found, scope, label_selector, limit)

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
            current = await find_current(self.ctx, found.info, name, namespace)
            message = explain_stale(error, name)
            raise StaleObject(current=current).with_message(message) from error
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
        wanted = Watch(
            info=found.info,
            namespace=namespace,
            name=None if name is None else check_name(name),
            label_selector=label_selector,
        )
        told: str | None = None
        opened = wanted.open(self.ctx, last_event_id, self.call)
        async with aclosing(cast("AsyncGenerator[tracked[Any]]", opened)) as frames:
            async for frame in frames:
                if frame.id == told:
                    continue  # how the view itself is: no object has changed
                told = frame.id
                yield tracked(told, told)
                # What changes meanwhile is in the next frame.
                await asyncio.sleep(_PACE)

    @property
    def _discovery(self) -> Discovery:
        return self.ctx.request.services.get(Kube).discovery

    async def _merge_tables(
        self, kind: ServedKind, scope: Scope, label_selector: str | None, limit: int
    ) -> KindTable:
        """The first rows of several namespaces; one that is broken does not cost the others."""
        places = scope.namespaces or ()
        # One more than is shown tells that there are more.
        found = await ask_each(
            places,
            lambda place: self._read_table(
                kind, place, label_selector, limit + 1, None
            ),
        )
        tables = [each for each in found if isinstance(each, KindTable)]
        broken = [each for each in found if isinstance(each, KubeError)]
        if not tables:
            raise next(iter(broken), KubeProtocolError("There is no namespace to list"))
        missing = [scope.reason] if scope.reason else []
        missing += [
            f"{place} is missing: {each.message}."
            for place, each in zip(places, found, strict=True)
            if isinstance(each, KubeError)
        ]
        rows = [row for table in tables for row in table.rows]
        if len(rows) > limit:
            missing.append(f"Only the first {limit} objects are shown.")
        return tables[0].model_copy(
            update={
                "rows": rows[:limit],
                "continue_": None,
                "missing": " ".join(missing) or None,
            }
        )

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
                accept=TABLE_TYPE,
            )
        )
        return read_table(body)
