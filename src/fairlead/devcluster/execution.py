"""exec and attach: a command's streams, and the session that carries them.

An application may answer commands itself (`DevCluster(on_exec=...)`); otherwise the
echo shell does.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import msgspec

from fairlead.devcluster.channels import (
    ERROR,
    RESIZE,
    STDERR,
    STDIN,
    STDOUT,
    Channels,
    Message,
    Terminal,
    exit_status,
    failure_status,
    parse_terminal,
)
from fairlead.devcluster.jsontypes import JsonObject
from fairlead.devcluster.shell import UnknownCommandError

_PIECE = 32 * 1024
_WAITING_PIECES = 64


class Socket(Protocol):
    """One accepted WebSocket."""

    async def receive(self) -> bytes | str | None:
        """Return the next message; None when the client has gone."""
        ...

    async def send(self, message: bytes | str) -> None:
        """Send one message."""
        ...


@dataclass(frozen=True, slots=True)
class ExecRequest:
    """What a client asks to be run, and which streams it wants."""

    namespace: str
    pod: str
    container: str
    command: tuple[str, ...]
    stdin: bool = False
    stdout: bool = True
    stderr: bool = True
    tty: bool = False
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    folder: str = "/"


class ExecSession:
    """The streams of one running command."""

    def __init__(
        self, request: ExecRequest, channels: Channels, socket: Socket
    ) -> None:
        self.request = request
        self.terminal: Terminal | None = None
        self._channels = channels
        self._socket = socket
        self._input: asyncio.Queue[bytes] = asyncio.Queue(_WAITING_PIECES)
        self._ended = not request.stdin

    async def read(self) -> bytes:
        """Return the next bytes of standard input; nothing at its end."""
        if self._ended:
            return b""
        data = await self._input.get()
        self._ended = not data
        return data

    async def lines(self) -> AsyncIterator[str]:
        """Yield the lines of standard input, without their ends."""
        rest = b""
        while data := await self.read():
            *whole, rest = (rest + data).split(b"\n")
            for line in whole:
                yield line.decode(errors="replace").removesuffix("\r")
        if rest:
            yield rest.decode(errors="replace")

    async def write(self, data: bytes | str) -> None:
        """Write to standard output."""
        if self.request.stdout:
            await self._send(STDOUT, data)

    async def write_error(self, data: bytes | str) -> None:
        """Write to standard error, which a terminal shows with the output."""
        if self.request.tty:
            await self.write(data)
        elif self.request.stderr:
            await self._send(STDERR, data)

    # the session's own side

    async def open(self) -> None:
        """Say that the connection stands, as a real node does: by an empty message."""
        channel = STDOUT if self.request.stdout else STDERR if self.request.stderr else ERROR  # fmt: skip
        await self._socket.send(self._channels.encode(channel, b""))

    async def end(self, status: JsonObject) -> None:
        """Tell how the command ended."""
        data = msgspec.json.encode(status)
        await self._socket.send(self._channels.encode(ERROR, data))

    async def listen(self) -> None:
        """Take the client's messages until it goes away."""
        while (raw := await self._socket.receive()) is not None:
            message = self._channels.decode(raw)
            if message is not None:
                await self._take(message)

    async def _take(self, message: Message) -> None:
        if message.channel == STDIN and self.request.stdin:
            # An empty piece would be the end of the input.
            if message.closes or message.data:
                await self._input.put(message.data)
        elif message.channel == RESIZE:
            self.terminal = parse_terminal(message.data) or self.terminal

    async def _send(self, channel: int, data: bytes | str) -> None:
        raw = data.encode() if isinstance(data, str) else data
        if self.request.tty:
            raw = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        for start in range(0, len(raw), _PIECE):
            piece = raw[start : start + _PIECE]
            await self._socket.send(self._channels.encode(channel, piece))


ExecHandler: TypeAlias = Callable[[ExecSession], Awaitable[int]]


@dataclass(slots=True)
class Exchange:
    """An answer that needs a WebSocket: a command to be run on it."""

    request: ExecRequest
    channels: Channels
    handler: ExecHandler

    async def run(self, socket: Socket) -> None:
        """Run the command until it ends or the client goes away."""
        session = ExecSession(self.request, self.channels, socket)
        await session.open()
        command = asyncio.ensure_future(self.handler(session))
        listener = asyncio.create_task(session.listen())
        try:
            await asyncio.wait({command, listener}, return_when=asyncio.FIRST_COMPLETED)
            if command.done():
                await session.end(_status(command))
        finally:
            for task in (command, listener):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await task


def _status(command: asyncio.Future[int]) -> JsonObject:
    problem = command.exception()
    if isinstance(problem, UnknownCommandError):
        return failure_status(f'exec: "{problem}": executable file not found in $PATH')
    if problem is not None:
        return failure_status(f"{type(problem).__name__}: {problem}")
    return exit_status(command.result())
