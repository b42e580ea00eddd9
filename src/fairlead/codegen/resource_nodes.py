"""Kubernetes resources in an application, by what their classes declare about themselves.

The generator does not import the Kubernetes layer: a resource class is one that has a
`__resource__`, and a resource router is one that names such a class as its `resource`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

from fairlead.codegen.nodes import Procedure, ResourceConfig, ResourceRouterNode
from fairlead.router import Router


@runtime_checkable
class ResourceFacts(Protocol):
    """What a resource class says of itself."""

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool
    short_names: Sequence[str]
    labels: Mapping[str, str]


class ResourcePlace(NamedTuple):
    """A router class and where it stands."""

    path: str
    router: type[Router[Any]]


def find_resources(
    classes: Iterable[type], places: Iterable[ResourcePlace]
) -> tuple[ResourceConfig, ...]:
    """Every resource that a type or a router uses, by kind."""
    served = (getattr(place.router, "resource", None) for place in places)
    candidates: list[object] = [*classes, *served]
    found: dict[str, ResourceConfig] = {}
    for cls in candidates:
        facts = find_facts(cls)
        if facts is not None:
            found.setdefault(facts.kind, _config(facts))
    return tuple(found[kind] for kind in sorted(found))


def find_resource_routers(
    places: Iterable[ResourcePlace], procedures: Sequence[Procedure]
) -> tuple[ResourceRouterNode, ...]:
    """The routers that serve a resource, with the procedures they have, by path."""
    below: dict[str, set[str]] = {}
    for procedure in procedures:
        router, _, name = procedure.path.rpartition(".")
        below.setdefault(router, set()).add(name)
    return tuple(
        ResourceRouterNode(
            path=place.path,
            kind=facts.kind,
            procedures=frozenset(below.get(place.path, ())),
        )
        for place in sorted(places, key=_path)
        if (facts := find_facts(getattr(place.router, "resource", None))) is not None
    )


def _path(place: ResourcePlace) -> str:
    return place.path


def find_facts(cls: object) -> ResourceFacts | None:
    """What a resource class says of itself; None for any other object."""
    facts = getattr(cls, "__resource__", None)
    return facts if isinstance(facts, ResourceFacts) else None


def _config(facts: ResourceFacts) -> ResourceConfig:
    return ResourceConfig(
        kind=facts.kind,
        group=facts.group,
        version=facts.version,
        plural=facts.plural,
        singular=facts.singular,
        cluster_scoped=not facts.namespaced,
        short_names=tuple(facts.short_names),
        labels=tuple(sorted(facts.labels.items())),
    )
