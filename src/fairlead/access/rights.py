"""Rights in the terms of Kubernetes: a verb on a kind, in a namespace, perhaps on one name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from msgspec import Struct

__all__ = ["DescribedClass", "Kind", "ResourceAttributes", "ResourceDescription"]

_NAMELESS = frozenset({"create", "deletecollection"})


class ResourceDescription(Protocol):
    """What a right names of a resource class (`Resource.__resource__` has it)."""

    @property
    def group(self) -> str:
        """API group; empty for core."""
        ...

    @property
    def plural(self) -> str:
        """Plural name, as in URLs and roles."""
        ...

    @property
    def namespaced(self) -> bool:
        """False for a kind that is of the whole cluster: rights in a namespace do not reach it."""
        ...


class DescribedClass(Protocol):
    """A resource class, or a `Kind`."""

    @property
    def __resource__(self) -> ResourceDescription: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Names something that rights are about and that is no resource of a cluster.

        INVOICES = Kind(group="billing.example.com", plural="invoices")

        @query(access=can("list", INVOICES))
        async def invoices(self, namespace: str) -> list[Invoice]: ...

    Roles grant rights on it as on any resource; nothing of that name need exist.
    """

    plural: str
    group: str = ""
    namespaced: bool = True

    @property
    def __resource__(self) -> ResourceDescription:
        return self

    def __repr__(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural


class ResourceAttributes(Struct, frozen=True, kw_only=True):
    """One right, in the terms of a Kubernetes access review.

    Attributes:
        namespace: None for all namespaces, and for kinds of the whole cluster.
        name: None for all names.
    """

    verb: str
    group: str
    plural: str
    subresource: str | None = None
    namespace: str | None = None
    name: str | None = None

    @classmethod
    def of(
        cls,
        resource: ResourceDescription,
        verb: str,
        *,
        subresource: str | None = None,
        namespace: str | None = None,
        name: str | None = None,
    ) -> ResourceAttributes:
        """The right as an API server asks for it when the operation is done.

        It sees no namespace for a kind of the whole cluster, and no name when an object is
        created; the namespace of a Namespace is itself.
        """
        if verb in _NAMELESS and subresource is None:
            name = None
        if not resource.namespaced:
            is_namespace = resource.plural == "namespaces" and not resource.group
            namespace = name if is_namespace else None
        return cls(
            verb=verb,
            group=resource.group,
            plural=resource.plural,
            subresource=subresource,
            namespace=namespace,
            name=name,
        )

    @property
    def resource(self) -> str:
        """What it is about, as `kubectl` writes it: `pods/log`, `deployments.apps`."""
        whole = f"{self.plural}/{self.subresource}" if self.subresource else self.plural
        return f"{whole}.{self.group}" if self.group else whole

    @property
    def place(self) -> str:
        """Where, in words."""
        if self.namespace is None:
            return "in all namespaces"
        return f"in namespace {self.namespace}"

    def __str__(self) -> str:
        name = f" {self.name!r}" if self.name else ""
        return f"{self.verb} {self.resource}{name} {self.place}"
