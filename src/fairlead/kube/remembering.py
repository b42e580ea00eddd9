"""Answers of the cluster, remembered for a while: asked for once, however many wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

__all__ = ["Memory"]

T = TypeVar("T")


class Memory(Generic[T]):
    """Answers by user and question; those of one user can be forgotten at once.

    Args:
        entries: how many are kept; beyond, those of the user longest known go.
    """

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._size = 0
        self._by_user: dict[Hashable, dict[Hashable, _Answer[T]]] = {}

    def find(self, who: Hashable, question: Hashable) -> T | None:
        """The last answer, however old; None where there is none."""
        answer = self._by_user.get(who, {}).get(question)
        return answer.value if answer is not None and answer.is_known else None

    async def get(
        self,
        who: Hashable,
        question: Hashable,
        seconds: float,
        ask: Callable[[], Coroutine[Any, Any, T]],
    ) -> T:
        """An answer that is not older than so many seconds; asks if there is none.

        Raises:
            TRPCError: what asking raised; that is not remembered.
        """
        loop = asyncio.get_running_loop()
        answer = self._by_user.get(who, {}).get(question)
        if answer is not None and answer.asked_at + seconds > loop.time():
            if answer.is_known:
                return answer.value
            if not answer.has_failed:
                return await asyncio.shield(answer.task)
        answer = _Answer(loop.time(), loop.create_task(ask()))
        self._keep(who, question, answer)
        # Shielded: others may wait for the same answer when this caller goes away.
        return await asyncio.shield(answer.task)

    def forget(self, who: Hashable) -> None:
        """Drops the answers about one user."""
        self._size -= len(self._by_user.pop(who, {}))

    def clear(self) -> None:
        """Drops all."""
        self._by_user.clear()
        self._size = 0

    def _keep(self, who: Hashable, question: Hashable, answer: _Answer[T]) -> None:
        answers = self._by_user.setdefault(who, {})
        if question not in answers:
            self._size += 1
        answers[question] = answer
        while self._size > self._entries:
            oldest = next(iter(self._by_user))
            if oldest == who:  # alone, or the oldest itself: its own first answer goes
                answers.pop(next(iter(answers)))
                self._size -= 1
                if len(self._by_user) > 1:
                    self._by_user[who] = self._by_user.pop(who)
            else:
                self.forget(oldest)


class _Answer(Generic[T]):
    __slots__ = ("asked_at", "task")

    def __init__(self, asked_at: float, task: asyncio.Task[T]) -> None:
        self.asked_at = asked_at
        self.task = task

    @property
    def has_failed(self) -> bool:
        task = self.task
        return task.done() and (task.cancelled() or task.exception() is not None)

    @property
    def is_known(self) -> bool:
        return self.task.done() and not self.has_failed

    @property
    def value(self) -> T:
        return self.task.result()
