"""Several clusters behind one application: each request names the one it is about.

    app = Fairlead(App, kube=Clusters({"east": Kube(...), "west": Kube(...)}))

A client sends the header `x-fairlead-cluster`, or over WebSocket the connection parameter
`cluster`; without either the first cluster is meant. Everything that a procedure finds through
`request.services` (the cluster, its rights, its live hub) is then that cluster's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self, Unpack

from prometheus_client.registry import Collector

from fairlead.access import authenticated
from fairlead.context import Request, Services, UserContext
from fairlead.errors import DefinitionError, TRPCError
from fairlead.kube.cluster import Kube, KubeKeywords
from fairlead.kube.feed_metrics import FeedMetrics
from fairlead.procedure import query
from fairlead.router import Router

__all__ = ["HEADER", "PARAMETER", "ClusterNames", "Clusters"]

HEADER = "x-fairlead-cluster"
PARAMETER = "cluster"
VARIABLE = "FAIRLEAD_CLUSTERS"


class Clusters:
    """Clusters by name; the first is meant where a request names none.

    Raises:
        DefinitionError: there is none.
    """

    def __init__(self, clusters: Mapping[str, Kube]) -> None:
        if not clusters:
            raise DefinitionError("Clusters({}) has no cluster: name at least one")
        self._clusters = dict(clusters)
        self.default = next(iter(self._clusters))
        self._services: dict[tuple[int, str], Services] = {}
        self._stack = AsyncExitStack()

    @classmethod
    def from_kubeconfig(
        cls,
        path: str | Path,
        contexts: Iterable[str],
        **options: Unpack[KubeKeywords],
    ) -> Self:
        """One cluster for each of these contexts of a kubeconfig file, by their names."""
        return cls(
            {
                context: Kube.from_kubeconfig(path, context, **options)
                for context in contexts
            }
        )

    @classmethod
    def from_env(
        cls, clusters: str | None = None, **options: Unpack[KubeKeywords]
    ) -> Self:
        """Clusters as FAIRLEAD_CLUSTERS names them, with commas between them.

        Args:
            clusters: what to read instead of the variable: contexts of what `kubectl` would
                use (`east,west`), or a kubeconfig file for each
                (`east=/etc/east.kubeconfig,west=/etc/west.kubeconfig`).

        Raises:
            DefinitionError: none is named, one has no name or no file, or a name comes twice.
        """
        if clusters is None:
            clusters = os.environ.get(VARIABLE, "")
        found: dict[str, Kube] = {}
        for part in filter(None, (part.strip() for part in clusters.split(","))):
            name, equals, path = part.partition("=")
            if not name or (equals and not path) or name in found:
                raise DefinitionError(
                    f"{part!r} of {clusters!r} is no cluster of its own: write "
                    "`context`, or `name=file`, and each name once"
                )
            found[name] = (
                Kube.from_kubeconfig(path, **options)
                if equals
                else Kube.from_env(name, **options)
            )
        return cls(found)

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, the default one first."""
        return tuple(self._clusters)

    @property
    def provides(self) -> Mapping[type, Callable[[], object]]:
        """What requests find that name no cluster: the first one, and what comes with it."""
        kube = self._clusters[self.default]
        return {Kube: lambda: kube, **kube.provides}

    @property
    def collectors(self) -> tuple[Collector, ...]:
        """What `/metrics` shows of them: the feeds of all together."""
        kubes = self._clusters.values()
        return (
            FeedMetrics(lambda: [feed for kube in kubes for feed in kube.get_feeds()]),
        )

    def get(self, name: str) -> Kube:
        """The cluster of that name.

        Raises:
            TRPCError: NOT_FOUND; there is none.
        """
        kube = self._clusters.get(name)
        if kube is None:
            known = ", ".join(self._clusters)
            raise TRPCError(
                "NOT_FOUND", f"There is no cluster {name!r} here; there are: {known}"
            )
        return kube

    def choose(self, request: Request) -> Services | None:
        """The services of the cluster that a request names; None for the default one.

        Raises:
            TRPCError: NOT_FOUND; it names none that is there.
        """
        name = request.headers.get(HEADER)
        if name is None and request.connection_params is not None:
            name = request.connection_params.get(PARAMETER)
        if name is None or name == self.default:
            return None
        kube = self.get(name)
        key = (id(request.services), name)
        if key not in self._services:
            self._services[key] = request.services.with_part(kube)
        return self._services[key]

    async def __aenter__(self) -> Self:
        for kube in self._clusters.values():
            await self._stack.enter_async_context(kube)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()


class ClusterNames(Router[UserContext]):
    """The clusters that a client can name, for a switch."""

    @query(access=authenticated)
    async def list_(self) -> list[str]:
        """All of them, the default one first; none where there is only one, without a name."""
        clusters = self.ctx.request.services.find(Clusters)
        return [] if clusters is None else list(clusters.names)
