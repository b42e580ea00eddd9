"""`fairlead cluster --scenario`: a dev cluster in which something happens."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fairlead.cli.processes import Child, keep_running
from fairlead.cli.serving import stop_on_signals

__all__ = ["ClusterOptions", "parse_cluster_options", "run_cluster"]

STORM = "storm"
_DATA = Path(".fairlead/cluster")
_EPILOG = """\
scenario:
  --scenario storm        objects come and change without end: --objects (10000) at --rate
                          changes a second (200), --random-seed for the same ones again
  --scenario FILE.yaml    what that scenario says: runs, rollouts, logs
  --scenario FOLDER       its crds/ and seed/ once, then its scenario.yaml
"""


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """What `fairlead cluster` was asked for.

    Attributes:
        scenario: `storm`, a file or a folder; None: nothing happens by itself.
        objects: how many objects a storm has.
        rate: changes a second of a storm.
        seed: draws the same again.
        data: the cluster's folder.
        rest: the dev cluster's own arguments.
    """

    scenario: str | None
    objects: int
    rate: float
    seed: int | None
    data: Path
    rest: tuple[str, ...]

    @property
    def folder(self) -> Path | None:
        """The folder to seed from, when the scenario is one."""
        found = Path(self.scenario or STORM)
        return found if found.is_dir() else None


def parse_cluster_options(arguments: Sequence[str]) -> ClusterOptions:
    """Take the scenario's options out of the dev cluster's arguments."""
    parser = argparse.ArgumentParser("fairlead cluster", add_help=False, allow_abbrev=False)  # fmt: skip
    parser.add_argument("--scenario")
    parser.add_argument("--objects", type=_count, default=10_000)
    parser.add_argument("--rate", type=_rate, default=200.0)
    parser.add_argument("--random-seed", type=int)
    parser.add_argument("--data", type=Path, default=_DATA)
    found, rest = parser.parse_known_args(list(arguments))
    if {"-h", "--help"} & set(rest):
        from fairlead.devcluster.__main__ import build_parser  # noqa: PLC0415

        helper = build_parser()
        helper.prog = "fairlead cluster"
        helper.formatter_class = argparse.RawDescriptionHelpFormatter
        helper.epilog = _EPILOG
        helper.print_help()
        raise SystemExit(0)
    _check_scenario(parser, found.scenario)
    rest = ["--data", str(found.data), *rest]
    return ClusterOptions(
        found.scenario,
        found.objects,
        found.rate,
        found.random_seed,
        found.data,
        tuple(rest),
    )


def _check_scenario(parser: argparse.ArgumentParser, scenario: str | None) -> None:
    if scenario in {None, STORM}:
        return
    path = Path(str(scenario))
    if path.is_dir():
        path = path / "scenario.yaml"
    if not path.is_file():
        parser.error(f"there is no scenario {scenario!r}: say storm, or name a file or a folder with a scenario.yaml")  # fmt: skip


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def _rate(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError("must be above 0")
    return value


async def run_cluster(options: ClusterOptions, say: Callable[[str], None]) -> None:
    """Run the dev cluster and its scenario until SIGINT or SIGTERM.

    Raises:
        ChildError: the cluster did not start.
        SimulationError: the folder could not be seeded.
    """
    stop = asyncio.Event()
    cluster = Child(
        name="cluster",
        command=[sys.executable, "-m", "fairlead.devcluster", *options.rest],
        ready_line="",
    )
    kubeconfig = options.data / "kubeconfig"
    with stop_on_signals(stop):
        async with keep_running(cluster):
            if options.folder is not None:
                from fairlead.simulation import seed  # noqa: PLC0415

                await seed(kubeconfig, options.folder, progress=say)
            async with keep_running(_simulation(options, kubeconfig)):
                say(f"Scenario {options.scenario} runs; press Ctrl-C to stop")
                await stop.wait()


def _simulation(options: ClusterOptions, kubeconfig: Path) -> Child:
    base = [sys.executable, "-m", "fairlead.simulation", "--kubeconfig", str(kubeconfig)]  # fmt: skip
    seeding = [] if options.seed is None else ["--seed", str(options.seed)]
    if options.scenario == STORM:
        command = [
            *base,
            *("storm", "--endless", "--objects", str(options.objects)),
            *("--rate", str(options.rate)),
            *seeding,
        ]
    else:
        folder = options.folder
        file = str(folder / "scenario.yaml") if folder else str(options.scenario)
        command = [*base, "run", file, *seeding]
    return Child(name="scenario", command=command)
