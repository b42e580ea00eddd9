"""A few hundred requests, random ones and others, answered as by tRPC's own server; `make differential` sends many."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.conformance.compare import compare, compare_cases, serve_both
from tests.conformance.handmade import CASES
from tests.conformance.known_differences import KNOWN
from tests.conformance.random_cases import make_case

RANDOM = 300


@pytest.mark.node
@pytest.mark.parametrize(("server", "first"), [("uvicorn", 0), ("granian", RANDOM)])
async def test_random_requests_are_answered_as_trpc_answers_them(
    server: str, first: int
) -> None:
    used: Counter[str] = Counter()

    with serve_both(server) as (reference, candidate):
        found = await compare(reference, candidate, range(first, first + RANDOM), used)

    assert not found, "\n".join(str(difference) for difference in found)


@pytest.mark.node
@pytest.mark.parametrize("server", ["uvicorn", "granian"])
async def test_requests_written_by_hand_are_answered_as_trpc_answers_them(
    server: str,
) -> None:
    used: Counter[str] = Counter()

    with serve_both(server) as (reference, candidate):
        cases = enumerate(CASES)
        found = await compare_cases(reference, candidate, cases, used)

    assert not found, "\n".join(str(difference) for difference in found)


def test_a_seed_always_makes_the_same_case() -> None:
    assert [make_case(seed) for seed in range(50)] == [
        make_case(seed) for seed in range(50)
    ]


def test_every_known_difference_says_why() -> None:
    assert all(known.why for known in KNOWN)
    assert len({known.name for known in KNOWN}) == len(KNOWN)
