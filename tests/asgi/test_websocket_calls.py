"""Queries that come together over a WebSocket: none of them waits for another."""

from __future__ import annotations

import asyncio

import pytest
from tests.asgi.harness import Socket

from fairlead import Context, Fairlead, Limits, Router, WireOptions, public, query


class Board:
    """What calls wait for, and what they leave."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.begun: list[int] = []
        self.tasks: dict[int, object] = {}
        self.left: list[str] = []


class App(Router[Context]):
    @property
    def board(self) -> Board:
        return self.ctx.request.services.get(Board)

    @query(access=public)
    async def now(self, number: int, /) -> int:
        self.board.begun.append(number)
        self.board.tasks[number] = asyncio.current_task()
        return number

    @query(access=public)
    async def later(self, number: int, /) -> int:
        board = self.board
        board.begun.append(number)
        before = board.tasks[number] = asyncio.current_task()
        try:
            await board.gate.wait()
        finally:
            board.left.append(
                f"{number} in its task: {asyncio.current_task() is before}"
            )
        return number

    @query(access=public)
    async def impatient(self) -> str:
        try:
            async with asyncio.timeout(0.01):
                await self.board.gate.wait()
        except TimeoutError:
            return "waited long enough"
        return "no need"

    @query(access=public)
    async def disappointed(self) -> str:
        task = asyncio.create_task(asyncio.sleep(3600))
        task.cancel()
        await task
        return "never"

    @query(access=public)
    async def broken(self) -> str:
        raise asyncio.CancelledError

    @query(access=public, timeout=0.01)
    async def slow(self) -> None:
        await asyncio.Event().wait()


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def app(board: Board) -> Fairlead:
    limits = Limits(calls_per_connection=50)
    return Fairlead(App, services=[board], wire=WireOptions(limits=limits))


def call(number: int, path: str, value: object = None) -> dict[str, object]:
    return {"id": number, "method": "query", "params": {"path": path, "input": value}}


async def test_calls_behind_one_that_waits_are_answered_before_it(
    app: Fairlead, board: Board
) -> None:
    socket = Socket(app)
    batch = [call(n, "later" if n % 3 == 0 else "now", n) for n in range(1, 13)]
    socket.say(batch)
    first = [await socket.hear() for _ in range(8)]
    assert [each["id"] for each in first] == [1, 2, 4, 5, 7, 8, 10, 11]
    assert board.begun == list(range(1, 13))
    assert board.left == []
    board.gate.set()
    rest = [await socket.hear() for _ in range(4)]
    assert [each["result"]["data"] for each in rest] == [3, 6, 9, 12]
    assert board.left == [f"{n} in its task: True" for n in (3, 6, 9, 12)]
    await socket.leave()


async def test_calls_that_wait_have_tasks_of_their_own(
    app: Fairlead, board: Board
) -> None:
    socket = Socket(app)
    socket.say([call(n, "later", n) for n in range(1, 6)])
    while len(board.begun) < 5:  # noqa: ASYNC110  calls have no event for it
        await asyncio.sleep(0)
    assert len(set(board.tasks.values())) == 5
    await socket.leave()
    assert len(board.left) == 5


async def test_calls_that_do_not_wait_share_a_task(app: Fairlead, board: Board) -> None:
    socket = Socket(app)
    socket.say([call(n, "now", n) for n in range(1, 6)])
    for _ in range(5):
        await socket.hear()
    assert len(set(board.tasks.values())) == 1
    await socket.leave()


async def test_time_outs_of_a_call_and_for_it_end_no_other(
    app: Fairlead, board: Board
) -> None:
    socket = Socket(app)
    paths = ["impatient", "slow", "later", "impatient", "slow"]
    socket.say(
        [call(n, path, n if path == "later" else None) for n, path in enumerate(paths)]
    )
    found = {}
    for _ in range(4):
        answer = await socket.hear()
        found[answer["id"]] = answer
    assert (
        found[0]["result"]["data"] == found[3]["result"]["data"] == "waited long enough"
    )
    assert (
        found[1]["error"]["data"]["code"]
        == found[4]["error"]["data"]["code"]
        == "TIMEOUT"
    )
    board.gate.set()
    assert (await socket.hear())["result"]["data"] == 2
    await socket.leave()


@pytest.mark.parametrize("path", ["disappointed", "broken"])
async def test_a_call_that_is_cancelled_from_within_is_an_error_and_ends_no_other(
    app: Fairlead, path: str
) -> None:
    socket = Socket(app)
    socket.say([call(1, path), call(2, "now", 2)])
    answers = {each["id"]: each for each in [await socket.hear(), await socket.hear()]}
    assert answers[1]["error"]["data"]["code"] == "INTERNAL_SERVER_ERROR"
    assert answers[2]["result"]["data"] == 2
    socket.say(call(3, "now", 3))
    assert (await socket.hear())["result"]["data"] == 3
    await socket.leave()


async def test_the_end_of_a_connection_cancels_all_that_run(
    app: Fairlead, board: Board
) -> None:
    socket = Socket(app)
    socket.say([call(n, "later", n) for n in range(1, 4)])
    while len(board.begun) < 3:  # noqa: ASYNC110  calls have no event for it
        await asyncio.sleep(0)
    await socket.leave()
    assert sorted(board.left) == [f"{n} in its task: True" for n in (1, 2, 3)]


async def test_an_answered_call_makes_room_for_another(
    app: Fairlead, board: Board
) -> None:
    socket = Socket(app)
    socket.say([call(n, "later", n) for n in range(50)])
    while len(board.begun) < 50:  # noqa: ASYNC110  calls have no event for it
        await asyncio.sleep(0)
    socket.query(50, "now", 50)
    assert (await socket.hear())["error"]["data"]["code"] == "TOO_MANY_REQUESTS"
    board.gate.set()
    for _ in range(50):
        assert "result" in await socket.hear()
    socket.query(51, "now", 51)
    assert (await socket.hear())["result"]["data"] == 51
    await socket.leave()
