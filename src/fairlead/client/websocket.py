"""The shell of a client's WebSocket: one aiohttp connection at a time, many requests."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress

import aiohttp

from fairlead.client.codec import Codec
from fairlead.client.commands import (
    Command,
    Connect,
    ConnectionState,
    Disconnect,
    Ended,
    Event,
    Failed,
    Refused,
    Send,
    StateChanged,
)
from fairlead.client.dialing import RejectedError, dial
from fairlead.client.errors import LaggingError, ProtocolError, TransportError
from fairlead.client.multiplexer import Multiplexer
from fairlead.client.target import Target
from fairlead.tracking import tracked

__all__ = ["WebSocketLink"]

log = logging.getLogger("fairlead.client")

CLOSE_SECONDS = 1.0

StateListener = Callable[[ConnectionState], None]


class _Inbox:
    """What has arrived for one request and is not read yet."""

    __slots__ = ("_arrived", "_items", "suspended")

    def __init__(self) -> None:
        self._items: deque[Event | Refused | Failed | Ended] = deque()
        self._arrived = asyncio.Event()
        self.suspended = False

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: Event | Refused | Failed | Ended) -> None:
        self._items.append(item)
        self._arrived.set()

    async def get(self) -> Event | Refused | Failed | Ended:
        while not self._items:
            self._arrived.clear()
            await self._arrived.wait()
        return self._items.popleft()


class WebSocketLink:
    """Requests over one WebSocket, opened at the first of them."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._clock = asyncio.get_running_loop().time
        self._machine = Multiplexer(target.options, self._clock(), random.random)
        self._sockets: dict[int, aiohttp.ClientWebSocketResponse] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._outbox: deque[Send] = deque()
        self._sender: asyncio.Task[None] | None = None
        self._closers: set[asyncio.Task[None]] = set()
        self._inboxes: dict[int, _Inbox] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._is_crowded = False
        self._listeners: list[StateListener] = []

    @property
    def state(self) -> ConnectionState:
        """Where the connection stands."""
        return self._machine.state

    def on_state(self, listener: StateListener) -> Callable[[], None]:
        """Calls `listener` at each change; returns how to end that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def call(self, codec: Codec, raw: bytes | None) -> object:
        """A query or mutation."""
        procedure = codec.procedure
        key, inbox = self._open(codec, raw, None)
        try:
            item = await inbox.get()
        finally:
            self._close_request(key)
        match item:
            case Event(data=data):
                return codec.decode(data)
            case Refused(shape=shape):
                raise codec.decode_error(shape)
            case Failed(error=error):
                raise _explain(procedure.path, error)
            case Ended():
                raise TransportError(f"{procedure.path} ended without an answer")

    async def stream(
        self, codec: Codec, raw: bytes | None, last_event_id: str | None
    ) -> AsyncGenerator[object]:
        """A subscription; it is sent when it is first read and stopped when it is closed."""
        key, inbox = self._open(codec, raw, last_event_id)
        try:
            while True:
                if inbox.suspended and not len(inbox):
                    key, inbox = self._open(codec, raw, last_event_id)
                match await inbox.get():
                    case Event(data=data, event_id=event_id):
                        event = codec.decode_event(data, event_id)
                        if isinstance(event, tracked):
                            last_event_id = event.id
                        yield event
                    case Refused(shape=shape):
                        raise codec.decode_error(shape)
                    case Failed(error=error):
                        raise _explain(codec.procedure.path, error)
                    case Ended():
                        return
        finally:
            self._close_request(key)

    async def aclose(self) -> None:
        """Closes the connection; what still waits fails."""
        self._run(self._machine.close())
        if self._timer is not None:
            self._timer.cancel()
        tasks = [*self._tasks.values(), *self._closers]
        if self._sender is not None:
            self._sender.cancel()
            tasks.append(self._sender)
        for task in tasks:
            if task not in self._closers:
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- requests

    def _open(
        self, codec: Codec, raw: bytes | None, last_event_id: str | None
    ) -> tuple[int, _Inbox]:
        if self._machine.state.phase == "closed":
            raise TransportError("the client is closed: connect again")
        procedure = codec.procedure
        key, commands = self._machine.open(
            procedure.kind, procedure.path, raw, self._clock(), last_event_id
        )
        inbox = self._inboxes[key] = _Inbox()
        self._run(commands)
        return key, inbox

    def _close_request(self, key: int) -> None:
        if self._inboxes.pop(key, None) is not None:
            self._run(self._machine.stop(key, self._clock()))

    def _deliver(self, item: Event | Refused | Failed | Ended) -> None:
        inbox = self._inboxes.get(item.key)
        if inbox is None:
            return
        if len(inbox) < self._target.options.buffer_events or not isinstance(
            item, Event
        ):
            inbox.put(item)
            self._is_crowded = len(inbox) * 2 > self._target.options.buffer_events
            return
        # The reader is too slow. With an id the rest can be asked for when it has caught up.
        del self._inboxes[item.key]
        if item.event_id is not None:
            inbox.suspended = True
        else:
            inbox.put(Failed(item.key, LaggingError(_TOO_SLOW.format(len(inbox)))))
        self._run(self._machine.stop(item.key, self._clock()))

    # --- commands

    def _run(self, commands: list[Command]) -> None:
        for command in commands:
            match command:
                case Send():
                    self._outbox.append(command)
                case Connect(number=number):
                    self._tasks[number] = asyncio.create_task(self._serve(number))
                case Disconnect(number=number):
                    self._disconnect(number)
                case StateChanged(state=state):
                    self._tell(state)
                case _:
                    self._deliver(command)
        if self._outbox and self._sender is None:
            self._sender = asyncio.create_task(self._send_all())
        self._set_timer()

    def _tell(self, state: ConnectionState) -> None:
        if state.phase == "waiting":
            # Once is worth a warning; that it goes on is not.
            level = logging.WARNING if state.attempt <= 1 else logging.DEBUG
            url, error = self._target.url, state.error
            log.log(level, "no connection to %s (%s): trying again", url, error)
        for listener in tuple(self._listeners):
            listener(state)

    def _set_timer(self) -> None:
        deadline = self._machine.get_deadline()
        if deadline is None:
            return
        if self._timer is not None:
            # Most deadlines only move on, with every frame: an early tick does nothing.
            if self._timer.when() <= deadline:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(deadline, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._run(self._machine.tick(self._clock()))

    def _disconnect(self, number: int) -> None:
        # Stop messages that are queued for it go out before the close frame.
        task = asyncio.create_task(self._disconnect_softly(number))
        self._closers.add(task)
        task.add_done_callback(self._closers.discard)

    async def _disconnect_softly(self, number: int) -> None:
        sender = self._sender
        if sender is not None:
            await asyncio.wait([sender], timeout=CLOSE_SECONDS)
        socket = self._sockets.pop(number, None)
        if socket is not None:
            await _close(socket)
        task = self._tasks.get(number)
        if task is not None:
            task.cancel()

    async def _send_all(self) -> None:
        try:
            while self._outbox:
                item = self._outbox.popleft()
                socket = self._sockets.get(item.number)
                if socket is None:
                    continue
                try:
                    await socket.send_str(item.text)
                except (aiohttp.ClientError, ConnectionError, RuntimeError) as error:
                    log.debug("a frame could not be sent: %s", error)
        finally:
            self._sender = None

    # --- one connection

    async def _serve(self, number: int) -> None:
        try:
            await self._connect_and_receive(number)
        finally:
            self._tasks.pop(number, None)

    async def _connect_and_receive(self, number: int) -> None:
        try:
            socket, params = await dial(self._target)
        except RejectedError as error:
            rejected = self._machine.rejected(
                number, error.reason, self._clock(), final=error.final
            )
            self._run(rejected)
            return
        except TransportError as error:
            self._run(self._machine.failed_to_open(number, error, self._clock()))
            return
        self._sockets[number] = socket
        try:
            self._run(self._machine.opened(number, self._clock(), params))
            reason = await self._receive(number, socket)
        finally:
            self._sockets.pop(number, None)
            await _close(socket)
        self._run(self._machine.lost(number, reason, self._clock()))

    async def _receive(
        self, number: int, socket: aiohttp.ClientWebSocketResponse
    ) -> TransportError:
        """Reads until the end; returns why it came."""
        while True:
            message = await socket.receive()
            if message.type is aiohttp.WSMsgType.TEXT:
                text: str = message.data
                self._run(self._machine.received(number, text, self._clock()))
                if self._is_crowded:
                    # What is buffered is read without waiting: let the readers have a turn.
                    self._is_crowded = False
                    await asyncio.sleep(0)
            elif message.type is aiohttp.WSMsgType.ERROR:
                if socket.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG:
                    problem = ProtocolError(_TOO_LONG.format(self._target.options))
                    self._run(self._machine.rejected(number, problem, self._clock()))
                return TransportError(f"the connection broke: {message.data}")
            elif message.type is not aiohttp.WSMsgType.BINARY:
                return TransportError(
                    f"the connection was closed (code {socket.close_code})"
                )


_TOO_SLOW = (
    "{} events are waiting, and without ids the rest can not be asked for again: read "
    "faster, raise ClientOptions.buffer_events, or have the server yield tracked(id, ...)"
)

_TOO_LONG = (
    "the server sent a message longer than {0.message_bytes} bytes: raise "
    "ClientOptions.message_bytes"
)


async def _close(socket: aiohttp.ClientWebSocketResponse) -> None:
    # Whatever is wrong with it, the connection is given up; a dead peer is not waited for.
    with suppress(Exception):
        async with asyncio.timeout(CLOSE_SECONDS):
            await socket.close()


def _explain(path: str, error: Exception) -> Exception:
    if isinstance(error, TransportError):
        return TransportError(f"{path}: {error}")
    return error
