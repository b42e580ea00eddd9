"""`fairlead dev`: everything an application needs on one machine, with one command.

    dev cluster (child process) -> seed -> simulator (child process) -> server (this process)

With KUBECONFIG set, or `--no-cluster`, the cluster is somebody else's and only the server runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fairlead.cli.loading import load_target
from fairlead.cli.processes import Child, keep_running
from fairlead.cli.serving import bind, serve, stop_on_signals

__all__ = ["DevelopmentOptions", "run_development"]


@dataclass(frozen=True, kw_only=True, slots=True)
class DevelopmentOptions:
    """What `fairlead dev` was asked to do.

    Attributes:
        cluster: start the embedded dev cluster.
        data: folder of its database, certificates and kubeconfig.
        seed: folder with `crds`, `seed` and maybe `scenario.yaml`; applied once.
    """

    target: str
    app_dir: Path
    host: str
    port: int
    cluster: bool
    data: Path
    cluster_port: int
    seed: Path | None


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
        if options.cluster:
            await _start_cluster(options, stack, say)
        app = load_target(options.target, options.app_dir)
        if stop.is_set():
            return

        def tell() -> None:
            port = sock.getsockname()[1]
            say(f"Serving {options.target} at http://{options.host}:{port}")
            say("Press Ctrl-C to stop")

        await serve(app, sock, stop, on_ready=tell)
    say("Stopped")


async def _start_cluster(
    options: DevelopmentOptions,
    stack: contextlib.AsyncExitStack,
    say: Callable[[str], None],
) -> None:
    kubeconfig = options.data / "kubeconfig"
    await stack.enter_async_context(keep_running(_cluster(options)))
    os.environ["KUBECONFIG"] = str(kubeconfig.resolve())
    say(f"Dev cluster is ready: kubectl --kubeconfig {kubeconfig} get ns")
    if options.seed is None:
        return
    await _seed(kubeconfig, options.seed, say)
    scenario = options.seed / "scenario.yaml"
    if scenario.exists():
        await stack.enter_async_context(keep_running(_simulator(kubeconfig, scenario)))


def _cluster(options: DevelopmentOptions) -> Child:
    return Child(
        name="cluster",
        command=[
            sys.executable,
            "-m",
            "fairlead.devcluster",
            "--port",
            str(options.cluster_port),
            "--data",
            str(options.data),
        ],
        ready_line="",
    )


async def _seed(kubeconfig: Path, folder: Path, say: Callable[[str], None]) -> None:
    from fairlead.simulation import seed  # noqa: PLC0415  loads only where it is used

    await seed(kubeconfig, folder, progress=say)


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
