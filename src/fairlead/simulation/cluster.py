"""The part of the Kubernetes API that seeding and simulating need, over HTTPS."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp
from pydantic import JsonValue, TypeAdapter

from fairlead.simulation.actions import Log
from fairlead.simulation.errors import ClusterError, UnreachableError
from fairlead.simulation.kubeconfig import Access, read_kubeconfig
from fairlead.simulation.objects import JsonObject, Kind, Ref, objects, ref_of, text

__all__ = ["Cluster", "wait_until_served"]

_OBJECT: TypeAdapter[JsonObject] = TypeAdapter(dict[str, JsonValue])
_MERGE = "application/merge-patch+json"
_LONGEST_EVENT = 8 * 1024 * 1024
# A watch is silent for long; that it is dead shows by the end that it was asked to have.
_WATCH_SECONDS = 240


class Cluster:
    """A connection to a cluster; use it as an async context manager."""

    def __init__(self, access: Access, *, request_seconds: float = 10.0) -> None:
        self._access = access
        self._request_seconds = request_seconds
        self._session: aiohttp.ClientSession | None = None
        self._plurals: dict[str, dict[str, tuple[str, bool]]] = {}

    @classmethod
    def from_kubeconfig(cls, path: Path) -> Self:
        """The cluster of a kubeconfig's current context.

        Raises:
            ManifestError: the file is missing or unusable.
        """
        return cls(read_kubeconfig(path))

    async def __aenter__(self) -> Self:
        headers = {"User-Agent": "fairlead-simulation"}
        if self._access.token is not None:
            headers["Authorization"] = f"Bearer {self._access.token}"
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=self._access.tls or True),
            headers=headers,
            read_bufsize=_LONGEST_EVENT,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, ref: Ref) -> JsonObject:
        """Reads an object."""
        return await self._request("GET", await self._path(ref))

    async def find(self, ref: Ref) -> JsonObject | None:
        """Reads an object; None where there is none."""
        try:
            return await self.get(ref)
        except ClusterError as error:
            if error.status == 404:
                return None
            raise

    async def list(
        self, kind: Kind, selector: str = ""
    ) -> tuple[list[JsonObject], str]:
        """All objects of a kind that a label selector picks, and the version of the list."""
        path = await self._collection(kind, "")
        found = await self._request("GET", path, query={"labelSelector": selector})
        # Lists of built-in kinds leave out what every item would repeat.
        items = [
            {"apiVersion": kind.api_version, "kind": kind.name, **each}
            for each in objects(found, "items")
        ]
        return items, text(found, "metadata", "resourceVersion")

    async def create(self, value: JsonObject) -> JsonObject:
        """Creates an object."""
        ref = ref_of(value)
        return await self._request(
            "POST", await self._collection(ref.kind, ref.namespace), value
        )

    async def patch(
        self, ref: Ref, patch: JsonObject, *, subresource: str = ""
    ) -> JsonObject:
        """Merges a patch into an object, or into its subresource."""
        path = await self._path(ref) + (f"/{subresource}" if subresource else "")
        return await self._request("PATCH", path, patch, {"Content-Type": _MERGE})

    async def delete(self, ref: Ref) -> None:
        """Deletes an object; its dependants follow in the background."""
        body: JsonObject = {"propagationPolicy": "Background"}
        await self._request("DELETE", await self._path(ref), body)

    async def append_log(self, log: Log) -> None:
        """Adds lines to the log of a container. Only a dev cluster takes them."""
        query = {"container": log.container}
        query |= {"previous": "true"} if log.previous else {}
        query |= {"timestamps": "true"} if log.timestamps else {}
        path = f"{await self._path(log.ref)}/log"
        lines = "\n".join(log.lines)
        await self._request("POST", path, lines, {"Content-Type": "text/plain"}, query=query)  # fmt: skip

    async def delete_labelled(self, kind: Kind, namespace: str, selector: str) -> None:
        """Deletes all objects of a kind in a namespace that carry a label."""
        path = await self._collection(kind, namespace)
        await self._request("DELETE", path, query={"labelSelector": selector})

    async def watch(
        self, kind: Kind, version: str, selector: str = ""
    ) -> AsyncIterator[tuple[str, JsonObject]]:
        """The events after a version of what a label selector picks, until the server ends the stream.

        Raises:
            ClusterError: the cluster refused, 410 if the version is too old.
            UnreachableError: the connection broke.
        """
        path = await self._collection(kind, "")
        query = {
            "watch": "true",
            "resourceVersion": version,
            "labelSelector": selector,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(_WATCH_SECONDS),
        }
        limit = aiohttp.ClientTimeout(
            total=None, sock_connect=5, sock_read=_WATCH_SECONDS + 15
        )
        try:
            url = self._access.server + path
            async with self._live().get(url, params=query, timeout=limit) as answer:
                if answer.status != 200:
                    raise _refusal(answer.status, await answer.text())
                async for line in answer.content:
                    yield _event(line)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as exc:
            raise UnreachableError(
                f"Lost the watch of {kind.name}: {_describe(exc)}"
            ) from exc

    async def serves(self, kind: Kind) -> bool:
        """Whether the cluster serves a kind, asked anew."""
        try:
            return kind.name in await self._discover(kind.api_version)
        except ClusterError as error:
            if error.status in {404, 503}:
                return False
            raise

    async def _path(self, ref: Ref) -> str:
        return f"{await self._collection(ref.kind, ref.namespace)}/{ref.name}"

    async def _collection(self, kind: Kind, namespace: str) -> str:
        known = self._plurals.get(kind.api_version)
        if known is None or kind.name not in known:
            known = await self._discover(kind.api_version)
        if kind.name not in known:
            message = f"The cluster serves no {kind.name} in {kind.api_version}: apply its definition first"
            raise ClusterError(404, "NotFound", message)
        plural, namespaced = known[kind.name]
        place = f"/namespaces/{namespace}" if namespace and namespaced else ""
        return f"{_root(kind.api_version)}{place}/{plural}"

    async def _discover(self, api_version: str) -> dict[str, tuple[str, bool]]:
        found = await self._request("GET", _root(api_version))
        plurals = {
            text(each, "kind"): (text(each, "name"), each.get("namespaced") is True)
            for each in objects(found, "resources")
            if "/" not in text(each, "name")
        }
        self._plurals[api_version] = plurals
        return plurals

    async def _request(
        self,
        method: str,
        path: str,
        body: JsonObject | str | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        query: Mapping[str, str] | None = None,
    ) -> JsonObject:
        sent = None if body is None else _encode(body)
        kind = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            **(headers or {}),
        }
        url = self._access.server + path
        limit = aiohttp.ClientTimeout(total=self._request_seconds, sock_connect=5)
        try:
            async with self._live().request(
                method, url, data=sent, headers=kind, params=query, timeout=limit
            ) as answer:
                received = await answer.text()
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            raise UnreachableError(
                f"{self._access.server} did not answer: {_describe(exc)}"
            ) from exc
        if answer.status >= 400:
            raise _refusal(answer.status, received)
        return _object(received)

    def _live(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError(
                "The cluster connection is not open: use it in `async with`"
            )
        return self._session


def _root(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def _encode(body: JsonObject | str) -> bytes:
    return (body if isinstance(body, str) else json.dumps(body)).encode()


def _object(received: str) -> JsonObject:
    return _OBJECT.validate_json(received)


def _event(line: bytes) -> tuple[str, JsonObject]:
    event = _object(line.decode())
    found = event.get("object")
    kind, value = text(event, "type"), found if isinstance(found, dict) else {}
    if kind == "ERROR":
        code = value.get("code")
        status = code if isinstance(code, int) else 500
        raise ClusterError(status, text(value, "reason"), text(value, "message"))
    return kind, value


def _refusal(status: int, received: str) -> ClusterError:
    try:
        found = _object(received)
    except ValueError:
        return ClusterError(status, "Unknown", received[:200])
    return ClusterError(
        status, text(found, "reason") or "Unknown", text(found, "message")
    )


def _describe(error: BaseException) -> str:
    return str(error) or type(error).__name__


async def wait_until_served(
    cluster: Cluster, kinds: list[Kind], *, seconds: float = 10.0
) -> None:
    """Waits until the cluster serves all kinds.

    Raises:
        UnreachableError: it does not in time.
    """
    missing = list(kinds)
    try:
        async with asyncio.timeout(seconds):
            while missing := [  # noqa: ASYNC110 - discovery cannot be waited for, only asked again
                kind for kind in missing if not await cluster.serves(kind)
            ]:
                await asyncio.sleep(0.02)
    except TimeoutError:
        names = ", ".join(kind.name for kind in missing)
        raise UnreachableError(
            f"The cluster does not serve {names} after {seconds:g} s"
        ) from None
