"""Kubernetes resources as Pydantic models.

    class Codebase(Resource, group="v2.edp.epam.com", version="v1", plural="codebases"):
        '''A source repository the platform builds.'''

        spec: CodebaseSpec
        status: CodebaseStatus | None = None

Snake case in Python, camelCase on the wire. Fields that a model does not know are kept, so an
object that is read, changed and written back loses nothing of what other versions or
controllers put there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, ClassVar, Literal, Self, cast

from pydantic import BaseModel, JsonValue

from fairlead.drafts.creators import Declared
from fairlead.errors import DefinitionError
from fairlead.kube.draft_models import get_draft_model
from fairlead.kube.models import KubeModel, ObjectMeta, OwnerReference
from fairlead.kube.names import is_dns_label, is_dns_subdomain

__all__ = ["KubeModel", "ObjectMeta", "OwnerReference", "Resource", "ResourceInfo"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceInfo:
    """Where the API server keeps a kind of object.

    Attributes:
        group: API group; empty for core.
        labels: label keys the application uses, by the name that clients use for them.
    """

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(
        default_factory=lambda: MappingProxyType({}), hash=False
    )

    @property
    def api_version(self) -> str:
        """`group/version`, or the version alone for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified_plural(self) -> str:
        """The plural with its group, as `kubectl` writes it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


class Resource(KubeModel):
    """Base of all resources; the class arguments say where the API server keeps them.

    Args:
        group: API group; empty for core.
        plural: as in URLs and roles.
        kind: defaults to the class's name.
        singular: defaults to the kind in lower case.
        namespaced: False for cluster-scoped kinds.
        labels: label keys by the names that generated clients use for them. Those that a draft's inputs
            are put in have the inputs' names, if they are not listed here.

    A class that derives from a resource class, and says nothing of group, version and plural, is of
    the same kind, whatever its own name; its labels are added.
    """

    always_present: ClassVar[frozenset[str]] = frozenset({"api_version", "kind"})
    __resource__: ClassVar[ResourceInfo]
    __drafts__: ClassVar[Mapping[str, Declared]] = MappingProxyType({})

    api_version: str = ""
    kind: str = ""
    metadata: ObjectMeta

    def __init_subclass__(  # noqa: PLR0913  class arguments: named, each with one meaning
        cls,
        *,
        group: str | None = None,
        version: str | None = None,
        plural: str | None = None,
        kind: str | None = None,
        singular: str | None = None,
        namespaced: bool = True,
        short_names: tuple[str, ...] = (),
        labels: Mapping[str, str] | None = None,
        **config: Any,
    ) -> None:
        super().__init_subclass__(**config)
        if group is None and version is None and plural is None:
            cls._extend_inherited(labels or {})
            return
        name = kind or cls.__name__
        info = ResourceInfo(
            group=group or "",
            version=version or "",
            kind=name,
            plural=plural or "",
            singular=singular or name.lower(),
            namespaced=namespaced,
            short_names=short_names,
            labels=MappingProxyType(_collect_labels(labels or {}, cls.__drafts__)),
        )
        _reject_wrong_info(cls.__qualname__, info)
        cls.__resource__ = info
        _fix_field(cls, "api_version", info.api_version)
        _fix_field(cls, "kind", info.kind)

    @classmethod
    def _extend_inherited(cls, labels: Mapping[str, str]) -> None:
        """Adds the class's own labels to what the class above says."""
        above: ResourceInfo | None = getattr(cls, "__resource__", None)
        if above is not None:
            collected = _collect_labels({**above.labels, **labels}, cls.__drafts__)
            cls.__resource__ = replace(above, labels=MappingProxyType(collected))

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Takes the class arguments; now that the fields are known, checks the creators."""
        if cls.__pydantic_complete__:
            for declared in cls.__drafts__.values():
                declared.get_spec(cls)

    @classmethod
    def __draft_model__(cls) -> type[BaseModel]:
        """The model of an object before the cluster has made it."""
        return get_draft_model(cls)

    @classmethod
    def __draft_base__(cls) -> Mapping[str, JsonValue]:
        """What every object of the class has."""
        info = get_info(cls)
        return {"apiVersion": info.api_version, "kind": info.kind}

    @property
    def key(self) -> str:
        """`namespace/name`, or `/name` for a cluster-scoped object."""
        return f"{self.metadata.namespace or ''}/{self.metadata.name}"

    def to_wire(self) -> dict[str, Any]:
        """The JSON object to send: without what only the cluster can fill."""
        wire = self.model_dump(mode="json", by_alias=True)
        metadata = cast("dict[str, Any]", wire["metadata"])
        for name in ("name", "uid", "resourceVersion"):
            if not metadata.get(name):
                metadata.pop(name, None)
        return wire

    @classmethod
    def from_wire(cls, data: bytes) -> Self:
        """Reads an object of a cluster."""
        return cls.model_validate_json(data)


def get_info(resource: type[Resource]) -> ResourceInfo:
    """Where a resource class's objects are kept.

    Raises:
        DefinitionError: the class does not say.
    """
    info: ResourceInfo | None = getattr(resource, "__resource__", None)
    if info is None:
        name = resource.__qualname__
        raise DefinitionError(
            f"{name} does not say where its objects are kept: "
            f'class {name}(Resource, group="...", version="v1", plural="...")'
        )
    return info


def _collect_labels(
    named: Mapping[str, str], drafts: Mapping[str, Declared]
) -> dict[str, str]:
    found = dict(named)
    for declared in drafts.values():
        for name, key in declared.find_labels().items():
            if key not in found.values():
                found.setdefault(name, key)
    return found


def _fix_field(cls: type[Resource], name: str, value: str) -> None:
    """Narrows an inherited field to one value, before Pydantic collects the fields."""
    cls.__annotations__[name] = Literal[value]
    setattr(cls, name, value)


def _reject_wrong_info(name: str, info: ResourceInfo) -> None:
    if not is_dns_label(info.version):
        raise DefinitionError(f'{name} needs a version, such as version="v1"')
    if not is_dns_label(info.plural):
        raise DefinitionError(
            f"{name}: plural={info.plural!r} is no plural as in URLs: "
            'lower case without blanks, such as plural="codebases"'
        )
    if info.group and not is_dns_subdomain(info.group):
        raise DefinitionError(
            f"{name}: group={info.group!r} is no API group: a DNS name, or empty for core"
        )
