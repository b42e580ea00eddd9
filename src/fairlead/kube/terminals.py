"""Commands that run in containers, each with its streams: kept apart from who looks at them.

A browser that loses its connection comes back to the same command and gets the output that it
missed. It never starts a second one: a command that is gone is told as gone. Input goes to the
process that runs the command, so a client sends it over the same WebSocket as it reads from.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import Counter, deque
from collections.abc import AsyncIterator, Coroutine, Generator
from dataclasses import dataclass

import aiohttp

from fairlead.access import ResourceAttributes
from fairlead.errors import TRPCError
from fairlead.kube.channels import (
    PROTOCOLS,
    Exit,
    Output,
    Streams,
    encode_close,
    encode_input,
    encode_size,
)
from fairlead.kube.client import KubeClient, KubeRequest

__all__ = ["Terminal", "TerminalOptions", "Terminals"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalOptions:
    """Bounds of commands in containers.

    Attributes:
        per_user: commands of one user that may run at once; of as many that have ended, the end
            is still told to who comes back.
        kept: characters of output kept for who comes back; a command that writes more than its
            reader takes is made to wait, and what nobody takes is left out, which is said.
        linger: seconds that a command nobody looks at goes on.
        waiting_input: pieces of input that may be ahead of their turn.
        waiting_characters: how long these may be together.
    """

    per_user: int = 10
    kept: int = 200_000
    linger: float = 30.0
    waiting_input: int = 64
    waiting_characters: int = 4_000_000


Event = Output | Exit

PATIENCE = 20.0
"""Seconds that a command waits for a reader who takes nothing: its connection must live on."""
LEFT_OUT = "\r\n[output was left out here: it was not read in time]\r\n"


def get_size(event: Event) -> int:
    """Characters of output."""
    return len(event.text) if isinstance(event, Output) else 0


class Terminal:
    """One command in a container, with the output that is kept of it.

    Attributes:
        right: what its owner must be allowed to, as long as it runs.
    """

    def __init__(
        self,
        owner: str,
        right: ResourceAttributes,
        socket: aiohttp.ClientWebSocketResponse,
        kept: int,
    ) -> None:
        self.id = secrets.token_urlsafe(16)
        self.owner = owner
        self.right = right
        self._socket = socket
        self._kept = kept
        self._events: deque[tuple[int, Event]] = deque()
        self._size = 0
        self._unread = 0
        self._taken = asyncio.Event()
        self._read_to = 0
        self._count = 0
        self._news = asyncio.Event()
        self._next_input = 0
        self._ahead: dict[int, tuple[str, bool]] = {}
        self._sending = asyncio.Lock()
        self._ending: asyncio.Future[None] | None = None
        self.viewers = 0
        self.is_awaited = True  # whoever starts a command looks at it next
        self.exit: Exit | None = None

    async def pump(self) -> None:
        """Takes what the command writes, until it ends."""
        streams = Streams()
        end = Exit(None, "The connection to the container was lost")
        async for message in self._socket:
            if message.type is not aiohttp.WSMsgType.BINARY:
                continue
            event = streams.feed(message.data)
            if isinstance(event, Exit):
                end = event
                break
            if event is not None:
                await self._wait_for_room(get_size(event))
                self._add(event)
        for rest in streams.finish():
            self._add(rest)
        self.exit = end
        self._add(end)
        await self._socket.close()

    async def _wait_for_room(self, size: int) -> None:
        """Makes the command wait for who looks at it, as a pipe would."""
        room = max(0, self._kept - size)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while self.is_awaited and self._unread > room:
                    self._taken.clear()
                    await self._taken.wait()

    def _add(self, event: Event) -> None:
        self._count += 1
        self._events.append((self._count, event))
        self._size += get_size(event)
        self._unread += get_size(event)
        while self._size > self._kept and len(self._events) > 1:
            number, oldest = self._events.popleft()
            self._size -= get_size(oldest)
            self._note_read(number, oldest)
        self._news.set()
        self._news = asyncio.Event()

    def let_go(self) -> None:
        """Nobody looks at it now: it waits for nobody."""
        self.is_awaited = False
        self._taken.set()

    def _note_read(self, number: int, event: Event) -> None:
        """The first of its readers has taken an event, or nobody has and it is gone."""
        if number > self._read_to:
            self._read_to = number
            self._unread -= get_size(event)
            self._taken.set()

    async def read(self, after: int) -> AsyncIterator[tuple[int, Event]]:
        """What came after an event that was seen, and what comes; ends with the command."""
        seen = min(after, self._count)
        while self.exit is None or seen < self._count:
            news = self._news
            for number, event in list(self._events):
                if number <= seen:
                    continue
                if number > seen + 1:
                    stream = event.stream if isinstance(event, Output) else "stdout"
                    yield number - 1, Output(stream, LEFT_OUT)
                seen = number
                yield number, event
                self._note_read(number, event)
            if self.exit is None and news is self._news:
                await news.wait()

    async def write(
        self, number: int, text: str, bounds: TerminalOptions, *, end: bool = False
    ) -> None:
        """Sends input in the order of its numbers, whatever order it arrives in.

        Args:
            end: there is no input after it.

        Raises:
            TRPCError: the command has ended, or too much input waits for some that is missing,
                or the cluster has no way to end input.
        """
        self._check_open()
        if number < self._next_input:
            return  # sent again after a lost answer
        waiting = sum(len(each) for each, _ in self._ahead.values())
        if number > self._next_input and (
            len(self._ahead) >= bounds.waiting_input
            or waiting + len(text) > bounds.waiting_characters
        ):
            raise TRPCError(
                "TOO_MANY_REQUESTS",
                f"Input {self._next_input} is missing: "
                f"{len(self._ahead)} later ones wait for it",
            )
        if end and self._socket.protocol != PROTOCOLS[0]:
            raise TRPCError(
                "PRECONDITION_FAILED",
                "This cluster has no way to end a command's input",
            )
        self._ahead[number] = (text, end)
        async with self._sending:
            while (ready := self._ahead.pop(self._next_input, None)) is not None:
                self._next_input += 1
                for piece in encode_input(ready[0]):
                    await self._send(piece)
                if ready[1]:
                    await self._send(encode_close())

    async def resize(self, columns: int, rows: int) -> None:
        """Tells the command how large its terminal is."""
        self._check_open()
        await self._send(encode_size(columns, rows))

    async def aclose(self) -> None:
        """Ends the command by closing its connection."""
        await self._socket.close()

    def end_soon(self) -> None:
        """Ends the command; does not wait for that."""
        self._ending = asyncio.ensure_future(self.aclose())

    def _check_open(self) -> None:
        if self.exit is not None:
            raise TRPCError("PRECONDITION_FAILED", "The command has ended")

    async def _send(self, message: bytes) -> None:
        try:
            await self._socket.send_bytes(message)
        except (aiohttp.ClientError, ConnectionError) as error:
            raise TRPCError("PRECONDITION_FAILED", "The command has ended") from error


class Terminals:
    """The commands that run through this process."""

    def __init__(self, options: TerminalOptions | None = None) -> None:
        self.options = options or TerminalOptions()
        self._running: dict[str, Terminal] = {}
        self._opening: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(
        self,
        client: KubeClient,
        request: KubeRequest,
        owner: str,
        right: ResourceAttributes,
    ) -> Terminal:
        """Starts a command.

        Raises:
            KubeError: the cluster refused it.
            TRPCError: TOO_MANY_REQUESTS; the user has too many.
        """
        self._forget_ended(owner)
        mine = [each for each in self._running.values() if each.owner == owner]
        own = sum(each.exit is None for each in mine) + self._opening[owner]
        if own >= self.options.per_user:
            raise TRPCError(
                "TOO_MANY_REQUESTS",
                f"You have {own} commands running: end one of them first",
            )
        self._opening[owner] += 1
        try:
            socket = await client.connect(request, PROTOCOLS)
        finally:
            self._opening[owner] -= 1
            self._opening += Counter()  # leaves out who opens none
        terminal = Terminal(owner, right, socket, self.options.kept)
        self._running[terminal.id] = terminal
        self._start(self._run(terminal))
        return terminal

    def _forget_ended(self, owner: str) -> None:
        """Keeps no more of a user's commands that have ended than may run, the newest."""
        ended = [
            each.id
            for each in self._running.values()
            if each.owner == owner and each.exit is not None
        ]
        for id_ in ended[: -self.options.per_user]:
            del self._running[id_]

    def find(
        self, id_: str, owner: str, right: ResourceAttributes | None = None
    ) -> Terminal:
        """A command of that user.

        Args:
            right: the command must be one that needs that very right.

        Raises:
            TRPCError: NOT_FOUND; there is none, or it is another user's: that is not told.
        """
        terminal = self._running.get(id_)
        is_own = terminal is not None and terminal.owner == owner
        if terminal is None or not is_own or right not in (None, terminal.right):
            raise TRPCError("NOT_FOUND", "There is no such command here any more")
        return terminal

    @contextlib.contextmanager
    def viewing(self, terminal: Terminal) -> Generator[None]:
        """While somebody looks, a command goes on."""
        terminal.viewers += 1
        terminal.is_awaited = True
        try:
            yield
        finally:
            terminal.viewers -= 1
            if terminal.viewers == 0:
                terminal.let_go()
                self._start(self._end_unless_viewed(terminal))

    async def aclose(self) -> None:
        """Ends all commands."""
        for terminal in list(self._running.values()):
            await terminal.aclose()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, terminal: Terminal) -> None:
        await terminal.pump()
        # Who comes back a little later still learns how it ended.
        await asyncio.sleep(self.options.linger)
        self._running.pop(terminal.id, None)

    async def _end_unless_viewed(self, terminal: Terminal) -> None:
        await asyncio.sleep(self.options.linger)
        if terminal.viewers == 0:
            await terminal.aclose()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
