"""`live`: a mapping that stays equal to the cluster."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    ItemsView,
    Iterator,
    Mapping,
    Sequence,
    ValuesView,
)
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast

from fairlead.client.commands import ConnectionState
from fairlead.client.errors import TransportError
from fairlead.client.executor import WireExecutor
from fairlead.client.replica import Change, Frame, Replica
from fairlead.errors import TRPCError
from fairlead.kube.frames import StateChange
from fairlead.kube.live import check_listener
from fairlead.kube.reading import ReadRouter
from fairlead.kube.resource import Resource
from fairlead.tracking import tracked

__all__ = ["LiveConnection", "LiveView", "live"]

R = TypeVar("R", bound=Resource)

log = logging.getLogger("fairlead.client")


@dataclass(frozen=True, slots=True)
class LiveConnection:
    """How far the mapping can be trusted.

    Attributes:
        status: `live`, equal to the cluster; `stale`, the server has lost the cluster;
            `offline`, the client has lost the server; `closed`, it will change no more.
        reason: why it is not live, or what is missing and why; for a person.
    """

    status: Literal["connecting", "live", "stale", "offline", "closed"]
    reason: str | None = None


ChangeListener = Callable[[Sequence[Change[R]]], None]


class LiveView(Mapping[str, R]):
    """The objects by `namespace/name` (`/name` when cluster-scoped), as they are now.

    What is gone through (`for key in items`, `items.values()`, `items.items()`) is as it was when
    that was asked for, whatever changes meanwhile.

    Attributes:
        error: why it is closed; None while it is not.
    """

    def __init__(self) -> None:
        self._replica: Replica[R] = Replica()
        self._connection = LiveConnection("connecting")
        self._link = ConnectionState("connecting")
        self._synced = False
        self._moved = asyncio.Event()
        self._on_change: list[ChangeListener[R]] = []
        self._on_connection: list[Callable[[LiveConnection], None]] = []
        self.error: Exception | None = None

    def __getitem__(self, key: str) -> R:
        return self._replica[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._replica)

    def __len__(self) -> int:
        return len(self._replica)

    def items(self) -> ItemsView[str, R]:
        """Keys and objects as they are now."""
        return self._replica.items()

    def values(self) -> ValuesView[R]:
        """Objects as they are now."""
        return self._replica.values()

    @property
    def connection(self) -> LiveConnection:
        """How far the mapping can be trusted now."""
        return self._connection

    @property
    def resource_version(self) -> str | None:
        """The version that the mapping stands at; opaque."""
        return self._replica.resource_version

    def on_change(self, listener: ChangeListener[R]) -> Callable[[], None]:
        """Calls `listener` with what each frame changed; returns how to end that.

        Raises:
            TypeError: it is a coroutine function, for which nobody would wait.
        """
        check_listener(listener)
        self._on_change.append(listener)
        return lambda: self._on_change.remove(listener)

    def on_connection(
        self, listener: Callable[[LiveConnection], None]
    ) -> Callable[[], None]:
        """Calls `listener` at each change of `connection`; returns how to end that.

        Raises:
            TypeError: it is a coroutine function, for which nobody would wait.
        """
        check_listener(listener)
        self._on_connection.append(listener)
        return lambda: self._on_connection.remove(listener)

    async def wait_for(self, predicate: Callable[[LiveView[R]], bool]) -> None:
        """Returns as soon as `predicate` holds; it is asked after every frame.

        Raises:
            Exception: `error`; the view is closed and will change no more.
        """
        while not predicate(self):
            if self.error is not None:
                raise self.error
            self._moved.clear()
            await self._moved.wait()

    async def follow(self, events: AsyncIterator[object]) -> None:
        """Takes in the events of a watch until it ends."""
        try:
            async for event in events:
                item = cast("tracked[Frame[R]]", event)
                self._take(item.data)
            self.error = TransportError("the server has ended the watch")
        except Exception as error:
            self.error = error
        finally:
            if self.error is None:
                self.error = TransportError("the view was left")
            self._show(LiveConnection("closed", str(self.error)))

    def set_link(self, state: ConnectionState) -> None:
        """The connection to the server stands elsewhere."""
        self._link = state
        if state.phase != "open":
            self._synced = False
            self._replica.forget_state()
        self._update_connection()

    def _take(self, frame: Frame[R]) -> None:
        changes = self._replica.apply(frame)
        if not isinstance(frame, StateChange):
            self._synced = True
        if changes:
            for listener in tuple(self._on_change):
                _call(listener, changes)
        self._update_connection()
        self._moved.set()

    def _update_connection(self) -> None:
        if self._connection.status == "closed":
            return
        link = self._link
        if not self._synced:
            started = self._replica.resource_version is not None
            reason = None if link.error is None else str(link.error)
            self._show(LiveConnection("offline" if started else "connecting", reason))
        elif self._replica.feed == "stale":
            self._show(LiveConnection("stale", self._replica.reason))
        else:
            self._show(LiveConnection("live", self._replica.reason))

    def _show(self, connection: LiveConnection) -> None:
        if connection == self._connection:
            return
        self._connection = connection
        self._moved.set()
        for listener in tuple(self._on_connection):
            _call(listener, connection)


T = TypeVar("T")


def _call(listener: Callable[[T], None], value: T) -> None:
    try:
        listener(value)
    except Exception:
        log.exception("a listener of a live view failed; the view goes on")


@asynccontextmanager
async def live(
    router: ReadRouter[R],
    *,
    namespace: str | None = None,
    label_selector: str | None = None,
    field_selector: str | None = None,
    ready_seconds: float | None = 30.0,
) -> AsyncGenerator[LiveView[R]]:
    """A mapping that stays equal to the cluster, whatever connections do.

        async with live(app.codebases, namespace="team-a") as items:
            items.on_change(print)
            print(items["team-a/shop"].spec, items.connection.status)

    Args:
        router: of the resource, connected over the wire or in process.
        namespace: all namespaces by default.
        ready_seconds: how long the first snapshot may take; None for no bound.

    Raises:
        TRPCError: the server refuses the watch, or there was no snapshot in time (TIMEOUT).
    """
    view: LiveView[R] = LiveView()
    given = {
        "namespace": namespace,
        "label_selector": label_selector,
        "field_selector": field_selector,
    }
    chosen = {name: value for name, value in given.items() if value is not None}
    task = asyncio.create_task(view.follow(_open(router, chosen, view.set_link)))
    try:
        await _wait_until_ready(view, ready_seconds)
        yield view
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _wait_until_ready(view: LiveView[Any], seconds: float | None) -> None:
    try:
        async with asyncio.timeout(seconds):
            await view.wait_for(lambda view: view.resource_version is not None)
    except TimeoutError as error:
        reason = view.connection.reason or "the server sent none"
        raise TRPCError(
            "TIMEOUT", f"no snapshot within {seconds} s: {reason}"
        ) from error


async def _open(
    router: ReadRouter[Any],
    arguments: Mapping[str, object],
    on_state: Callable[[ConnectionState], None],
) -> AsyncIterator[object]:
    procedure = type(router).watch
    path = (*router.router_path, procedure.name)
    executor = router.get_executor()
    if isinstance(executor, WireExecutor):
        events: Any = executor.watch(path, arguments, on_state)
    else:
        on_state(ConnectionState("open"))
        events = executor.stream(path, procedure, arguments)
    try:
        async for event in events:
            yield event
    finally:
        await events.aclose()
