"""`ResourceRouter[R]`: everything a client does with one kind of resource.

Answers are the cluster's own bytes: an object is neither parsed nor written again on its way.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fairlead.access import Decision, all_of, authenticated
from fairlead.errors import DefinitionError, TypedError
from fairlead.kube.bulk import DeleteResult, DeleteTarget, delete_many
from fairlead.kube.cluster import KubeContext
from fairlead.kube.drafts import AsDraft
from fairlead.kube.errors import KubeConflictError, KubeInvalidError, KubeNotFoundError
from fairlead.kube.frames import Delta, Snapshot, StateChange
from fairlead.kube.lists import ResourceList
from fairlead.kube.merging import merge_lists
from fairlead.kube.objects import DeleteOptions, ListOptions, Propagation
from fairlead.kube.permissions import (
    Permission,
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
from fairlead.procedure import mutation, query, subscription
from fairlead.router import Router, get_type_arguments
from fairlead.schema import raw_json
from fairlead.tracking import tracked

__all__ = [
    "InvalidObject",
    "Permission",
    "PermissionTarget",
    "Permissions",
    "ResourceRouter",
    "StaleObject",
    "TargetPermissions",
]

R = TypeVar("R", bound=Resource)
_R: Any = R  # the variable itself, as a value

_BY_TYPE = Field(discriminator="type")

Limit = Annotated[int, Field(ge=1, le=100_000)]
Rate = Annotated[float, Field(gt=0, le=1e9)]


class FieldProblem(BaseModel):
    """Why an object was refused, at one field."""

    field: str
    reason: str
    message: str


class JsonPatchOperation(BaseModel):
    """One step of a JSON Patch.

    Attributes:
        path: JSON Pointer, such as `/spec/replicas`.
        value: of `add`, `replace` and `test`.
        from_: of `move` and `copy`: where the value comes from.
    """

    model_config = ConfigDict(populate_by_name=True)

    op: Literal["add", "remove", "replace", "move", "copy", "test"]
    path: str
    value: JsonValue = None
    from_: Annotated[str | None, Field(alias="from")] = None

    def to_wire(self) -> dict[str, JsonValue]:
        """The step as RFC 6902 writes it."""
        step: dict[str, JsonValue] = {"op": self.op, "path": self.path}
        if self.op in ("add", "replace", "test"):
            step["value"] = self.value
        elif self.op != "remove":
            step["from"] = self.from_
        return step


class StaleObject(TypedError, code="CONFLICT"):  # noqa: N818  its name is on the wire
    """The object was changed since it was read, or is there already."""

    current: dict[str, JsonValue] | None


class InvalidObject(TypedError, code="UNPROCESSABLE_CONTENT"):  # noqa: N818  as above
    """The cluster refuses the object."""

    causes: list[FieldProblem]


class ResourceRouter(Router[KubeContext], Generic[R]):
    """Procedures of one kind of resource, each allowed to whom the cluster allows it.

        class Codebases(ResourceRouter[Codebase]):
            '''Add procedures of your own beside them.'''

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
                f"class {name}(ResourceRouter[Codebase])"
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
        if scope.namespaces is None:
            found = await raw.list_(info, namespace, options)
        else:
            found = await merge_lists(
                scope.namespaces, options, partial(raw.list_, info)
            )
        return raw_json(found, ResourceList[R])

    @query(access=on_resource("get"))
    async def get(self, name: str, namespace: str | None = None) -> R:
        """One object."""
        kube = self.ctx.kube
        place = kube.place(self.resource, namespace)
        return self._pass_on(await kube.raw.get(get_info(self.resource), name, place))

    @mutation(access=on_resource("create"), raises=(StaleObject, InvalidObject))
    async def create(
        self, object_: Annotated[R, AsDraft()], dry_run: bool = False
    ) -> R:
        """Creates an object in the namespace its metadata names."""
        kube = self.ctx.kube
        metadata = object_.metadata
        metadata.namespace = kube.place(self.resource, metadata.namespace)
        async with self._explaining(metadata.name, metadata.namespace):
            return self._pass_on(await kube.raw.create(object_, dry_run=dry_run))

    @mutation(access=on_resource("update"), raises=(StaleObject, InvalidObject))
    async def update(self, object_: R, dry_run: bool = False) -> R:
        """Replaces an object, if it was not changed since it was read."""
        metadata = object_.metadata
        raw = self.ctx.kube.raw
        async with self._explaining(metadata.name, metadata.namespace):
            return self._pass_on(await raw.update(object_, dry_run=dry_run))

    @mutation(access=on_resource("patch"), raises=(StaleObject, InvalidObject))
    async def patch(
        self,
        name: str,
        patch: dict[str, JsonValue],
        namespace: str | None = None,
        dry_run: bool = False,
    ) -> R:
        """Changes fields by JSON merge patch: null removes, lists are replaced."""
        kube = self.ctx.kube
        place = kube.place(self.resource, namespace)
        info = get_info(self.resource)
        async with self._explaining(name, place):
            return self._pass_on(
                await kube.raw.patch(info, name, place, patch, dry_run=dry_run)
            )

    @mutation(access=on_resource("patch"), raises=(StaleObject, InvalidObject))
    async def json_patch(
        self,
        name: str,
        operations: Annotated[
            list[JsonPatchOperation], Field(min_length=1, max_length=1000)
        ],
        namespace: str | None = None,
        dry_run: bool = False,
    ) -> R:
        """Changes fields by JSON Patch (RFC 6902); a `test` that fails changes nothing."""
        kube = self.ctx.kube
        place = kube.place(self.resource, namespace)
        info = get_info(self.resource)
        wire = [operation.to_wire() for operation in operations]
        async with self._explaining(name, place):
            return self._pass_on(
                await kube.raw.patch(info, name, place, wire, dry_run=dry_run)
            )

    @mutation(
        access=all_of(on_resource("patch"), on_resource("create")),
        raises=(StaleObject, InvalidObject),
    )
    async def server_side_apply(
        self,
        object_: Annotated[R, AsDraft()],
        field_manager: Annotated[str, Field(min_length=1, max_length=128)] = "fairlead",
        force: bool = False,
        dry_run: bool = False,
    ) -> R:
        """Creates an object or takes over the fields it names, and gives up those it named before.

        A field of another manager is a CONFLICT unless `force` is set.
        """
        kube = self.ctx.kube
        metadata = object_.metadata
        metadata.namespace = kube.place(self.resource, metadata.namespace)
        info = get_info(self.resource)
        async with self._explaining(metadata.name, metadata.namespace):
            return self._pass_on(
                await kube.raw.apply(
                    info,
                    metadata.name,
                    metadata.namespace,
                    object_.model_dump(mode="json", by_alias=True, exclude_unset=True)
                    | {"apiVersion": info.api_version, "kind": info.kind},
                    field_manager=field_manager,
                    force=force,
                    dry_run=dry_run,
                )
            )

    @mutation(access=on_resource("delete"), raises=(StaleObject,))
    async def delete(  # noqa: PLR0913, PLR0917  what kubectl delete can be told
        self,
        name: str,
        namespace: str | None = None,
        propagation_policy: Propagation | None = None,
        uid: str | None = None,
        resource_version: str | None = None,
        dry_run: bool = False,
    ) -> None:
        """Deletes an object; `uid` and `resourceVersion` are preconditions."""
        place = self.ctx.kube.place(self.resource, namespace)
        options = DeleteOptions(
            propagation=propagation_policy,
            uid=uid,
            resource_version=resource_version,
            dry_run=dry_run,
        )
        async with self._explaining(name, place):
            await self.ctx.kube.delete(self.resource, name, place, options)

    @mutation(access=authenticated)
    async def delete_many(
        self, items: Annotated[list[DeleteTarget], Field(max_length=1000)]
    ) -> list[DeleteResult]:
        """Deletes objects, each as far as the caller may, and says what became of each."""
        return await delete_many(self.ctx.kube, self.call, self.resource, items)

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
            resource=self.resource,
            namespace=namespace,
            label_selector=label_selector,
            field_selector=field_selector,
            pace=Pace.of(max_frames_per_second, max_bytes_per_second),
        )
        return wanted.open(self.ctx, last_event_id)

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
        wanted = Watch(resource=self.resource, namespace=place, name=name)
        return wanted.open(self.ctx, last_event_id)

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

    @asynccontextmanager
    async def _explaining(
        self, name: str, namespace: str | None
    ) -> AsyncGenerator[None]:
        """Turns refusals of the cluster into the errors that clients see typed."""
        try:
            yield
        except KubeInvalidError as error:
            raise explain_invalid(error) from error
        except KubeConflictError as error:
            raise await self._explain_conflict(error, name, namespace) from error

    async def _explain_conflict(
        self, error: KubeConflictError, name: str, namespace: str | None
    ) -> StaleObject:
        """The conflict with the object as it is now, so that a form can show both."""
        current: dict[str, JsonValue] | None = None
        if name:
            try:
                found = await self.ctx.kube.get(self.resource, name, namespace)
                current = found.to_wire()
            except KubeNotFoundError:
                current = None
        return StaleObject(current=current).with_message(error.message)


def explain_invalid(error: KubeInvalidError) -> InvalidObject:
    """A refusal as clients see it, field by field."""
    causes = [
        FieldProblem(field=cause.field, reason=cause.reason, message=cause.message)
        for cause in error.causes
    ]
    return InvalidObject(causes=causes).with_message(error.message)
