"""Fairlead beside tRPC's own server, answer for answer, over random requests.

    python -m tests.conformance.compare --cases 20000 [--first-seed 0] [--server granian]
    python -m tests.conformance.compare --first-seed 4711 --cases 1 -v     one case again

The first is what `make differential` runs, on each server.
Every difference is a bug, or stands in `known_differences` with its reason.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import httpx
from tests.conformance.known_differences import KNOWN, Seen
from tests.conformance.observing import KIT, PATIENCE, diff, observe
from tests.conformance.random_cases import make_case
from tests.conformance.random_values import Case
from tests.conformance.wait import find_port, wait_until_served

__all__ = ["Difference", "compare", "compare_cases", "serve_both"]

AT_ONCE = 6


@dataclass(frozen=True, slots=True)
class Difference:
    """A case that the two servers answer differently, one line for each place."""

    seed: int
    case: Case
    lines: tuple[str, ...]

    def __str__(self) -> str:
        asked = json.dumps(self.case, ensure_ascii=False)
        return "\n    ".join((f"seed {self.seed}: {asked}", *self.lines))


@contextmanager
def serve_both(server: str = "uvicorn") -> Generator[tuple[str, str]]:
    """The base URLs of the reference (Node) and of Fairlead, on an ASGI server by name."""
    node = ["node", "reference/server.mjs"]
    environment = {**os.environ, "PORT": "0"}
    with subprocess.Popen(
        node, cwd=KIT, env=environment, stdout=subprocess.PIPE, text=True
    ) as reference:
        said = cast("Any", reference.stdout).readline()
        port = int(said.split(":")[2].split()[0])
        ours = find_port()
        serve = [sys.executable, "-m", "tests.conformance.serve", "--server", server]
        command = [*serve, "--port", str(ours)]
        with subprocess.Popen(command, cwd=KIT.parents[2]) as candidate:
            try:
                wait_until_served(ours)
                yield f"http://127.0.0.1:{port}", f"http://127.0.0.1:{ours}"
            finally:
                candidate.terminate()
                reference.terminate()


async def compare(
    reference: str, candidate: str, seeds: Iterable[int], used: Counter[str]
) -> list[Difference]:
    """Sends each seed's case to both; `used` counts which known differences were met."""
    cases = ((seed, make_case(seed)) for seed in seeds)
    return await compare_cases(reference, candidate, cases, used)


async def compare_cases(
    reference: str,
    candidate: str,
    cases: Iterable[tuple[int, Case]],
    used: Counter[str],
) -> list[Difference]:
    """The same for any cases, each with a number."""
    found: list[Difference] = []
    waiting = iter(cases)

    async def work() -> None:
        async with (
            httpx.AsyncClient(base_url=reference, timeout=PATIENCE) as theirs,
            httpx.AsyncClient(base_url=candidate, timeout=PATIENCE) as ours,
        ):
            for seed, case in waiting:
                lines: list[str] = []
                # Once more, since on a busy machine frames may come too late to be seen.
                for _ in range(2):
                    want, got = await asyncio.gather(
                        observe(theirs, case), observe(ours, case)
                    )
                    lines = _diff(case, want, got, used)
                    if not lines:
                        break
                else:
                    found.append(Difference(seed, case, tuple(lines)))

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return sorted(found, key=lambda difference: difference.seed)


def _diff(case: Case, want: Seen, got: Seen, used: Counter[str]) -> list[str]:
    for known in KNOWN:
        if known.applies(case, want, got):
            used[known.name] += 1
            want, got = known.even_out(want), known.even_out(got)
    return diff(want, got)


async def _main(server: str, first: int, cases: int, *, verbose: bool) -> int:
    used: Counter[str] = Counter()
    failures = 0
    with serve_both(server) as (reference, candidate):
        for start in range(first, first + cases, 1000):
            seeds = range(start, min(start + 1000, first + cases))
            found = await compare(reference, candidate, seeds, used)
            failures += len(found)
            for difference in found:
                print(
                    str(difference).encode("utf-8", "backslashreplace").decode(),
                    flush=True,
                )
            if verbose:
                print(f"to seed {seeds.stop}: {failures} differences", flush=True)
    print(
        f"{server}: {cases} cases, {failures} unexplained differences; explained: {dict(used)}"
    )
    return 1 if failures else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument(
        "--server", choices=["uvicorn", "direct", "granian"], default="uvicorn"
    )
    parser.add_argument("-v", "--verbose", action="store_true")
    asked = parser.parse_args()
    comparing = _main(
        asked.server, asked.first_seed, asked.cases, verbose=asked.verbose
    )
    sys.exit(asyncio.run(comparing))
