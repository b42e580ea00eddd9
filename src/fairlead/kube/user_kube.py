"""The cluster as one user sees it: typed objects in, typed objects out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TypeVar

from pydantic import JsonValue, TypeAdapter

from fairlead.kube.change_rules import WriteGuard
from fairlead.kube.client import KubeClient
from fairlead.kube.credentials import Credentials
from fairlead.kube.feed import FeedTarget
from fairlead.kube.hub import Hub, LiveQuery
from fairlead.kube.lists import ResourceList
from fairlead.kube.names import check_selector
from fairlead.kube.objects import DeleteOptions, ListOptions, RawObjects
from fairlead.kube.resource import Resource, ResourceInfo, get_info
from fairlead.kube.subscription import Pace, Subscription

__all__ = ["UserKube"]

R = TypeVar("R", bound=Resource)


class UserKube:
    """Operations on the cluster, with one user's rights.

        codebase = await self.ctx.kube.get(Codebase, "shop", "team-a")

    Attributes:
        raw: the same as JSON bytes, for results that are only passed on.
        default_namespace: used for namespaced kinds where none is given.
    """

    def __init__(
        self,
        client: KubeClient,
        hub: Hub,
        credentials: Credentials,
        default_namespace: str | None = None,
        guard: WriteGuard | None = None,
    ) -> None:
        self.raw = RawObjects(client, credentials, guard)
        self.credentials = credentials
        self.default_namespace = default_namespace
        self._hub = hub

    async def get(
        self, resource: type[R], name: str, namespace: str | None = None
    ) -> R:
        """One object.

        Raises:
            KubeNotFoundError: there is none of that name.
        """
        info = get_info(resource)
        namespace = self.place(resource, namespace)
        return resource.from_wire(await self.raw.get(info, name, namespace))

    async def list_(
        self,
        resource: type[R],
        namespace: str | None = None,
        options: ListOptions | None = None,
    ) -> ResourceList[R]:
        """Objects of one namespace, or of all."""
        raw = await self.raw.list_(
            get_info(resource), namespace, options or ListOptions()
        )
        adapter: TypeAdapter[ResourceList[R]] = TypeAdapter(ResourceList[resource])  # type: ignore[valid-type]
        return adapter.validate_json(raw)

    async def create(self, object_: R, *, dry_run: bool = False) -> R:
        """Creates an object; the result is what the cluster made of it.

        Raises:
            KubeConflictError: there is one of that name already.
            KubeInvalidError: the cluster refuses it, field by field.
        """
        return type(object_).from_wire(await self.raw.create(object_, dry_run=dry_run))

    async def update(self, object_: R, *, dry_run: bool = False) -> R:
        """Replaces an object.

        Raises:
            KubeConflictError: it was changed since it was read.
        """
        return type(object_).from_wire(await self.raw.update(object_, dry_run=dry_run))

    async def patch(
        self,
        resource: type[R],
        name: str,
        namespace: str | None = None,
        *,
        patch: Mapping[str, JsonValue] | Sequence[Mapping[str, JsonValue]],
        dry_run: bool = False,
    ) -> R:
        """Changes fields by JSON merge patch: null removes, lists are replaced.

        A list is JSON Patch (RFC 6902): its steps, all or none.
        """
        place = self.place(resource, namespace)
        info = get_info(resource)
        data = await self.raw.patch(info, name, place, patch, dry_run=dry_run)
        return resource.from_wire(data)

    async def delete(
        self,
        resource: type[Resource],
        name: str,
        namespace: str | None = None,
        options: DeleteOptions | None = None,
    ) -> None:
        """Deletes an object; it is gone when its finalizers are done."""
        place = self.place(resource, namespace)
        await self.raw.delete(get_info(resource), name, place, options)

    def watch(  # noqa: PLR0913  keyword-only after what is followed
        self,
        resource: type[Resource],
        namespace: str | None = None,
        *,
        label_selector: str | None = None,
        field_selector: str | None = None,
        last_event_id: str | None = None,
        pace: Pace | None = None,
    ) -> Subscription:
        """Frames of a live view; everybody with the same rights shares one upstream watch."""
        query = self.make_query(
            get_info(resource),
            (namespace,),
            label_selector=label_selector,
            field_selector=field_selector,
        )
        return self.watch_query(query, last_event_id, pace)

    @staticmethod
    def make_query(
        info: ResourceInfo,
        namespaces: tuple[str | None, ...],
        *,
        label_selector: str | None = None,
        field_selector: str | None = None,
    ) -> LiveQuery:
        """What to follow of a kind, in which namespaces.

        Raises:
            TRPCError: a selector is none.
        """
        return _make_query(info, namespaces, label_selector, field_selector)

    def watch_query(
        self,
        query: LiveQuery,
        last_event_id: str | None = None,
        pace: Pace | None = None,
    ) -> Subscription:
        """Frames of a query; whoever asks the same with the same rights shares the work."""
        return self._hub.subscribe(query, self.credentials, last_event_id, pace)

    def place(self, resource: type[Resource], namespace: str | None) -> str | None:
        """The namespace given, else the default one for namespaced kinds."""
        if namespace is None and get_info(resource).namespaced:
            return self.default_namespace
        return namespace


@lru_cache(maxsize=1024)  # all who come back after a restart ask the same
def _make_query(
    info: ResourceInfo,
    namespaces: tuple[str | None, ...],
    label_selector: str | None,
    field_selector: str | None,
) -> LiveQuery:
    labels, fields = check_selector(label_selector), check_selector(field_selector)
    return LiveQuery(
        tuple(FeedTarget(info, name, labels, fields) for name in namespaces)
    )
