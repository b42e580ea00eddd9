"""`ReadRouter[R]`: what a client sees of one kind of resource, now and live.

Answers are the cluster's own bytes: an object is neither parsed nor written again on its way.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Annotated, Any, ClassVar, Generic, TypeVar, cast

from pydantic import Field

from fairlead.access import Decision, authenticated
from fairlead.errors import DefinitionError
from fairlead.kube.cluster import KubeContext
from fairlead.kube.frames import Delta, Snapshot, StateChange
from fairlead.kube.lists import ResourceList
from fairlead.kube.merged_lists import merge_lists
from fairlead.kube.objects import ListOptions
from fairlead.kube.permissions import (
    Permissions,
    PermissionTarget,
    TargetPermissions,
    ask_permissions,
    follow,
)
from fairlead.kube.policies import Verb, on_resource
from fairlead.kube.resource import Resource, get_info
from fairlead.kube.scopes import Scope, resolve_scope, review
from fairlead.kube.subscription import Pace
from fairlead.kube.urls import get_object_path
from fairlead.kube.watching import Watch
from fairlead.passing import json_stream
from fairlead.procedure import query, subscription
from fairlead.router import Router, get_type_arguments
from fairlead.schema import raw_json
from fairlead.tracking import tracked

__all__ = ["ReadRouter"]

R = TypeVar("R", bound=Resource)
_R: Any = R  # the variable itself, as a value

_BY_TYPE = Field(discriminator="type")

Limit = Annotated[int, Field(ge=1, le=100_000)]
Rate = Annotated[float, Field(gt=0, le=1e9)]


class ReadRouter(Router[KubeContext], Generic[R]):
    """What one may see of a kind of resource, allowed to whom the cluster allows it.

        class ApprovalTasks(ReadRouter[ApprovalTask]):
            '''Written by procedures of its own alone: approve and reject.'''

    Attributes:
        resource: the resource class; taken from the type argument.
        subresources: verbs by subresource that `permissions` also answers for.
    """

    resource: type[R]
    subresources: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        argument = get_type_arguments(cls).get(_R)
        if isinstance(argument, type) and issubclass(argument, Resource):
            get_info(argument)  # tells now if the class does not say where it is kept
            cls.resource = cast("type[R]", argument)
        elif not getattr(cls, "__parameters__", ()):
            name = cls.__qualname__
            raise DefinitionError(
                f"{name} does not say which resource it serves: "
                f"class {name}({cls.__bases__[0].__name__}[Codebase])"
            )

    @query(access=on_resource("list"))
    async def list_(
        self,
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
        limit: Limit | None = None,
        continue_: str | None = None,
    ) -> ResourceList[R]:
        """Objects of one namespace, or of all that the caller may see."""
        info = get_info(self.resource)
        options = ListOptions(
            label_selector=label_selector,
            field_selector=field_selector,
            limit=limit,
            continue_=continue_,
        )
        raw = self.ctx.kube.raw
        scope = Scope(None)
        if namespace is None:
            scope = await resolve_scope(self.ctx.request, info, "list")
        if scope.namespaces is not None:
            merged = await merge_lists(scope, options, partial(raw.list_, info))
            return raw_json(merged.to_json(), ResourceList[R])
        # A message of a WebSocket is one piece.
        whole = self.ctx.request.transport == "websocket"
        found = await raw.pass_list(info, namespace, options, whole=whole)
        if isinstance(found, bytes):
            return raw_json(found, ResourceList[R])
        return json_stream(found, ResourceList[R], size=found.size)

    @query(access=on_resource("get"))
    async def get(self, name: str, namespace: str | None = None) -> R:
        """One object."""
        kube = self.ctx.kube
        place = kube.place(self.resource, namespace)
        return self._pass_on(await kube.raw.get(get_info(self.resource), name, place))

    @subscription(access=on_resource("watch"))
    def watch(  # noqa: PLR0913, PLR0917  the fields of a query
        self,
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
        max_frames_per_second: Rate | None = None,
        max_bytes_per_second: Rate | None = None,
        last_event_id: str | None = None,
    ) -> AsyncIterator[
        tracked[Annotated[Snapshot[R] | Delta[R] | StateChange, _BY_TYPE]]
    ]:
        """A live view: a snapshot, then what changes."""
        wanted = Watch(
            info=get_info(self.resource),
            namespace=namespace,
            label_selector=label_selector,
            field_selector=field_selector,
            pace=Pace.of(max_frames_per_second, max_bytes_per_second),
        )
        return wanted.open(self.ctx, last_event_id, self.call)

    @subscription(access=on_resource("watch"))
    def watch_item(
        self,
        name: str,
        namespace: str | None = None,
        last_event_id: str | None = None,
    ) -> AsyncIterator[
        tracked[Annotated[Snapshot[R] | Delta[R] | StateChange, _BY_TYPE]]
    ]:
        """A live view of one object: there, changed, gone."""
        place = self.ctx.kube.place(self.resource, namespace)
        # Also refuses what would follow that name in every namespace.
        get_object_path(get_info(self.resource), name, place)
        wanted = Watch(info=get_info(self.resource), namespace=place, name=name)
        return wanted.open(self.ctx, last_event_id, self.call)

    @query(access=authenticated)
    async def permissions(
        self, namespace: str | None = None, name: str | None = None
    ) -> Permissions:
        """What the caller may do, for buttons; the cluster has the last word."""
        return await self._ask(PermissionTarget(namespace=namespace, name=name))

    @query(access=authenticated)
    async def permissions_of(
        self, items: Annotated[list[PermissionTarget], Field(max_length=1000)]
    ) -> list[TargetPermissions]:
        """The same for many objects and namespaces at once, in their order."""
        request, info = self.ctx.request, get_info(self.resource)
        found = await ask_permissions(request, info, self.subresources, items)
        return [
            TargetPermissions(
                namespace=item.namespace, name=item.name, permissions=permissions
            )
            for item, permissions in zip(items, found, strict=True)
        ]

    @subscription(access=authenticated)
    def watch_permissions(
        self, namespace: str | None = None, name: str | None = None
    ) -> AsyncIterator[Permissions]:
        """What the caller may do, now and whenever it changes."""
        target = PermissionTarget(namespace=namespace, name=name)
        return follow(self.ctx.request, partial(self._ask, target))

    async def _ask(
        self, target: PermissionTarget, max_age: float | None = None
    ) -> Permissions:
        request, info = self.ctx.request, get_info(self.resource)
        found = await ask_permissions(
            request, info, self.subresources, [target], max_age=max_age
        )
        return found[0]

    async def _review(self, verb: Verb, namespace: str | None) -> Decision:
        return await review(self.ctx.request, get_info(self.resource), verb, namespace)

    def _pass_on(self, data: bytes) -> R:
        return raw_json(data, self.resource)
