"""The registry: one entry per resource, built-in or custom, on one code path."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from fairlead.devcluster.errors import PlainError, Subject, unknown_resource
from fairlead.devcluster.schema import Schema

ALL_VERBS = (
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
)
STATUS_VERBS = ("get", "patch", "update")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a Table answer."""

    name: str
    type: str = "string"
    format: str = ""
    priority: int = 0
    path: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Subresource:
    """A path below an object: `pods/log`."""

    name: str
    kind: str
    verbs: tuple[str, ...]
    group: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class ScalePaths:
    """Where a resource keeps what `Scale` shows."""

    spec: str
    status: str
    selector: str = ""


@dataclass(slots=True)
class Version:
    """One served version of a resource; its schema is made when it is asked for."""

    name: str
    make_schema: Callable[[], Schema]
    columns: tuple[Column, ...] = ()
    served: bool = True
    status: bool = False
    scale: ScalePaths | None = None
    selectable: tuple[str, ...] = ()
    deprecation: str = ""
    definition: str = ""  # the name of the type in OpenAPI documents

    @property
    def schema(self) -> Schema:
        """What objects of this version may be."""
        return self.make_schema()


@dataclass(slots=True)
class Resource:
    """Everything the server knows of a resource; the flags say where kinds differ."""

    group: str
    plural: str
    kind: str
    list_kind: str
    singular: str
    namespaced: bool
    versions: dict[str, Version]
    storage_version: str
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    subresources: tuple[Subresource, ...] = ()
    custom: bool = False
    storage_key: str = ""
    unconditional_update: bool = True
    create_on_update: bool = False
    has_generation: bool = False
    free_names: bool = False  # path segments instead of DNS names
    label_names: bool = False  # one DNS label
    field_paths: Mapping[str, str] = field(default_factory=dict[str, str])
    scheme_fields: bool = False  # how an unknown field selector is worded
    terminating: bool = False
    stale_before: int = (
        0  # objects stored at or before need today's defaults on reading
    )

    def __post_init__(self) -> None:
        if not self.storage_key:
            self.storage_key = str(self.subject)

    @property
    def subject(self) -> Subject:
        """How error messages name this resource."""
        return Subject(self.group, self.plural)

    @property
    def virtual(self) -> bool:
        """Whether objects are answered and never stored (reviews)."""
        return self.verbs == ("create",)

    def api_version(self, version: str) -> str:
        """Return `group/version` as objects carry it."""
        return f"{self.group}/{version}" if self.group else version

    def find_subresource(self, name: str) -> Subresource | None:
        """Return the subresource, if the resource has it."""
        return next((sub for sub in self.subresources if sub.name == name), None)


_VERSION_NAME = re.compile(r"^v(\d+)(?:(alpha|beta)(\d+))?$")


def version_order(name: str) -> tuple[int, int, int, str]:
    """Sort key of versions: v2 before v1 before v1beta1 before anything else."""
    found = _VERSION_NAME.match(name)
    if found is None:
        return (3, 0, 0, name)
    stage = {None: 0, "beta": 1, "alpha": 2}[found[2]]
    return (stage, -int(found[1]), -int(found[3] or 0), name)


class Registry:
    """All resources by group, version and plural."""

    def __init__(self) -> None:
        self._resources: dict[tuple[str, str], Resource] = {}
        self._groups: dict[str, dict[str, list[Resource]]] = {}
        self.generation = 0

    def add(self, resource: Resource) -> None:
        """Serve a resource, replacing the entry of the same group and plural."""
        self._resources[resource.group, resource.plural] = resource
        self._index()

    def remove(self, group: str, plural: str) -> None:
        """Stop serving a resource."""
        if self._resources.pop((group, plural), None) is not None:
            self._index()

    def _index(self) -> None:
        self.generation += 1
        self._groups = {}
        for resource in self._resources.values():
            versions = self._groups.setdefault(resource.group, {})
            for version in resource.versions.values():
                if version.served:
                    versions.setdefault(version.name, []).append(resource)

    def __iter__(self) -> Iterator[Resource]:
        return iter(list(self._resources.values()))

    def find(self, group: str, plural: str) -> Resource | None:
        """Return a resource, if it is served."""
        return self._resources.get((group, plural))

    def get(self, group: str, version: str, plural: str) -> tuple[Resource, Version]:
        """Return a served resource and version; 404 in the way Kubernetes says it."""
        resource = self._resources.get((group, plural))
        if resource is not None:
            found = resource.versions.get(version)
            if found is not None and found.served:
                return resource, found
        if version not in self._groups.get(group, {}):
            raise PlainError(404, "404 page not found\n")
        raise unknown_resource()

    def by_kind(self, group: str, kind: str) -> Resource | None:
        """Return the resource that stores a kind, if there is one."""
        for resource in self._resources.values():
            if resource.group == group and resource.kind == kind:
                return resource
        return None

    def groups(self) -> list[str]:
        """Return all groups but the core one, the built-in ones first."""
        return [group for group in self._groups if group]

    def versions(self, group: str) -> list[str]:
        """Return the versions of a group, the preferred one first."""
        return sorted(self._groups.get(group, {}), key=version_order)

    def resources(self, group: str, version: str) -> list[Resource]:
        """Return the resources of a group version, sorted by name."""
        found = self._groups.get(group, {}).get(version, [])
        return sorted(found, key=lambda resource: resource.plural)

    def stored(self) -> Iterator[Resource]:
        """Yield every resource that has objects, once for each storage."""
        seen = set[str]()
        for resource in self:
            if not resource.virtual and resource.storage_key not in seen:
                seen.add(resource.storage_key)
                yield resource
