"""Watching over calls, at no cost for those that answer at once.

Most procedures that serve from memory never wait. A coroutine is therefore stepped once in the
task that has it already; only when it waits are timers armed, the client's departure watched,
and the rest of a batch started as tasks. `asyncio.eager_task_factory` would do part of this,
but only from Python 3.12 on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator, Sequence
from typing import Any, Generic, TypeVar

from fairlead.asgi.types import Receive
from fairlead.errors import TRPCError

__all__ = [
    "ClientGoneError",
    "EndedError",
    "Guard",
    "Resumed",
    "gather_eagerly",
    "make_timeout",
    "run_guarded",
    "run_with_deadline",
]

T = TypeVar("T")
# What a coroutine yields to the event loop is the loop's own business.
Step = Generator[Any, Any, T]


class ClientGoneError(Exception):
    """The client closed the connection: nobody waits for the answer."""


class EndedError(Exception):
    """The time of a stream is over."""


class Guard:
    """Cancels the current task for a reason of its own, and tells that reason from others."""

    __slots__ = ("_handle", "_reason", "_task", "_watcher")

    def __init__(self) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("calls run in asyncio tasks only")
        self._task = task
        self._reason: Exception | None = None
        self._handle: asyncio.TimerHandle | None = None
        self._watcher: asyncio.Task[None] | None = None

    def expire_after(self, seconds: float, reason: Exception) -> None:
        """Ends the work after that long."""
        self._handle = asyncio.get_running_loop().call_later(seconds, self.end, reason)

    def watch_client(
        self, receive: Receive, gone: Callable[[], None] | None = None
    ) -> None:
        """Ends the work when the client disconnects."""
        self._watcher = asyncio.create_task(self._watch(receive, gone))

    async def _watch(self, receive: Receive, gone: Callable[[], None] | None) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        if gone is not None:
            gone()
        self.end(ClientGoneError())

    def end(self, reason: Exception) -> None:
        """Cancels the work for that reason."""
        if self._reason is None:
            self._reason = reason
            self._task.cancel()

    def close(self) -> None:
        """Disarms it."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        if self._watcher is not None:
            self._watcher.cancel()
            self._watcher = None  # its traceback will lead back here

    def translate(self, error: asyncio.CancelledError) -> BaseException:
        """The reason, if the cancellation was ours alone."""
        if self._reason is not None and self._task.uncancel() == 0:
            return self._reason
        return error


class _Stepped(Generic[T]):
    """Awaits a coroutine; calls `arm` if and when it first waits."""

    __slots__ = ("_arm", "_coroutine")

    def __init__(
        self, coroutine: Coroutine[Any, Any, T], arm: Callable[[], Guard]
    ) -> None:
        self._coroutine = coroutine
        self._arm = arm

    def __await__(self) -> Step[T]:
        try:
            waits_for = self._coroutine.send(None)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]  # a coroutine's StopIteration holds its T
        rest = Resumed(self._coroutine, waits_for, self._arm())
        return (yield from rest.__await__())


class Resumed(Generic[T]):
    """Awaits the rest of a coroutine that was stepped once, under a guard if there is one."""

    __slots__ = ("_coroutine", "_guard", "_waits_for")

    def __init__(
        self, coroutine: Coroutine[Any, Any, T], waits_for: object, guard: Guard | None
    ) -> None:
        self._coroutine = coroutine
        self._waits_for = waits_for
        self._guard = guard

    def __await__(self) -> Step[T]:
        guard = self._guard
        try:
            return (yield from _go_on(self._coroutine, self._waits_for))
        except asyncio.CancelledError as error:
            raise error if guard is None else guard.translate(error) from None
        finally:
            if guard is not None:
                guard.close()


def _go_on(coroutine: Coroutine[Any, Any, T], waits_for: object) -> Step[T]:
    """`yield from` for a coroutine that was started already (PEP 380)."""
    while True:
        try:
            sent = yield waits_for
        except GeneratorExit:
            coroutine.close()
            raise
        except BaseException as error:
            try:
                waits_for = coroutine.throw(error)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]  # as above
        else:
            try:
                waits_for = coroutine.send(sent)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]  # as above


def make_timeout(path: str, seconds: float) -> TRPCError:
    """The answer to a call that takes too long."""
    return TRPCError("TIMEOUT", f"{path} took longer than {seconds:g} s")


def run_with_deadline(
    coroutine: Coroutine[Any, Any, T], seconds: float, path: str
) -> _Stepped[T]:
    """Awaits a call for at most that long.

    Raises:
        TRPCError: TIMEOUT.
    """

    def arm() -> Guard:
        guard = Guard()
        guard.expire_after(seconds, make_timeout(path, seconds))
        return guard

    return _Stepped(coroutine, arm)


def run_guarded(
    coroutine: Coroutine[Any, Any, T], arm: Callable[[], Guard]
) -> _Stepped[T]:
    """Awaits a coroutine under a guard that `arm` makes when it first waits."""
    return _Stepped(coroutine, arm)


class _EagerGather(Generic[T]):
    __slots__ = ("_coroutines",)

    def __init__(self, coroutines: Sequence[Coroutine[Any, Any, T]]) -> None:
        self._coroutines = coroutines

    def __await__(self) -> Step[list[T]]:
        results: list[T] = []
        coroutines = self._coroutines
        for index, coroutine in enumerate(coroutines):
            try:
                waits_for = coroutine.send(None)
            except StopIteration as stop:
                results.append(stop.value)
                continue
            # This one goes on in the current task, which it may know by now; those after it
            # have not begun, so each can have a task of its own.
            tasks = [asyncio.ensure_future(later) for later in coroutines[index + 1 :]]
            try:
                results.append((yield from _go_on(coroutine, waits_for)))
                for task in tasks:
                    results.append((yield from task.__await__()))
            finally:
                for task in tasks:
                    task.cancel()
            break
        return results


def gather_eagerly(coroutines: Sequence[Coroutine[Any, Any, T]]) -> _EagerGather[T]:
    """Runs coroutines at the same time; those that never wait need no task.

    They must not raise: an answer is a value here, also when it is an error.
    """
    return _EagerGather(coroutines)
