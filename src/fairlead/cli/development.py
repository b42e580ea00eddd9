"""`fairlead dev`: everything an application needs on one machine, with one command.

    sign-in (child process), dev cluster (child process) -> seed -> simulator (child process) -> server

The server is a child process too, started anew on every save, unless `--no-reload` was given.

With KUBECONFIG set, or `--no-cluster`, the cluster is somebody else's and only the server runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from fairlead.cli.identity import start_provider
from fairlead.cli.loading import load_target
from fairlead.cli.processes import Child, keep_running
from fairlead.cli.reloading import ServerOptions, run_reloading
from fairlead.cli.serving import bind, serve, stop_on_signals

if TYPE_CHECKING:
    from fairlead.codegen.generating import GenerationSource

__all__ = ["DevelopmentOptions", "run_development", "serve_once"]

CLUSTERS_VARIABLE = "FAIRLEAD_CLUSTERS"


@dataclass(frozen=True, kw_only=True, slots=True)
class DevelopmentOptions:
    """What `fairlead dev` was asked to do.

    Attributes:
        cluster: start the embedded dev cluster.
        clusters: how many of them; FAIRLEAD_CLUSTERS tells the application of all, where
            there are several. Only in the first something happens by itself.
        data: folder of its database, certificates and kubeconfig.
        seed: folder with `crds`, `seed` and maybe `scenario.yaml`; applied once.
        sign_in: start the development provider, with ready personas.
        reload: start the server again whenever a Python file below `app_dir` changes.
        out: folder of the TypeScript package, written at every start.
    """

    target: str
    app_dir: Path
    host: str
    port: int
    cluster: bool
    data: Path
    cluster_port: int
    seed: Path | None
    clusters: int = 1
    sign_in: bool = False
    reload: bool = False
    out: Path | None = None


async def run_development(
    options: DevelopmentOptions, say: Callable[[str], None]
) -> None:
    """Runs until SIGINT or SIGTERM.

    Raises:
        FairleadError: something could not start; the message says what and the cure.
    """
    sock = bind(options.host, options.port)
    stop = asyncio.Event()
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(contextlib.closing(sock))
        stack.enter_context(stop_on_signals(stop))
        os.environ.setdefault("FAIRLEAD_DATA", str(options.data.resolve()))
        if options.sign_in:
            await start_provider(options.host, options.data, options.seed, stack)
        if options.cluster:
            await _start_clusters(options, stack, say)
        if stop.is_set():
            return
        server = _server_options(options, sock)
        if options.reload:
            await run_reloading(server, sock, stop, say)
        else:
            await _serve(server, sock, stop, say)
    say("Stopped")


def _server_options(options: DevelopmentOptions, sock: socket.socket) -> ServerOptions:
    kubeconfig = options.data / "kubeconfig" if options.cluster else None
    return ServerOptions(
        target=options.target,
        app_dir=str(options.app_dir),
        address=f"http://{options.host}:{sock.getsockname()[1]}",
        cluster=str(kubeconfig) if kubeconfig else None,
        out=str(options.out) if options.out else None,
        grant=options.cluster and options.sign_in and options.seed is None,
    )


async def serve_once(
    options: ServerOptions, sock: socket.socket, say: Callable[[str], None]
) -> None:
    """Serves until SIGINT or SIGTERM: what the child of `--reload` does.

    Raises:
        FairleadError: the application is declared wrongly, or could not start.
    """
    stop = asyncio.Event()
    with stop_on_signals(stop), contextlib.closing(sock):
        await _serve(options, sock, stop, say)


async def _serve(
    options: ServerOptions,
    sock: socket.socket,
    stop: asyncio.Event,
    say: Callable[[str], None],
) -> None:
    """Loads the application, derives what is derived from it, and serves it."""
    app = load_target(options.target, Path(options.app_dir))
    source = cast("GenerationSource", app)
    if options.out is not None:
        _generate(source, Path(options.out), say)
    if options.cluster is not None:
        await _define(Path(options.cluster), source, grant=options.grant, say=say)

    def tell() -> None:
        say(f"Serving {options.target} at {options.address}")
        say("Press Ctrl-C to stop")

    if not stop.is_set():
        await serve(app, sock, stop, on_ready=tell)


def _generate(source: GenerationSource, out: Path, say: Callable[[str], None]) -> None:
    from fairlead.codegen import generate  # noqa: PLC0415  loads only where it is used

    done = generate(source, out)
    if done.changed:
        say(f"{len(done.changed)} files changed in {out}")


async def _start_clusters(
    options: DevelopmentOptions,
    stack: contextlib.AsyncExitStack,
    say: Callable[[str], None],
) -> None:
    first = await _start_cluster(options.data, options.cluster_port, options, stack)
    os.environ["KUBECONFIG"] = str(first.resolve())
    say(f"Dev cluster is ready: kubectl --kubeconfig {first} get ns")
    found = {"dev": first}
    for number in range(2, options.clusters + 1):
        name = f"dev-{number}"
        found[name] = await _start_cluster(options.data / name, 0, options, stack)
    if options.seed is not None:
        for kubeconfig in found.values():
            await _seed(kubeconfig, options.seed, say)
        scenario = options.seed / "scenario.yaml"
        if scenario.exists():
            await stack.enter_async_context(keep_running(_simulator(first, scenario)))
    if len(found) > 1:
        named = [f"{name}={kubeconfig.resolve()}" for name, kubeconfig in found.items()]
        os.environ[CLUSTERS_VARIABLE] = ",".join(named)


async def _start_cluster(
    data: Path, port: int, options: DevelopmentOptions, stack: contextlib.AsyncExitStack
) -> Path:
    """Starts one, and returns its kubeconfig."""
    name = "cluster" if data == options.data else data.name
    command = [sys.executable, "-m", "fairlead.devcluster"]
    command += ["--port", str(port), "--data", str(data)]
    child = Child(name=name, command=command, ready_line="")
    await stack.enter_async_context(keep_running(child))
    return data / "kubeconfig"


async def _seed(kubeconfig: Path, folder: Path, say: Callable[[str], None]) -> None:
    from fairlead.simulation import seed  # noqa: PLC0415  loads only where it is used

    await seed(kubeconfig, folder, progress=say)


async def _define(
    kubeconfig: Path,
    source: GenerationSource,
    *,
    grant: bool,
    say: Callable[[str], None],
) -> None:
    """Gives the dev cluster the kinds that the application has classes for, and the personas
    rights in it, where no seed does.
    """
    from fairlead.codegen.kind_definitions import (  # noqa: PLC0415
        custom_resource_definitions,
    )
    from fairlead.simulation import define_kinds, grant_personas  # noqa: PLC0415

    definitions = custom_resource_definitions(source)
    await define_kinds(kubeconfig, definitions, progress=say)
    if grant:
        await grant_personas(kubeconfig, definitions)


def _simulator(kubeconfig: Path, scenario: Path) -> Child:
    return Child(
        name="simulator",
        command=[
            sys.executable,
            "-m",
            "fairlead.simulation",
            "--kubeconfig",
            str(kubeconfig),
            "run",
            str(scenario),
        ],
    )
