"""`live`: a mapping that stays equal to the cluster.

async with live(app.codebases, namespace="team-a") as items:
    print(items["team-a/shop"].spec.git_url_path)
    await items.wait_for(lambda: "team-a/shop" not in items)
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import random
from collections.abc import Callable, ItemsView, Iterator, Mapping, ValuesView
from typing import Any, Generic, Literal, Self, TypeVar

from fairlead.errors import FairleadError, TRPCError
from fairlead.kube.frames import Delta, FeedState, Snapshot, StateChange
from fairlead.kube.reading import ReadRouter
from fairlead.kube.resource import Resource

__all__ = ["LiveState", "LiveStore", "check_listener", "live"]

R = TypeVar("R", bound=Resource)

log = logging.getLogger("fairlead.kube")

LiveState = Literal["connecting", "live", "stale", "failed", "closed"]
"""`stale`: what is shown may be old; it is being reconnected. `failed`, `closed`: it is not."""

FINAL_CODES = frozenset(
    {"UNAUTHORIZED", "FORBIDDEN", "NOT_FOUND", "BAD_REQUEST", "METHOD_NOT_SUPPORTED"}
)
FIRST_WAIT = 0.2
MAX_WAIT = 30.0


class LiveStore(Mapping[str, R], Generic[R]):
    """Objects by `namespace/name`, kept up to date until it is closed; see `live`.

    What is gone through (`for key in items`, `items.values()`, `items.items()`) is as it was when
    that was asked for, whatever changes meanwhile.

    Attributes:
        state: how it stands with the cluster.
        reason: why it is stale or failed, or what is missing.
        failure: why it ended; what is in it then stays as it was.
    """

    def __init__(self, router: ReadRouter[R], options: Mapping[str, Any]) -> None:
        self.state: LiveState = "connecting"
        self.reason: str | None = None
        self.failure: TRPCError | None = None
        self._router = router
        self._options = options
        self._objects: dict[str, R] = {}
        self._lent = False
        self._listeners: dict[object, Callable[[], None]] = {}
        self._feed: tuple[FeedState, str | None] = ("live", None)
        self._last_event_id: str | None = None
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def __getitem__(self, key: str) -> R:
        return self._objects[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._lend())

    def __len__(self) -> int:
        return len(self._objects)

    def items(self) -> ItemsView[str, R]:
        """Keys and objects as they are now."""
        return self._lend().items()

    def values(self) -> ValuesView[R]:
        """Objects as they are now."""
        return self._lend().values()

    def _lend(self) -> dict[str, R]:
        """The objects for somebody who takes his time: the next change is made to a copy."""
        self._lent = True
        return self._objects

    async def __aenter__(self) -> Self:
        self.state, self.reason, self.failure = "connecting", None, None
        self._task = asyncio.create_task(self._run())
        try:
            await self.wait_for(lambda: self.state != "connecting")
            if self.failure is not None:
                raise self.failure
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stops following the cluster; who waits for something is told."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
            if self.failure is None:
                message = "The live store is closed"
                self.failure = TRPCError("CLIENT_CLOSED_REQUEST", message)
                self._set_state("closed", message)

    def on_change(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Calls a function after each change of objects or state; returns how to stop that.

        Raises:
            TypeError: it is a coroutine function, for which nobody would wait.
        """
        check_listener(listener)
        token = object()
        self._listeners[token] = listener

        def stop() -> None:
            self._listeners.pop(token, None)

        return stop

    async def wait_for(self, condition: Callable[[], bool]) -> None:
        """Waits until a condition on it holds.

        Raises:
            TRPCError: it failed or was closed before.
        """
        while not condition():
            if self.failure is not None:
                raise self.failure
            self._news.clear()
            await self._news.wait()

    async def _run(self) -> None:
        wait = FIRST_WAIT
        while True:
            self._feed = ("live", None)  # it says so at once where it is not
            try:
                async for event in self._router.watch(
                    **self._options, last_event_id=self._last_event_id
                ):
                    self._apply(event.id, event.data)
                    wait = FIRST_WAIT
                reason = "The stream ended"
            except TRPCError as error:
                if error.code in FINAL_CODES:
                    self._fail(error)
                    return
                reason = error.message
            except FairleadError as error:
                reason = str(error)  # a connected router has lost its server
            except Exception as error:
                log.exception("a live store broke")
                self._fail(TRPCError("INTERNAL_SERVER_ERROR", f"It broke: {error}"))
                return
            if self.state != "connecting":
                self._set_state("stale", reason)
            await asyncio.sleep(random.uniform(wait / 2, wait))  # noqa: S311
            wait = min(wait * 2, MAX_WAIT)

    def _apply(self, version: str, frame: Snapshot[R] | Delta[R] | StateChange) -> None:
        if isinstance(frame, StateChange):
            self._feed = (frame.state, frame.reason)
            # Before the first objects there is nothing that could be live.
            if self.state == "connecting":
                return
        else:
            self._last_event_id = version
        if isinstance(frame, Snapshot):
            self._feed = ("live", None)  # as above
            self._objects = {item.key: item for item in frame.items}
        elif isinstance(frame, Delta):
            if self._lent:
                self._objects, self._lent = dict(self._objects), False
            for gone in frame.deletes:
                self._objects.pop(f"{gone.namespace or ''}/{gone.name}", None)
            self._objects |= {item.key: item for item in frame.upserts}
        self._set_state(*self._feed)

    def _fail(self, error: TRPCError) -> None:
        self.failure = error
        self._set_state("failed", error.message)

    def _set_state(self, state: LiveState, reason: str | None) -> None:
        self.state = state
        self.reason = reason
        self._news.set()
        for listener in list(self._listeners.values()):
            try:
                listener()
            except Exception:
                log.exception("a listener of a live store failed; the store goes on")


def check_listener(listener: Callable[..., None]) -> None:
    """Refuses what would be called and never run."""
    if inspect.iscoroutinefunction(listener):
        raise TypeError(
            f"{listener.__qualname__} is a coroutine function: a listener is called and not "
            "awaited, so let it start a task or wake one"
        )


def live(
    router: ReadRouter[R],
    *,
    namespace: str | None = None,
    label_selector: str | None = None,
    field_selector: str | None = None,
) -> LiveStore[R]:
    """A live mapping of a resource router's objects; entering it waits for the first ones.

    Works in process and over the wire: it uses the router's `watch` and nothing else.

    Raises:
        TRPCError: on entering; the caller may not watch, or asks for what cannot be.
    """
    options = {
        "namespace": namespace,
        "label_selector": label_selector,
        "field_selector": field_selector,
    }
    return LiveStore(router, options)
