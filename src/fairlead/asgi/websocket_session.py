"""One WebSocket connection: what the protocol's state machine asks for, done with tasks and timers."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import AsyncIterable, Callable, Coroutine, Iterable, Mapping
from functools import partial
from time import perf_counter
from typing import cast

from fairlead.alarms import Alarm, Alarms
from fairlead.asgi.answers import close_stream
from fairlead.asgi.events import encode_event, get_encoder
from fairlead.asgi.outbox import Outbox
from fairlead.asgi.pushed import PushedSubscription
from fairlead.asgi.requests import CONNECTION_INFO, Headers, make_request
from fairlead.asgi.runtime import NOT_OPENED, Runtime
from fairlead.asgi.schema_drift import PARAM
from fairlead.asgi.types import Scope
from fairlead.asgi.websocket_calls import QueryCalls, find_procedure, make_call
from fairlead.calling import Call, CompiledProcedure
from fairlead.context import Request
from fairlead.errors import TRPCError
from fairlead.protocol.messages import CallMessage
from fairlead.protocol.requests import parse_query
from fairlead.protocol.websocket import (
    RECONNECT,
    Close,
    Command,
    CreateContext,
    StartCall,
    StopCall,
    WebSocketProtocol,
)
from fairlead.protocol.websocket import Send as SendText
from fairlead.pushing import EventSource

__all__ = ["WebSocketSession"]

log = logging.getLogger("fairlead.websocket")


class WebSocketSession:
    """One connection."""

    __slots__ = (
        "_calls", "_creating", "_loop", "_opened", "_outbox", "_owner", "_protocol", "_pushed",
        "_queries", "_runtime", "_scope", "_side_tasks", "_timer", "_unlisten", "request",
    )  # fmt: skip

    def __init__(self, runtime: Runtime, scope: Scope, headers: Headers) -> None:
        self._runtime = runtime
        self._scope: tuple[Scope, Headers] | None = scope, headers
        self._loop = asyncio.get_running_loop()
        query = scope["query_string"]
        expects_params = (
            bool(query) and parse_query(query).get("connectionParams") == b"1"
        )
        self._protocol = WebSocketProtocol(
            runtime.options, expects_params, self._loop.time()
        )
        self._outbox: Outbox | None = None
        self._opened = NOT_OPENED
        self._owner: str | None = None
        self._calls: dict[CallMessage, asyncio.Task[None]] = {}
        self._pushed: dict[CallMessage, PushedSubscription] = {}
        self._queries: QueryCalls | None = None
        self._creating: asyncio.Task[None] | None = None
        self._side_tasks: set[asyncio.Task[None]] | None = None
        self._timer: Alarm | None = None
        self._unlisten: Callable[[], None] | None = None
        self.request: Request | None = None

    # --- the connection's life

    @property
    def outbox(self) -> Outbox:
        """Where frames go; RuntimeError before it was started."""
        if self._outbox is None:
            raise RuntimeError("the session was not started")
        return self._outbox

    def start(self, outbox: Outbox) -> None:
        """The connection was accepted."""
        self._outbox = outbox
        outbox.writer = self
        self._perform(self._protocol.open())
        self._set_timer()

    def receive(self, text: str | None) -> None:
        """A message has arrived; None for a binary one."""
        now = self._loop.time()
        protocol = self._protocol
        self._perform(
            protocol.receive_bytes(now)
            if text is None
            else protocol.receive_text(text, now)
        )

    def end(self) -> None:
        """The connection is over: nothing is started or sent any more."""
        self._protocol.closed()
        self._cancel_timer()

    async def finish(self) -> None:
        """Leaves nothing running."""
        creating = () if self._creating is None else (self._creating,)
        tasks = [*self._calls.values(), *(self._side_tasks or ()), *creating]
        for task in tasks:
            task.cancel()
        if self._queries is not None:
            tasks += self._queries.cancel()
        if tasks:
            await asyncio.gather(*tasks, return_exceptions=True)
        for pushed in list(self._pushed.values()):
            await pushed.stop()
        if self._unlisten is not None:
            self._unlisten()
        if self._owner is not None:
            self._runtime.connections.release(self._owner)
        if self.outbox.overflowed:
            self._runtime.metrics.dropped += 1
            log.warning("a client read too slowly: its connection was closed")

    def send_waiting(self) -> None:
        """The reader has caught up: pushed subscriptions go on where they had to stop."""
        for pushed in list(self._pushed.values()):
            pushed.send()

    def send_reconnect(self) -> None:
        """Asks the client to connect anew."""
        self.outbox.post(RECONNECT)

    def close(self, code: int, reason: str) -> None:
        """Ends all calls, and the connection after what is queued."""
        self.end()
        for task in self._calls.values():
            task.cancel()
        if self._queries is not None:
            self._queries.cancel()
        for pushed in list(self._pushed.values()):
            pushed.cancel()
        self.outbox.close(Close(code, reason))

    def _get_open(self) -> list[CallMessage]:
        """The calls that are not over."""
        return [*self._pushed, *self._calls, *(self._queries or ())]

    def _abort(self) -> None:
        self.close(1011, "aborted")

    def _end_session(self, error: TRPCError) -> None:
        """The sign-in is over: every call is told so, and the connection ends."""
        for message in self._get_open():
            self.outbox.post(self._protocol.encode_error(message, error))
        self.close(1008, "the session has ended")

    # --- commands

    def _perform(self, commands: Iterable[Command]) -> None:
        for command in commands:
            if isinstance(command, StartCall):  # the commonest: a match takes longer
                self._start_call(command.call)
                continue
            match command:
                case SendText(text):
                    self.outbox.post(text)
                case StopCall(call):
                    self._stop(call)
                case CreateContext(params):
                    creating = self._create_context(params)
                    self._creating = self._loop.create_task(creating)
                case Close(grace=0):
                    self.end()
                    self.outbox.close(command)
                case Close(code, reason, grace):
                    self._cancel_timer()
                    later = partial(self._perform, (Close(code, reason),))
                    self._call_at(self._loop.time() + grace, later)

    def _start_call(self, call: CallMessage) -> None:
        self._opened.note_use()
        if call.kind == "subscription":
            running = self._run_subscription(call)
            self._calls[call] = self._loop.create_task(running)
            return
        if self._queries is None:
            self._queries = QueryCalls(
                self._runtime, self._opened.scope, self._protocol, self.outbox
            )
        self._queries.start(call)

    def _stop(self, call: CallMessage) -> None:
        if call in self._pushed:
            self._pushed[call].cancel()
            return
        task = self._calls[call]
        task.cancel()
        body = cast("Coroutine[object, object, None]", task.get_coro())
        if inspect.getcoroutinestate(body) == inspect.CORO_CREATED:
            # Nothing of it has run or ever will, so nothing else tells of its end.
            del self._calls[call]
            self._perform(self._protocol.finished(call))

    def _start(self, coroutine: Coroutine[object, object, None]) -> None:
        if self._side_tasks is None:
            self._side_tasks = set()
        self._side_tasks.add(task := self._loop.create_task(coroutine))
        task.add_done_callback(self._side_tasks.discard)

    async def _create_context(self, params: Mapping[str, str] | None) -> None:
        scope, self._scope = self._scope, None
        if scope is None:
            return  # it is made once
        self._note_drift(params)
        services = self._runtime.services
        request = make_request(*scope, services, params, CONNECTION_INFO, self._abort)
        opened = await self._runtime.open_scope(request)
        self._creating = None  # from here on nothing waits
        self.request = opened.scope.request
        try:
            if opened.refusal is not None:
                raise opened.refusal
            bound = self._runtime.options.limits.connections_per_user
            self._owner = self._runtime.connections.claim(self.request, bound)
        except TRPCError as refusal:
            self._perform(self._protocol.context_failed(refusal))
            return
        self._opened = opened
        self._unlisten = opened.on_session_end(
            self._end_session, lambda: [each.path for each in self._get_open()]
        )
        self._perform(self._protocol.context_ready(opened.context))

    def _note_drift(self, params: Mapping[str, str] | None) -> None:
        drift = self._runtime.drift
        if drift is not None and params is not None and PARAM in params:
            drift.note(params[PARAM], "websocket")

    def _set_timer(self) -> None:
        deadline = self._protocol.get_deadline()
        if deadline is not None and not self._protocol.is_closed:
            self._call_at(deadline, self._tick)

    def _call_at(self, when: float, call: Callable[[], None]) -> None:
        self._timer = Alarms.of(self._loop).set_at(self._loop, when, call)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            Alarms.of(self._loop).cancel(self._timer)

    def _tick(self) -> None:
        self._perform(self._protocol.tick(self._loop.time()))
        self._set_timer()

    # --- calls

    async def _run_subscription(self, message: CallMessage) -> None:
        started = perf_counter()
        metrics = self._runtime.metrics
        code, path = "OK", None
        call: Call | None = None
        metrics.subscriptions += 1
        try:
            if self._runtime.compiled.branches:
                await self._runtime.load(message.path)
            procedure = find_procedure(self._runtime, message)
            path = procedure.path
            call = make_call(self._runtime, self._opened.scope, message, procedure)
            events = await procedure.call(call)
            if isinstance(events, EventSource):
                self._push(message, call, cast("EventSource[object]", events))
                return
            if not isinstance(events, AsyncIterable):
                raise TRPCError(
                    "INTERNAL_SERVER_ERROR",
                    f"Subscription {message.path} did not return an observable or a AsyncGenerator",
                )
            code = await self._send_events(
                message, procedure, cast("AsyncIterable[object]", events)
            )
            self._perform(self._protocol.finished(message))
        except asyncio.CancelledError:
            if call is not None:
                call.abort()
            self._perform(self._protocol.finished(message))
            raise
        except Exception as cause:
            error = self._runtime.explain(cause, message.path)
            code = error.code
            self._perform(self._protocol.failed_to_start(message, error))
        finally:
            self._calls.pop(message, None)
            if message not in self._pushed:
                metrics.subscriptions -= 1
                metrics.count_call(path, code, perf_counter() - started)

    def _push(
        self, message: CallMessage, call: Call, source: EventSource[object]
    ) -> None:
        """Goes on without a task: whoever has news for the source sends it."""
        encode = get_encoder(self._runtime, call.procedure)
        self._pushed[message] = pushed = PushedSubscription(
            message, call, source, self.outbox, encode, self._end_pushed
        )
        self.outbox.post(self._protocol.encode_started(message))
        pushed.start()

    def _end_pushed(self, pushed: PushedSubscription, cause: Exception | None) -> None:
        message = pushed.message
        if self._pushed.pop(message, None) is None:
            return
        code = "OK"
        if cause is not None:
            error = self._runtime.explain(cause, message.path)
            code = error.code
            self.outbox.post(self._protocol.encode_error(message, error))
        self._perform(self._protocol.finished(message))
        self._start(pushed.aclose())
        metrics = self._runtime.metrics
        metrics.subscriptions -= 1
        metrics.count_call(pushed.call.path, code, perf_counter() - pushed.started)

    async def _send_events(
        self,
        message: CallMessage,
        procedure: CompiledProcedure,
        events: AsyncIterable[object],
    ) -> str:
        """Sends all events; returns the code of how it ended."""
        post, wait_room = self.outbox.post, self.outbox.wait_room
        post(self._protocol.encode_started(message))
        try:
            async for event in events:
                post(
                    (
                        message.head + encode_event(self._runtime, procedure, event)
                    ).decode()
                )
                await wait_room()
        except Exception as cause:
            error = self._runtime.explain(cause, message.path)
            post(self._protocol.encode_error(message, error))
            return error.code
        finally:
            await close_stream(events)
        return "OK"
