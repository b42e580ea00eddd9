"""`can(verb, Resource)`: the right to do something to a Kubernetes-style resource."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from fairlead.access.policy import AccessRequest, Decision, Policy
from fairlead.context import Request

__all__ = ["Authorizer", "ResourceAttributes", "ResourceDescription", "can"]


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


class _DescribedClass(Protocol):
    @property
    def __resource__(self) -> ResourceDescription: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceAttributes:
    """One right, in the terms of a Kubernetes access review."""

    verb: str
    group: str
    plural: str
    subresource: str | None = None
    namespace: str | None = None
    name: str | None = None


@runtime_checkable
class Authorizer(Protocol):
    """Answers access reviews for the user of a request (the cluster, or a local engine)."""

    async def review(
        self, request: Request, attributes: ResourceAttributes
    ) -> Decision:
        """May the user of this request do it?"""
        ...


@dataclass(frozen=True, slots=True)
class _Can:
    verb: str
    resource: _DescribedClass | None
    subresource: str | None = None
    needs_input: bool = True

    async def decide(self, request: AccessRequest) -> Decision:
        if request.request.user is None:
            return Decision(allowed=False, reason="Sign in first", needs_user=True)
        resource = self.resource or getattr(request.router, "resource", None)
        if resource is None:
            return Decision(
                allowed=False,
                reason=f"can({self.verb!r}) names no resource and "
                f"{request.router.__qualname__} has none",
            )
        description = resource.__resource__
        attributes = ResourceAttributes(
            verb=self.verb,
            group=description.group,
            plural=description.plural,
            subresource=self.subresource,
            namespace=_get_text(request, "namespace"),
            name=_get_text(request, "name"),
        )
        authorizer = request.request.services.get(Authorizer)  # type: ignore[type-abstract]
        return await authorizer.review(request.request, attributes)

    def __repr__(self) -> str:
        resource = getattr(self.resource, "__name__", "the router's resource")
        return f"can({self.verb!r}, {resource})"


def can(
    verb: str,
    resource: _DescribedClass | None = None,
    *,
    subresource: str | None = None,
) -> Policy:
    """Allows users who hold a right on a resource.

    The namespace and the name are taken from the input fields of those names; without them
    the right is asked for every namespace or every name.

    Args:
        verb: get, list, watch, create, update, patch, delete or any other RBAC verb.
        resource: a Resource class; left out, the resource of the router it is used in.
        subresource: such as `status`, `scale` or `log`.
    """
    return _Can(verb, resource, subresource)


def _get_text(request: AccessRequest, field: str) -> str | None:
    value = request.input.get(field)
    return value if isinstance(value, str) else None
