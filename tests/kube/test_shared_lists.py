"""Lists that several ask for in the same moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

import pytest

from fairlead.kube import shared_lists
from fairlead.kube.errors import KubeError
from fairlead.kube.long_answers import LongAnswer, PassedChunks
from fairlead.kube.passing import PassedList
from fairlead.kube.shared_lists import SHARED_BYTES, WHOLE_BYTES, SharedLists


class Cluster:
    """Answers when it is told to, with the number of the question."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self._answers: list[asyncio.Future[bytes | PassedChunks]] = []

    async def ask(self, size: int) -> bytes | PassedChunks:
        self.asked.append(size)
        answer: asyncio.Future[bytes | PassedChunks] = (
            asyncio.get_running_loop().create_future()
        )
        self._answers.append(answer)
        return await answer

    async def answer(self, number: int, found: bytes | PassedChunks) -> None:
        await settle()
        self._answers[number].set_result(found)
        await settle()

    async def fail(self, number: int, error: Exception) -> None:
        await settle()
        self._answers[number].set_exception(error)
        await settle()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def make_chunks(close: Callable[[], None]) -> PassedChunks:
    async def rest() -> AsyncGenerator[bytes]:
        yield b""

    async def aclose() -> None:
        close()

    passed = PassedList(b"{", 0, None)
    return PassedChunks(LongAnswer(b"", rest(), None, aclose), passed)


def call(
    lists: SharedLists, cluster: Cluster, key: str = "a", count: int = 1
) -> list[asyncio.Task[bytes | PassedChunks]]:
    return [asyncio.create_task(lists.get(key, cluster.ask)) for _ in range(count)]


async def test_who_waits_gets_the_next_answer_with_all_others() -> None:
    lists, cluster = SharedLists(), Cluster()
    (first,) = call(lists, cluster)
    await settle()
    others = call(lists, cluster, count=100)
    await cluster.answer(0, b"old")
    assert await first == b"old"
    late = call(lists, cluster, count=2)
    await cluster.answer(1, b"new")
    assert await asyncio.gather(*others) == [b"new"] * 100
    await cluster.answer(2, b"newest")
    assert await asyncio.gather(*late) == [b"newest"] * 2
    assert cluster.asked == [WHOLE_BYTES, SHARED_BYTES, SHARED_BYTES]


async def test_one_after_the_other_each_asks_anew() -> None:
    lists, cluster = SharedLists(), Cluster()
    for number in range(3):
        (asking,) = call(lists, cluster)
        await cluster.answer(number, b"%d" % number)
        assert await asking == b"%d" % number


async def test_other_questions_and_other_users_share_nothing() -> None:
    lists, cluster = SharedLists(), Cluster()
    (one,) = call(lists, cluster, "a")
    (other,) = call(lists, cluster, "b")
    await cluster.answer(1, b"b")
    assert await other == b"b"
    await cluster.answer(0, b"a")
    assert await one == b"a"


async def test_a_failure_is_told_to_each_and_does_not_stay() -> None:
    lists, cluster = SharedLists(), Cluster()
    (first,) = call(lists, cluster)
    others = call(lists, cluster, count=2)
    await cluster.answer(0, b"old")
    await cluster.fail(1, KubeError("broken", code="BAD_GATEWAY"))
    errors = await asyncio.gather(*others, return_exceptions=True)
    assert [str(error) for error in errors] == ["broken", "broken"]
    assert errors[0] is not errors[1]
    assert await first == b"old"
    (again,) = call(lists, cluster)
    await cluster.answer(2, b"fine")
    assert await again == b"fine"


async def test_who_goes_does_not_take_the_answer_with_him() -> None:
    lists, cluster = SharedLists(), Cluster()
    (first,) = call(lists, cluster)
    gone, stays = call(lists, cluster, count=2)
    await settle()
    gone.cancel()
    first.cancel()
    await cluster.answer(1, b"new")
    assert await stays == b"new"
    await asyncio.gather(gone, first, return_exceptions=True)
    assert len(cluster.asked) == 2


async def test_nobody_asks_for_those_who_have_all_gone() -> None:
    lists, cluster = SharedLists(), Cluster()
    (first,) = call(lists, cluster)
    (gone,) = call(lists, cluster)
    await settle()
    gone.cancel()
    await cluster.answer(0, b"old")
    assert await first == b"old"
    assert len(cluster.asked) == 1


async def test_a_slow_cluster_is_asked_again_before_it_has_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shared_lists, "PATIENCE", 0.01)
    lists, cluster = SharedLists(), Cluster()
    (first,) = call(lists, cluster)
    await settle()
    others = call(lists, cluster, count=2)
    async with asyncio.timeout(10):
        while len(cluster.asked) < 2:  # noqa: ASYNC110  what is awaited is a timer's
            await asyncio.sleep(0.005)
    await cluster.answer(1, b"new")
    assert await asyncio.gather(*others) == [b"new"] * 2
    await cluster.answer(0, b"old")
    assert await first == b"old"


async def test_a_list_too_long_to_be_kept_is_asked_for_by_each() -> None:
    lists, cluster = SharedLists(), Cluster()
    (first,) = call(lists, cluster)
    others = call(lists, cluster, count=2)
    await cluster.answer(0, b"old")
    closed: list[bool] = []
    await cluster.answer(1, await make_chunks(lambda: closed.append(True)))
    assert closed == [True]
    await cluster.answer(2, b"own")
    await cluster.answer(3, b"his own")
    assert await asyncio.gather(*others) == [b"own", b"his own"]
    assert await first == b"old"
    assert cluster.asked == [WHOLE_BYTES, SHARED_BYTES, WHOLE_BYTES, WHOLE_BYTES]
