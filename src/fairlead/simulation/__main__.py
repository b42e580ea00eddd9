"""`python -m fairlead.simulation seed|run|storm`: seeding and simulating by hand."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
import time
from collections.abc import Coroutine
from pathlib import Path

from fairlead.simulation.errors import SimulationError
from fairlead.simulation.seeding import seed
from fairlead.simulation.simulator import Simulator
from fairlead.simulation.storm import Storm, clear_storm, unleash


def build_parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    parser = argparse.ArgumentParser(
        "fairlead.simulation", description="Data and life for a development cluster."
    )
    parser.add_argument(
        "--kubeconfig", type=Path, required=True, help="of an administrator"
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    seeding = verbs.add_parser("seed", help="apply a cluster directory, once")
    seeding.add_argument("directory", type=Path, help="with crds/ and seed/")
    seeding.add_argument(
        "--force",
        action="store_true",
        help="even if the cluster has been seeded before",
    )
    running = verbs.add_parser("run", help="simulate until Ctrl-C")
    running.add_argument("scenario", type=Path)
    running.add_argument(
        "--seed", type=int, help="start the same runs at the same times"
    )
    storming = verbs.add_parser("storm", help="many changes at a steady rate")
    storming.add_argument("--objects", type=int, default=1000)
    storming.add_argument("--rate", type=float, default=200.0, help="changes a second")
    storming.add_argument("--changes", type=int, default=2000)
    storming.add_argument("--endless", action="store_true", help="go on until Ctrl-C")
    storming.add_argument("--seed", type=int, default=0, help="the same changes again")
    storming.add_argument("--namespace", default="storm")
    storming.add_argument(
        "--clean",
        action="store_true",
        help="delete the objects of an earlier storm instead",
    )
    return parser


async def _seed(options: argparse.Namespace) -> None:
    start = time.perf_counter()
    await seed(
        options.kubeconfig, options.directory, progress=print, force=options.force
    )
    print(f"Took {time.perf_counter() - start:.2f} s")


async def _storm(options: argparse.Namespace) -> None:
    if options.clean:
        await clear_storm(options.kubeconfig, options.namespace)
        return
    storm = Storm(
        objects=options.objects,
        rate=options.rate,
        changes=None if options.endless else options.changes,
        seed=options.seed,
        namespace=options.namespace,
    )
    report = await unleash(options.kubeconfig, storm)
    rate = report.done / max(report.seconds, 0.001)
    print(
        f"{report.done} changes in {report.seconds:.1f} s ({rate:.0f}/s), {report.missed} came too late"
    )


async def _until_signalled(work: Coroutine[None, None, None]) -> None:
    task = asyncio.ensure_future(work)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line; the exit code."""
    options = build_parser().parse_args(arguments)
    logging.basicConfig(format="%(message)s")
    try:
        match options.verb:
            case "seed":
                asyncio.run(_until_signalled(_seed(options)))
            case "run":
                simulator = Simulator(
                    options.kubeconfig, options.scenario, seed=options.seed
                )
                asyncio.run(_until_signalled(simulator.run()))
            case _:
                asyncio.run(_until_signalled(_storm(options)))
    except SimulationError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
