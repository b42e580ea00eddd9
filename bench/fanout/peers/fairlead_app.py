"""The server under test: one kind of resource, watched by all who subscribe.

    python fairlead_app.py --port 8000 --upstream http://127.0.0.1:8001

The upstream is the kit's fake API server, which knows no access reviews: everybody may do all.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Sequence
from contextlib import closing

import uvloop

from fairlead import Context, Fairlead, Request, Router, User
from fairlead.access import Decision, Engine, ResourceAttributes
from fairlead.cli.serving import bind, serve, settle, stop_on_signals
from fairlead.kube import Kube, KubeModel, Resource, ResourceRouter
from fairlead.kube.kubeconfig import ClusterConfig
from fairlead.protocol.options import Limits, WireOptions


class PipelineRunSpec(KubeModel):
    """Not looked into."""


class PipelineRun(Resource, group="tekton.dev", version="v1", plural="pipelineruns"):
    """What the kit's API server keeps."""

    spec: PipelineRunSpec


class PipelineRuns(ResourceRouter[PipelineRun]):
    """All that is derived."""


class App(Router[Context]):
    """The API."""

    runs: PipelineRuns


class Anybody:
    """Signs everybody in."""

    async def authenticate(self, request: Request) -> User:
        """The one user there is."""
        del request
        return User(name="bench")


class Anything(Engine):
    """Allows everything."""

    default_namespace: str | None = None
    poll_seconds = 3600.0

    async def review(
        self, request: Request, attributes: ResourceAttributes
    ) -> Decision:
        """Yes."""
        del request, attributes
        return Decision(allowed=True)

    async def review_many(
        self,
        request: Request,
        attributes: Sequence[ResourceAttributes],
        *,
        max_age: float | None = None,
    ) -> list[Decision]:
        """Yes to all."""
        del request, max_age
        return [Decision(allowed=True) for _ in attributes]

    def on_change(
        self, request: Request, wake: Callable[[], None]
    ) -> Callable[[], None]:
        """Never."""
        del request, wake
        return _do_nothing


def _do_nothing() -> None:
    """Nothing was begun."""


def main() -> None:
    """Serves until stopped."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--upstream", default="http://127.0.0.1:8001")
    options = parser.parse_args()
    app = Fairlead(
        App,
        kube=Kube(ClusterConfig(server=options.upstream), identity="service"),
        auth=Anybody(),
        # All subscribers of the load generator are one user.
        wire=WireOptions(limits=Limits(connections_per_user=1_000_000)),
    )
    app.services.add(Anything())
    uvloop.run(_serve(app, options.port))


async def _serve(app: Fairlead, port: int) -> None:
    """As `fairlead serve` does."""
    stop = asyncio.Event()
    with stop_on_signals(stop), closing(bind("127.0.0.1", port)) as sock:
        await serve(app, sock, stop, on_ready=settle)


if __name__ == "__main__":
    main()
