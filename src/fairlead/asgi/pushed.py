"""A subscription without a task: its source rings, and what it has goes straight to the socket."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from fairlead.asgi.outbox import Outbox
from fairlead.calling import Call
from fairlead.protocol.messages import CallMessage
from fairlead.pushing import EventSource, SharedEvent

__all__ = ["PushedSubscription"]

TAIL = "tail"


class PushedSubscription:
    """One subscription of one connection; goes no faster than the connection's reader."""

    __slots__ = (
        "_encode",
        "_on_end",
        "_outbox",
        "_sending",
        "_source",
        "call",
        "message",
        "started",
    )

    def __init__(  # noqa: PLR0913, PLR0917  made in one place
        self,
        message: CallMessage,
        call: Call,
        source: EventSource[object],
        outbox: Outbox,
        encode: Callable[[object], bytes],
        on_end: Callable[[PushedSubscription, Exception | None], None],
    ) -> None:
        self.message = message
        self.call = call
        self.started = perf_counter()
        self._source = source
        self._outbox = outbox
        self._encode = encode
        self._on_end = on_end
        self._sending = False

    def start(self) -> None:
        """Sends what there is, and more whenever the source rings."""
        self._source.set_bell(self.send)
        self.send()

    def send(self) -> None:
        """Sends what there is now, as long as the reader keeps up."""
        if self._sending:
            return
        self._sending = True
        outbox, source, head = self._outbox, self._source, self.message.head
        try:
            while outbox.has_room:
                event = source.take()
                if event is None:
                    if source.ended:
                        self._on_end(self, None)
                    return
                if isinstance(event, SharedEvent):
                    tail = event.encoded.get(TAIL)
                    if not isinstance(tail, bytes):
                        tail = event.encoded[TAIL] = self._encode(event)
                    outbox.post_shared(head, tail, event)
                else:
                    outbox.post_event(head, self._encode(event))
        except Exception as error:
            self._on_end(self, error)
        finally:
            self._sending = False

    def cancel(self) -> None:
        """The client does not want it any more."""
        self.call.abort()
        self._on_end(self, None)

    async def stop(self) -> None:
        """The connection is gone."""
        self.cancel()
        await self.aclose()

    async def aclose(self) -> None:
        """Lets go of the source."""
        self._source.set_bell(None)
        await self._source.aclose()
