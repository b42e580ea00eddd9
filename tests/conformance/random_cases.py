"""Random requests for the conformance router, in the kit's own case format.

A seed always gives the same case. Most requests are nearly right, since those reach furthest:
a known path with an input that fits, and then something about them is off.
"""

from __future__ import annotations

import random
from typing import Final

from tests.conformance.random_http import make_http
from tests.conformance.random_sockets import make_socket
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


def make_case(seed: int) -> Case:
    """The case of a seed."""
    rng = random.Random(seed)  # noqa: S311  reproducible, not secret
    mount = rng.choice(MOUNTS)
    case: Case = {"name": f"seed {seed}"}
    if rng.random() < 0.75:
        case["http"] = make_http(rng, mount)
    else:
        case["ws"] = make_socket(rng, mount)
    return case
