"""What a cluster serves, asked of the cluster itself and remembered for a minute."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from typing import cast

import msgspec
from pydantic import BaseModel, ConfigDict, JsonValue
from pydantic.alias_generators import to_camel

from fairlead.errors import TRPCError
from fairlead.kube.client import KubeClient, KubeRequest
from fairlead.kube.errors import KubeProtocolError
from fairlead.kube.resource import ResourceInfo

__all__ = ["Discovery", "KindRef", "ServedKind"]

SECONDS = 60.0
_AGGREGATED = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json"
)
_BUILT_IN = frozenset({"", "apps", "autoscaling", "batch", "extensions", "policy"})


class KindRef(BaseModel):
    """Names one kind that a cluster serves, as in the path of its objects."""

    model_config = ConfigDict(frozen=True)

    group: str = ""
    version: str
    plural: str


class ServedKind(BaseModel):
    """A kind that the cluster serves, in one version.

    Attributes:
        custom: it comes from a CustomResourceDefinition or an extension server, not with
            Kubernetes.
        subresources: such as `status`, `scale`, `log`.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True
    )

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool
    custom: bool
    verbs: tuple[str, ...]
    short_names: tuple[str, ...]
    subresources: tuple[str, ...]

    @property
    def info(self) -> ResourceInfo:
        """The same as resource classes say it of themselves."""
        return ResourceInfo(
            group=self.group,
            version=self.version,
            kind=self.kind,
            plural=self.plural,
            singular=self.singular,
            namespaced=self.namespaced,
            short_names=self.short_names,
        )


class _ResponseKind(msgspec.Struct):
    kind: str = ""


class _Subresource(msgspec.Struct):
    subresource: str


class _Resource(msgspec.Struct, rename="camel"):
    resource: str
    response_kind: _ResponseKind | None = None
    scope: str = "Namespaced"
    singular_resource: str = ""
    short_names: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    subresources: tuple[_Subresource, ...] = ()


class _Version(msgspec.Struct):
    version: str
    resources: tuple[_Resource, ...] = ()


class _Metadata(msgspec.Struct):
    name: str = ""


class _Group(msgspec.Struct):
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)
    versions: tuple[_Version, ...] = ()


class _Groups(msgspec.Struct):
    items: tuple[_Group, ...] = ()


_decoder = msgspec.json.Decoder(_Groups)


class Discovery:
    """The kinds of one cluster. The list is the same for everybody who has signed in to it."""

    def __init__(self, client: KubeClient, *, seconds: float = SECONDS) -> None:
        self._client = client
        self._seconds = seconds
        self._until = 0.0
        self._kinds: dict[KindRef, ServedKind] = {}
        self._lock = asyncio.Lock()

    async def list_kinds(self) -> list[ServedKind]:
        """Every kind whose objects can be listed, in the version that the cluster prefers."""
        preferred: dict[tuple[str, str], ServedKind] = {}
        for kind in (await self._get()).values():  # the preferred version comes first
            preferred.setdefault((kind.group, kind.plural), kind)
        kinds = preferred.values()
        return sorted(
            (kind for kind in kinds if "list" in kind.verbs),
            key=lambda kind: (kind.group, kind.kind),
        )

    async def get(self, ref: KindRef) -> ServedKind:
        """The kind of that name, in any version that is served.

        Raises:
            TRPCError: NOT_FOUND; the cluster serves no such kind.
        """
        for fresh in (False, True):  # it may have been defined a moment ago
            found = (await self._get(fresh=fresh)).get(ref)
            if found is not None:
                return found
        name = f"{ref.plural}.{ref.group}" if ref.group else ref.plural
        raise TRPCError(
            "NOT_FOUND", f"The cluster serves no {name} in version {ref.version!r}"
        )

    async def find_by_kind(self, api_version: str, kind: str) -> ServedKind | None:
        """The kind that a document names; None where the cluster serves none such."""
        group, _, version = api_version.rpartition("/")
        for fresh in (False, True):
            for ref, found in (await self._get(fresh=fresh)).items():
                if (ref.group, ref.version, found.kind) == (group, version, kind):
                    return found
        return None

    async def _get(self, *, fresh: bool = False) -> Mapping[KindRef, ServedKind]:
        asked = time.monotonic()
        async with self._lock:
            # Whoever waited for another's question takes its answer.
            is_new = self._until - self._seconds > asked
            if is_new or (not fresh and time.monotonic() < self._until):
                return self._kinds
            self._kinds = dict(await self._ask())
            self._until = time.monotonic() + self._seconds
            return self._kinds

    async def _ask(self) -> list[tuple[KindRef, ServedKind]]:
        found: list[tuple[KindRef, ServedKind]] = []
        for path in ("/api", "/apis"):
            body = await self._client.send(
                KubeRequest(
                    method="GET",
                    path=path,
                    credentials=self._client.server_credentials,
                    accept=_AGGREGATED,
                )
            )
            try:
                groups = _decoder.decode(body).items
            except msgspec.DecodeError as error:
                raise KubeProtocolError(
                    "What the cluster serves cannot be read: aggregated discovery "
                    "(Kubernetes 1.27 or newer) is needed"
                ) from error
            for group in groups:
                found += _read_group(group)
        return found


