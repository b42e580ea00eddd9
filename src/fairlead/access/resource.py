"""`can(verb, Resource)`: the right to do something to a Kubernetes-style resource."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, cast, runtime_checkable

from fairlead.access.policy import AccessRequest, Decision, Policy
from fairlead.access.rights import DescribedClass, ResourceAttributes
from fairlead.context import Request
from fairlead.errors import DefinitionError

__all__ = ["Authorizer", "Engine", "From", "can"]

From: TypeAlias = "str | Callable[[Mapping[str, object]], str | None]"
"""Where in the input a policy finds a text: a field, a path of fields such as
`object_.metadata.namespace`, or a function of the input's fields."""


@runtime_checkable
class Authorizer(Protocol):
    """Answers access reviews for the user of a request (the cluster, or a local engine)."""

    @property
    def default_namespace(self) -> str | None:
        """Where operations on namespaced kinds go whose input names no namespace."""
        ...

    @property
    def poll_seconds(self) -> float:
        """How often to ask again what must be known anew though `on_change` said nothing."""
        ...

    async def review(
        self, request: Request, attributes: ResourceAttributes
    ) -> Decision:
        """May the user of this request do it?"""
        ...

    async def review_many(
        self,
        request: Request,
        attributes: Sequence[ResourceAttributes],
        *,
        max_age: float | None = None,
    ) -> list[Decision]:
        """The same for many rights at once, in their order.

        Args:
            max_age: seconds; an older remembered answer will not do.
        """
        ...

    def on_change(
        self, request: Request, wake: Callable[[], None]
    ) -> Callable[[], None]:
        """Calls a function when the answers for a user may have changed; returns how to stop."""
        ...


class Engine(ABC):
    """An `Authorizer` of one's own: `review` is all it has to have.

    class OnlyOwners(Engine):
        async def review(self, request: Request, attributes: ResourceAttributes) -> Decision:
            ...

    app = Fairlead(App, services=[OnlyOwners()])
    """

    default_namespace: str | None = None
    poll_seconds: float = 3.0

    @property
    def provides(self) -> Mapping[type, Callable[[], object]]:
        """It is found as the application's Authorizer, before that of a cluster."""
        return {Authorizer: lambda: self}

    @abstractmethod
    async def review(
        self, request: Request, attributes: ResourceAttributes
    ) -> Decision:
        """May the user of this request do it?"""

    async def review_many(
        self,
        request: Request,
        attributes: Sequence[ResourceAttributes],
        *,
        max_age: float | None = None,
    ) -> list[Decision]:
        """One after the other."""
        del max_age
        return [await self.review(request, each) for each in attributes]

    def on_change(
        self, request: Request, wake: Callable[[], None]
    ) -> Callable[[], None]:
        """Tells nothing: who follows rights asks every `poll_seconds`."""
        del request, wake
        return _do_nothing


def _do_nothing() -> None:
    """There is nothing to stop."""


@dataclass(frozen=True, slots=True)
class _Can:
    verb: str
    resource: DescribedClass | None
    subresource: str | None = None
    namespace: From | None = "namespace"
    name: From | None = "name"
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
        authorizer = request.request.services.get(Authorizer)  # type: ignore[type-abstract]
        namespace = _read(self.namespace, request.input)
        if (
            namespace is None
            and self.namespace is not None
            and self.verb not in ("list", "watch")
        ):
            namespace = authorizer.default_namespace
        attributes = ResourceAttributes.of(
            resource.__resource__,
            self.verb,
            subresource=self.subresource,
            namespace=namespace,
            name=_read(self.name, request.input),
        )
        return await authorizer.review(request.request, attributes)

    def check_fields(self, fields: frozenset[str], owner: str) -> None:
        """A mapping that names no field would ask for a right that nobody means."""
        for option, source in (("namespace", self.namespace), ("name", self.name)):
            if not isinstance(source, str) or source == option:
                continue
            first = source.partition(".")[0]
            if first not in fields:
                known = ", ".join(sorted(fields)) or "none"
                raise DefinitionError(
                    f"{owner}: {self!r} takes the {option} from {source!r}, but there is no "
                    f"input field {first!r}; the fields are: {known}"
                )

    def assume(self, fields: dict[str, object], namespace: str) -> None:
        """Puts the namespace where this policy looks for it."""
        if not isinstance(self.namespace, str):
            return
        *outer, last = self.namespace.split(".")
        place = fields
        for part in outer:
            inner = place.setdefault(part, {})
            if not isinstance(inner, dict):
                return
            place = cast("dict[str, object]", inner)
        place[last] = namespace

    def __repr__(self) -> str:
        resource = self.resource
        shown = "the router's resource"
        if resource is not None:
            shown = getattr(resource, "__name__", repr(resource))
        parts = [repr(self.verb), shown]
        if self.subresource:
            parts.append(f"subresource={self.subresource!r}")
        for option, source in (("namespace", self.namespace), ("name", self.name)):
            if source != option:
                text = (
                    source
                    if isinstance(source, str | None)
                    else getattr(source, "__name__", "a function")
                )
                parts.append(f"{option}={text}")
        return f"can({', '.join(parts)})"


def can(
    verb: str,
    resource: DescribedClass | None = None,
    *,
    subresource: str | None = None,
    namespace: From | None = "namespace",
    name: From | None = "name",
) -> Policy:
    """Allows users who hold a right on a resource.

        @mutation(access=can("patch", Stage, namespace="target.namespace", name="stage"))
        async def deploy(self, target: Target, stage: str) -> None: ...

    Without a namespace in the input the right is asked for in the default one (to list and
    watch: in all), without a name for every name.

    Args:
        verb: get, list, watch, create, update, patch, delete or any other RBAC verb.
        resource: a Resource class or a Kind; left out, the resource of the router.
        subresource: such as `status`, `scale` or `log`.
        namespace: where the namespace is in the input; None asks for all namespaces.
        name: where the name is in the input; None asks for all names.
    """
    return _Can(verb, resource, subresource, namespace, name)


def _read(source: From | None, fields: Mapping[str, object]) -> str | None:
    if source is None:
        return None
    if not isinstance(source, str):
        return source(fields)
    value: object = fields
    for part in source.split("."):
        value = _step(value, part)
    return value if isinstance(value, str) and value else None


def _step(value: object, part: str) -> object:
    if isinstance(value, Mapping):
        return cast("Mapping[str, object]", value).get(part)
    return getattr(value, part, None)
