"""Requests for objects, as raw JSON: every verb, with its options, checked before it is sent."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, cast

import msgspec

from fairlead.errors import TRPCError
from fairlead.kube.change_rules import Verb, WriteGuard
from fairlead.kube.client import KubeClient, KubeRequest, Method
from fairlead.kube.completing import CompletedList
from fairlead.kube.credentials import Credentials
from fairlead.kube.long_answers import PassedChunks
from fairlead.kube.names import check_selector
from fairlead.kube.passing import PassedList
from fairlead.kube.resource import Resource, ResourceInfo, get_info
from fairlead.kube.urls import Query, get_collection_path, get_object_path
from fairlead.kube.wire import WireReader

__all__ = ["DeleteOptions", "ListOptions", "Propagation", "RawObjects"]

Propagation = Literal["Background", "Foreground", "Orphan"]

FIELD_MANAGER = "fairlead"
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
_NEEDS_VERSION = (
    "An update needs metadata.resourceVersion as it was read: without it, it would overwrite "
    "what others changed. To change single fields, use patch"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOptions:
    """What to list.

    Attributes:
        continue_: where the page before ended.
    """

    label_selector: str | None = None
    field_selector: str | None = None
    limit: int | None = None
    continue_: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteOptions:
    """How to delete.

    Attributes:
        uid: delete only that very object, not one of the same name made since.
        resource_version: delete only if it was not changed since.
        dry_run: only ask whether it would be deleted.
    """

    propagation: Propagation | None = None
    uid: str | None = None
    resource_version: str | None = None
    dry_run: bool = False


def _name_manager() -> Query:
    return {"fieldManager": FIELD_MANAGER}


@dataclass(frozen=True, slots=True)
class _Write:
    """A request that changes something."""

    method: Method
    path: str
    body: bytes
    content_type: str = "application/json"
    query: Query = field(default_factory=_name_manager)


def _encode(value: object) -> bytes:
    """An object or a patch as JSON.

    Raises:
        TRPCError: BAD_REQUEST; a number in it is beyond all that JSON can say. Written as null, it
            would remove the field.
    """
    if not _is_finite(value):
        raise TRPCError("BAD_REQUEST", "A number is too large, or is none")
    return msgspec.json.encode(value)


def _is_finite(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, Mapping):
        return all(map(_is_finite, cast("Mapping[str, object]", value).values()))
    if isinstance(value, list):
        return all(map(_is_finite, cast("list[object]", value)))
    return True


class RawObjects:
    """Objects as JSON bytes, as one user sees them.

    Raises:
        TRPCError: by each write that a label or a rule of the application forbids.
    """

    def __init__(
        self,
        client: KubeClient,
        credentials: Credentials,
        guard: WriteGuard | None = None,
    ) -> None:
        self.client = client
        self.credentials = credentials
        self._guard = guard

    async def list_(
        self, info: ResourceInfo, namespace: str | None, options: ListOptions
    ) -> bytes:
        """`{items, metadata}` in the form of resource routers."""
        request = self._get_list(info, namespace, options)
        return WireReader(info).rewrite_list(await self.client.send(request))

    async def pass_list(
        self,
        info: ResourceInfo,
        namespace: str | None,
        options: ListOptions,
        *,
        whole: bool = False,
    ) -> bytes | PassedChunks:
        """The same; a long one as it comes. Read that to its end, or `aclose` it.

        Who asks for what others are waiting for already gets it with them.

        Args:
            whole: the caller has little use for pieces; only a very long one comes in pieces then.
        """
        request = self._get_list(info, namespace, options)
        key = (self.credentials.key, info, namespace, options)
        ask = partial(self._ask_list, info, request)
        return await self.client.lists.get(key, ask, whole=whole)

    async def _ask_list(
        self, info: ResourceInfo, request: KubeRequest, size: int
    ) -> bytes | PassedChunks:
        reader = WireReader(info)
        answer = await self.client.send_long(request, size)
        if isinstance(answer, bytes):
            return reader.rewrite_list(answer)
        first = answer.first
        passed = PassedList.begin(first) or CompletedList.begin(first, reader)
        if passed is None:
            return reader.rewrite_list(await answer.read())
        return PassedChunks(answer, passed)

    def _get_list(
        self, info: ResourceInfo, namespace: str | None, options: ListOptions
    ) -> KubeRequest:
        return KubeRequest(
            method="GET",
            path=get_collection_path(info, namespace),
            credentials=self.credentials,
            query={
                "labelSelector": check_selector(options.label_selector),
                "fieldSelector": check_selector(options.field_selector),
                "limit": options.limit,
                "continue": options.continue_,
            },
        )

    async def get(self, info: ResourceInfo, name: str, namespace: str | None) -> bytes:
        """One object."""
        return await self._send("GET", get_object_path(info, name, namespace))

    async def create(self, object_: Resource, *, dry_run: bool = False) -> bytes:
        """Creates an object in its own namespace; returns it as the cluster made it."""
        info = get_info(type(object_))
        namespace = object_.metadata.namespace
        if info.namespaced and namespace is None:
            raise TRPCError(
                "BAD_REQUEST", f"{info.kind} is namespaced: set metadata.namespace"
            )
        if not (object_.metadata.name or object_.metadata.generate_name):
            raise TRPCError(
                "BAD_REQUEST",
                "A new object needs metadata.name or metadata.generateName",
            )
        body = _encode(object_.to_wire())
        path = get_collection_path(info, namespace)
        return await self._write("create", info, _Write("POST", path, body), dry_run)

    async def update(self, object_: Resource, *, dry_run: bool = False) -> bytes:
        """Replaces an object if it was not changed since it was read."""
        info = get_info(type(object_))
        metadata = object_.metadata
        if not metadata.resource_version:
            raise TRPCError("BAD_REQUEST", _NEEDS_VERSION)
        path = get_object_path(info, metadata.name, metadata.namespace)
        body = _encode(object_.to_wire())
        return await self._write("update", info, _Write("PUT", path, body), dry_run)

    async def replace(
        self,
        info: ResourceInfo,
        name: str,
        namespace: str | None,
        object_: Mapping[str, object],
        *,
        dry_run: bool = False,
    ) -> bytes:
        """Replaces an object by one of a kind that there is no class for."""
        metadata = object_.get("metadata")
        known = cast(
            "Mapping[str, object]", metadata if isinstance(metadata, dict) else {}
        )
        if not known.get("resourceVersion"):
            raise TRPCError("BAD_REQUEST", _NEEDS_VERSION)
        path = get_object_path(info, name, namespace)
        body = _encode(object_)
        return await self._write("update", info, _Write("PUT", path, body), dry_run)

    async def apply(  # noqa: PLR0913  keyword-only after what names the object
        self,
        info: ResourceInfo,
        name: str,
        namespace: str | None,
        object_: Mapping[str, object],
        *,
        field_manager: str,
        force: bool = False,
        dry_run: bool = False,
    ) -> bytes:
        """Applies an object on the server: what the manager no longer names, it gives up."""
        write = _Write(
            "PATCH",
            get_object_path(info, name, namespace),
            _encode(object_),
            APPLY_PATCH,
            {"fieldManager": field_manager, "force": force},
        )
        return await self._write("update", info, write, dry_run)

    async def patch(  # noqa: PLR0913  keyword-only after what names the object
        self,
        info: ResourceInfo,
        name: str,
        namespace: str | None,
        patch: Mapping[str, object] | Sequence[Mapping[str, object]],
        *,
        subresource: str | None = None,
        dry_run: bool = False,
    ) -> bytes:
        """Changes fields by JSON merge patch, or by JSON Patch where it is a list of steps."""
        write = _Write(
            "PATCH",
            get_object_path(info, name, namespace, subresource),
            _encode(patch),
            MERGE_PATCH if isinstance(patch, Mapping) else JSON_PATCH,
        )
        whole = get_object_path(info, name, namespace) if subresource else None
        return await self._write("update", info, write, dry_run, whole=whole)

    async def delete(
        self,
        info: ResourceInfo,
        name: str,
        namespace: str | None,
        options: DeleteOptions | None = None,
    ) -> None:
        """Deletes an object."""
        options = options or DeleteOptions()
        preconditions = {
            name: value
            for name, value in (
                ("uid", options.uid),
                ("resourceVersion", options.resource_version),
            )
            if value is not None
        }
        body: dict[str, object] = {"apiVersion": "v1", "kind": "DeleteOptions"}
        if options.propagation:
            body["propagationPolicy"] = options.propagation
        if preconditions:
            body["preconditions"] = preconditions
        if options.dry_run:
            body["dryRun"] = ["All"]
        path = get_object_path(info, name, namespace)
        write = _Write("DELETE", path, msgspec.json.encode(body), query={})
        await self._write("delete", info, write)

    async def _write(
        self,
        verb: Verb,
        info: ResourceInfo,
        write: _Write,
        dry_run: bool = False,
        *,
        whole: str | None = None,
    ) -> bytes:
        """Makes a write that nothing forbids.

        Args:
            whole: path of the object, where only a part of it is written.
        """
        if self._guard is not None:
            read = partial(self._send, "GET", whole or write.path)
            attempt = partial(self._send_write, write, dry_run=True)
            await self._guard.check(
                verb,
                info,
                None if verb == "create" else read,
                None if whole or verb == "delete" else attempt,
            )
        return await self._send_write(write, dry_run=dry_run)

    async def _send_write(self, write: _Write, *, dry_run: bool) -> bytes:
        query = {**write.query, "dryRun": "All"} if dry_run else write.query
        return await self._send(
            write.method,
            write.path,
            query=query,
            body=write.body,
            content_type=write.content_type,
        )

    async def _send(
        self,
        method: Method,
        path: str,
        *,
        query: Query | None = None,
        body: bytes | None = None,
        content_type: str = "application/json",
    ) -> bytes:
        return await self.client.send(
            KubeRequest(
                method=method,
                path=path,
                credentials=self.credentials,
                query=query or {},
                body=body,
                content_type=content_type,
            )
        )