def _read_group(group: _Group) -> Iterator[tuple[KindRef, ServedKind]]:
    """The kinds of a group; each version of a kind leads to the kind in that version."""
    name = group.metadata.name
    for version in group.versions:
        for resource in version.resources:
            if resource.response_kind is None:
                continue
            ref = KindRef(group=name, version=version.version, plural=resource.resource)
            yield (
                ref,
                ServedKind(
                    group=name,
                    version=version.version,
                    kind=resource.response_kind.kind,
                    plural=resource.resource,
                    singular=resource.singular_resource,
                    namespaced=resource.scope == "Namespaced",
                    custom=name not in _BUILT_IN and not name.endswith(".k8s.io"),
                    verbs=resource.verbs,
                    short_names=resource.short_names,
                    subresources=tuple(
                        each.subresource for each in resource.subresources
                    ),
                ),
            )


async def fetch_schema(
    client: KubeClient, request: KubeRequest, kind: ServedKind
) -> dict[str, JsonValue]:
    """The JSON Schema of a kind out of the OpenAPI v3 document of its group and version."""
    body = await client.send(request)
    document = cast("dict[str, JsonValue]", msgspec.json.decode(body))
    components = document.get("components")
    schemas = components.get("schemas") if isinstance(components, dict) else None
    if not isinstance(schemas, dict):
        return {}
    wanted = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    for name, schema in schemas.items():
        named = (
            schema.get("x-kubernetes-group-version-kind")
            if isinstance(schema, dict)
            else None
        )
        if isinstance(named, list) and wanted in named:
            return _with_definitions(name, schemas)
    return {}


_REF = "#/components/schemas/"


def _with_definitions(
    name: str, schemas: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    """One schema with all that it refers to, as a document of its own."""
    found: dict[str, JsonValue] = {}
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current in found or current not in schemas:
            continue
        found[current] = _point_to_definitions(schemas[current], waiting)
    return {"$ref": f"#/$defs/{name}", "$defs": found}


def _point_to_definitions(value: JsonValue, seen: list[str]) -> JsonValue:
    if isinstance(value, list):
        return [_point_to_definitions(item, seen) for item in value]
    if not isinstance(value, dict):
        return value
    pointed: dict[str, JsonValue] = {}
    for key, item in value.items():
        if key == "$ref" and isinstance(item, str):
            name = item.removeprefix(_REF)
            seen.append(name)
            pointed[key] = f"#/$defs/{name}"
        else:
            pointed[key] = _point_to_definitions(item, seen)
    return pointed
