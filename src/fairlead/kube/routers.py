"""`ResourceRouter[R]`: everything a client does with one kind of resource."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Generic, Literal, TypeVar, cast

import msgspec
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fairlead.access import all_of, authenticated
from fairlead.errors import TRPCError, TypedError
from fairlead.kube.bulk import DeleteResult, DeleteTarget, delete_many
from fairlead.kube.cluster import KubeContext
from fairlead.kube.drafts import AsDraft
from fairlead.kube.errors import KubeConflictError, KubeInvalidError
from fairlead.kube.objects import DeleteOptions, Propagation
from fairlead.kube.policies import on_resource
from fairlead.kube.reading import ReadRouter
from fairlead.kube.resource import Resource, ResourceInfo, get_info
from fairlead.kube.scopes import review
from fairlead.procedure import mutation

__all__ = [
    "FieldProblem",
    "InvalidObject",
    "JsonPatchOperation",
    "ObjectInUse",
    "ResourceRouter",
    "StaleObject",
    "explain_invalid",
    "explain_stale",
    "find_current",
]

R = TypeVar("R", bound=Resource)


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


class ObjectInUse(TypedError, code="CONFLICT"):  # noqa: N818  as above
    """Something else needs the object, so that it is not deleted."""

    by: list[str]


class InvalidObject(TypedError, code="UNPROCESSABLE_CONTENT"):  # noqa: N818  as above
    """The cluster refuses the object."""

    causes: list[FieldProblem]


class ResourceRouter(ReadRouter[R], Generic[R]):
    """Procedures of one kind of resource, each allowed to whom the cluster allows it.

        class Codebases(ResourceRouter[Codebase]):
            '''Add procedures of your own beside them.'''

    For kinds that are not to be written freely there is `ReadRouter`.
    """

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

    async def check_delete(self, name: str, namespace: str | None) -> None:
        """Override it to keep what something else needs: it is asked before each deletion.

        Raises:
            ObjectInUse: it stays, because of what is named there.
        """

    @mutation(access=on_resource("delete"), raises=(StaleObject, ObjectInUse))
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
        await self.check_delete(name, place)
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
        self,
        items: Annotated[list[DeleteTarget], Field(max_length=1000)],
        propagation_policy: Propagation | None = None,
        dry_run: bool = False,
    ) -> list[DeleteResult]:
        """Deletes objects, each as far as the caller may, and says what became of each."""
        options = DeleteOptions(propagation=propagation_policy, dry_run=dry_run)
        return await delete_many(
            self.ctx.kube,
            self.call,
            self.resource,
            items,
            options,
            check=self.check_delete,
        )

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
        info = get_info(self.resource)
        current = await find_current(self.ctx, info, name, namespace) if name else None
        return StaleObject(current=current).with_message(explain_stale(error, name))


async def find_current(
    context: KubeContext, info: ResourceInfo, name: str, namespace: str | None
) -> dict[str, JsonValue] | None:
    """An object as it is, whatever its class says; None where the user may not read it.

    Whatever goes wrong here, a conflict is told as a conflict.
    """
    try:
        decision = await review(context.request, info, "get", namespace, name)
        if not decision.allowed:
            return None
        found = await context.kube.raw.get(info, name, namespace)
    except TRPCError:
        return None
    return cast("dict[str, JsonValue]", msgspec.json.decode(found))


def explain_stale(error: KubeConflictError, name: str) -> str:
    """A conflict in words for people.

    An API server says of a stale version what a program should do next. Other conflicts, as of
    field managers or preconditions, are told in its own words.
    """
    if "the object has been modified" in error.message:
        return f"{name} was changed by somebody else since it was read"
    return error.message


PATCH_REFUSED = "the server rejected our request due to an error in our request"


def explain_invalid(error: KubeInvalidError) -> InvalidObject:
    """A refusal as clients see it, field by field."""
    if error.message == PATCH_REFUSED:
        # All that an API server says of a JSON Patch that does not fit.
        return InvalidObject(causes=[]).with_message(
            "Nothing was changed: the object has not what a step of the patch needs or tests"
        )
    causes = [
        FieldProblem(field=cause.field, reason=cause.reason, message=cause.message)
        for cause in error.causes
    ]
    return InvalidObject(causes=causes).with_message(error.message)
