"""Random requests for the conformance router, in the kit's own case format.

A seed always gives the same case. Most requests are nearly right, since those reach furthest:
a known path with an input that fits, and then something about them is off.
"""

from __future__ import annotations

import random
from typing import Final

from tests.conformance.random_http import make_http
from tests.conformance.random_odd import make_odd, make_odd_conversation
from tests.conformance.random_sockets import make_socket
from tests.conformance.random_streams import make_events, make_lines
from tests.conformance.random_superjson import make_superjson
from tests.conformance.random_values import Case

__all__ = ["make_case"]

MOUNTS: Final = (
    "trpc",
    "trpc",
    "trpc",
    "superjson",
    "superjson",
    "alt",
    "nobatch",
    "once",
)


def _make_request(rng: random.Random, case: Case) -> None:
    case["http"] = make_http(rng, rng.choice(MOUNTS))


def _make_conversation(rng: random.Random, case: Case) -> None:
    case["ws"] = make_socket(rng, rng.choice(MOUNTS))


KINDS: Final = {
    _make_request: 8,
    _make_conversation: 3,
    make_superjson: 3,
    make_lines: 2,
    make_events: 2,
    make_odd: 3,
    make_odd_conversation: 2,
}
"""How often each kind of case is made."""


def make_case(seed: int) -> Case:
    """The case of a seed."""
    rng = random.Random(seed)  # noqa: S311  reproducible, not secret
    case: Case = {"name": f"seed {seed}"}
    (make,) = rng.choices(list(KINDS), weights=list(KINDS.values()))
    make(rng, case)
    return case
