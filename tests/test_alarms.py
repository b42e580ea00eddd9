"""Many timers at the price of one."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar

from fairlead.alarms import KEPT, Alarms

who: ContextVar[str] = ContextVar("who", default="nobody")


async def test_alarms_ring_in_the_order_of_their_times() -> None:
    loop = asyncio.get_running_loop()
    alarms, rung, done = Alarms(), list[str](), asyncio.Event()
    now = loop.time()
    alarms.set_at(loop, now + 0.03, done.set)
    alarms.set_at(loop, now + 0.02, lambda: rung.append("second"))
    alarms.set_at(loop, now + 0.01, lambda: rung.append("first"))
    alarms.set_at(loop, now + 0.02, lambda: rung.append("third"))
    await asyncio.wait_for(done.wait(), 10)
    assert rung == ["first", "second", "third"]
    assert len(alarms) == 0


async def test_a_cancelled_alarm_does_not_ring_even_if_it_is_due_in_the_same_moment() -> (
    None
):
    loop = asyncio.get_running_loop()
    alarms, rung, done = Alarms(), list[str](), asyncio.Event()
    now = loop.time()
    alarms.set_at(loop, now + 0.01, lambda: alarms.cancel(late))
    late = alarms.set_at(loop, now + 0.01, lambda: rung.append("late"))
    gone = alarms.set_at(loop, now + 0.005, lambda: rung.append("gone"))
    alarms.cancel(gone)
    alarms.cancel(gone)
    alarms.set_at(loop, now + 0.02, done.set)
    await asyncio.wait_for(done.wait(), 10)
    assert rung == []


async def test_cancelled_alarms_are_not_kept_until_their_time() -> None:
    loop = asyncio.get_running_loop()
    alarms = Alarms()
    far = loop.time() + 3600
    kept = alarms.set_at(loop, far, lambda: None)
    for _ in range(10 * KEPT):
        alarms.cancel(alarms.set_at(loop, far, lambda: None))
        assert len(alarms) <= KEPT + 2
    assert kept.call is not None


async def test_one_that_fails_is_told_of_and_the_others_ring() -> None:
    loop = asyncio.get_running_loop()
    told, done = list[object](), asyncio.Event()
    loop.set_exception_handler(lambda _, context: told.append(context["exception"]))
    alarms = Alarms()

    def fail() -> None:
        raise ValueError("no")

    alarms.set_at(loop, loop.time(), fail)
    alarms.set_at(loop, loop.time(), done.set)
    await asyncio.wait_for(done.wait(), 10)
    assert [type(each) for each in told] == [ValueError]


async def test_an_alarm_set_while_one_rings_is_called_too() -> None:
    loop = asyncio.get_running_loop()
    alarms, done = Alarms(), asyncio.Event()

    def again() -> None:
        alarms.set_at(loop, loop.time(), done.set)

    alarms.set_at(loop, loop.time() + 0.01, again)
    await asyncio.wait_for(done.wait(), 10)


async def test_alarms_know_nothing_of_who_set_them() -> None:
    loop = asyncio.get_running_loop()
    seen, done = list[str](), asyncio.Event()
    who.set("somebody")
    Alarms.of(loop).set_at(loop, loop.time(), lambda: seen.append(who.get()))
    Alarms.of(loop).set_at(loop, loop.time() + 0.001, done.set)
    await asyncio.wait_for(done.wait(), 10)
    assert seen == ["nobody"]
