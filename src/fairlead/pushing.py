"""Events that many subscribers get, and sources that need no task to wait for them.

A subscription is an async iterator. One that can also say at once whether it has an event, and
ring a bell when it gets one, is served by a transport without a task per subscriber: the bell
is rung by whoever has the news, and the event goes from there to the socket.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Hashable
from typing import Any, TypeVar

from fairlead.schema import RawJson
from fairlead.tracking import tracked

__all__ = ["EventSource", "SharedEvent"]

T = TypeVar("T")


class SharedEvent(tracked[RawJson[Any]]):
    """An event of ready JSON that many subscribers get.

    Attributes:
        encoded: what transports made of it, by their own keys: made once, sent many times.
    """

    __slots__ = ("encoded",)
    encoded: dict[Hashable, bytes | str]

    def __init__(self, id_: str, data: RawJson[Any]) -> None:
        super().__init__(id_, data)
        object.__setattr__(self, "encoded", {})


class EventSource(AsyncIterator[T], ABC):
    """An async iterator of events that can also be read without waiting."""

    @property
    @abstractmethod
    def ended(self) -> bool:
        """Is it over? There is no event left then."""

    @abstractmethod
    def take(self) -> T | None:
        """The next event, if there is one now.

        Raises:
            Exception: why it has ended.
        """

    @abstractmethod
    def set_bell(self, bell: Callable[[], None] | None) -> None:
        """Has a function called whenever there may be news; it must not raise or wait."""

    @abstractmethod
    async def aclose(self) -> None:
        """Ends it."""
