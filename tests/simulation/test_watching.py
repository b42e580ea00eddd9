import random

from fairlead.simulation.watching import Backoff


def test_backoff_grows_to_its_bound_and_starts_over() -> None:
    backoff = Backoff(first=1, longest=8, chance=random.Random(3))  # noqa: S311 - no secret
    waits = [backoff.next() for _ in range(6)]
    backoff.reset()
    assert waits[0] <= 1 < waits[2]
    assert all(4 <= wait <= 8 for wait in waits[3:])
    assert backoff.next() <= 1
