"""Requests for objects, as raw JSON: every verb, with its options, checked before it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, cast

import msgspec

from fairlead.errors import TRPCError
from fairlead.kube.client import KubeClient, KubeRequest, Method
from fairlead.kube.credentials import Credentials
from fairlead.kube.errors import KubeNotFoundError
from fairlead.kube.long_answers import PassedChunks
from fairlead.kube.names import check_selector
from fairlead.kube.passing import PassedList
from fairlead.kube.protection import Protection
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


class _Metadata(msgspec.Struct):
    labels: dict[str, str] | None = None


class _Labelled(msgspec.Struct):
    metadata: _Metadata


class RawObjects:
    """Objects as JSON bytes, as one user sees them.

    Raises:
        TRPCError: FORBIDDEN by each write that the object's label protects it from.
    """

    def __init__(
        self,
        client: KubeClient,
        credentials: Credentials,
        protection: Protection | None = None,
    ) -> None:
        self.client = client
        self.credentials = credentials
        self._protection = protection

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
        answer = await self.client.send_long(request, size)
        if isinstance(answer, bytes):
            return WireReader(info).rewrite_list(answer)
        passed = PassedList.begin(answer.first)
        if passed is None:
            return WireReader(info).rewrite_list(await answer.read())
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
        body = msgspec.json.encode(object_.to_wire())
        path = get_collection_path(info, namespace)
        return await self._send("POST", path, body=body, query=_write(dry_run))

    async def update(self, object_: Resource, *, dry_run: bool = False) -> bytes:
        """Replaces an object if it was not changed since it was read."""
        info = get_info(type(object_))
        metadata = object_.metadata
        if not metadata.resource_version:
            raise TRPCError("BAD_REQUEST", _NEEDS_VERSION)
        path = get_object_path(info, metadata.name, metadata.namespace)
        await self._check("update", path)
        body = msgspec.json.encode(object_.to_wire())
        return await self._send("PUT", path, body=body, query=_write(dry_run))

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
        await self._check("update", path)
        body = msgspec.json.encode(object_)
        return await self._send("PUT", path, body=body, query=_write(dry_run))

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
        path = get_object_path(info, name, namespace)
        await self._check("update", path)
        return await self._send(
            "PATCH",
            path,
            body=msgspec.json.encode(object_),
            content_type=APPLY_PATCH,
            query={
                "fieldManager": field_manager,
                "force": force,
                "dryRun": "All" if dry_run else None,
            },
        )

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
        is_merge = isinstance(patch, Mapping)
        await self._check("update", get_object_path(info, name, namespace))
        return await self._send(
            "PATCH",
            get_object_path(info, name, namespace, subresource),
            body=msgspec.json.encode(patch),
            content_type=MERGE_PATCH if is_merge else JSON_PATCH,
            query=_write(dry_run),
        )

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
            if value
        }
        body: dict[str, object] = {"apiVersion": "v1", "kind": "DeleteOptions"}
        if options.propagation:
            body["propagationPolicy"] = options.propagation
        if preconditions:
            body["preconditions"] = preconditions
        if options.dry_run:
            body["dryRun"] = ["All"]
        path = get_object_path(info, name, namespace)
        await self._check("delete", path)
        await self._send("DELETE", path, body=msgspec.json.encode(body))

    async def _check(self, verb: Literal["update", "delete"], path: str) -> None:
        """Refuses what the object's label protects it from."""
        if self._protection is None:
            return
        try:
            found = await self._send("GET", path)
        except KubeNotFoundError:
            return  # it is created, or the write itself says so
        labels = msgspec.json.decode(found, type=_Labelled).metadata.labels or {}
        reason = self._protection.explain(labels, verb)
        if reason is not None:
            raise TRPCError("FORBIDDEN", reason)

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


def _write(dry_run: bool) -> Query:
    return {
        "fieldManager": FIELD_MANAGER,
        "dryRun": "All" if dry_run else None,
    }
