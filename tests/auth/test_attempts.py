"""Signing in may fail so many times from one address, and then has to wait."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest
from tests.auth.provider import RunningProvider
from tests.auth.replicas import Browser, open_replica

from fairlead.auth import AttemptOptions
from fairlead.auth.attempts import Attempts, TooManyAttemptsError

BOUND = AttemptOptions(failures=3, seconds=60, addresses=2)


class Clock:
    """Time that stands still."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_who_failed_too_often_waits_until_the_first_failure_is_old() -> None:
    clock = Clock()
    attempts = Attempts(BOUND, clock)
    for _ in range(3):
        attempts.check("a")
        attempts.note_failure("a")
        clock.now += 10
    with pytest.raises(TooManyAttemptsError, match="again in 30 s") as caught:
        attempts.check("a")
    assert caught.value.retry_after == 30
    attempts.check("b")
    clock.now = 60
    attempts.check("a")
    attempts.note_failure("a")
    with pytest.raises(TooManyAttemptsError, match="again in 10 s"):
        attempts.check("a")


def test_addresses_that_are_remembered_are_bounded() -> None:
    attempts = Attempts(BOUND, Clock())
    for address in ("a", "b", "a", "c", "a"):
        attempts.note_failure(address)
    assert len(attempts) == 2
    with pytest.raises(TooManyAttemptsError):
        attempts.check(
            "a"
        )  # it was heard of last each time, so it was not the one forgotten


async def test_guessing_is_refused_and_a_session_goes_on(
    provider: RunningProvider, tmp_path: Path
) -> None:
    url = f"sqlite:{tmp_path}/sessions.db"
    async with (
        open_replica(provider, url, attempts=BOUND) as replica,
        Browser.open(replica) as ann,
    ):
        await ann.sign_in()
        statuses: list[int] = []
        bad = {"logout_token": "guess"}
        async with aiohttp.ClientSession() as stranger:
            for _ in range(2):
                async with stranger.post(
                    f"{replica.url}/auth/token", json={"token": "guess"}
                ) as answer:
                    statuses.append(answer.status)
            async with stranger.post(
                f"{replica.url}/auth/back-channel/dev", data=bad
            ) as answer:
                statuses.append(answer.status)
            for path in ("token", "back-channel/dev"):
                async with stranger.post(
                    f"{replica.url}/auth/{path}", json={"token": "guess"}
                ) as answer:
                    statuses.append(answer.status)
                    assert 0 < int(answer.headers["retry-after"]) <= 60
            async with stranger.get(f"{replica.url}/auth/callback/dev") as answer:
                statuses.append(answer.status)
        assert statuses == [401, 401, 400, 429, 429, 429]
        assert await ann.get("me") == "admin"


async def test_browsers_that_come_over_tls_stay_there(
    provider: RunningProvider, tmp_path: Path
) -> None:
    url = f"sqlite:{tmp_path}/sessions.db"
    for public_url, expected in (
        ("https://portal.example.org", "max-age=31536000"),
        (None, None),
    ):
        async with (
            open_replica(provider, url, public_url=public_url) as replica,
            aiohttp.ClientSession() as session,
            session.get(f"{replica.url}/auth/providers") as answer,
        ):
            assert answer.headers.get("strict-transport-security") == expected
