"""The queries and mutations of a WebSocket connection.

Calls that come together run one after the other in one task, as those of an HTTP batch do: most
that serve from memory never wait. One that waits keeps the task, which it may know by then; those
behind it go on in another.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine, Iterator
from time import perf_counter
from typing import Any

from pydantic_core import PydanticSerializationError

from fairlead.asgi.answers import StreamedResultError, Waiting, read_passed, run_checked
from fairlead.asgi.outbox import Outbox
from fairlead.asgi.runtime import Runtime
from fairlead.asgi.suspension import Guard, Resumed, make_timeout
from fairlead.calling import Call, CompiledProcedure, ParsedInput, RawInput
from fairlead.context import ContextScope
from fairlead.errors import TRPCError
from fairlead.passing import JsonStream
from fairlead.protocol.inputs import check_depth
from fairlead.protocol.jsonl import has_streams
from fairlead.protocol.messages import CallMessage
from fairlead.protocol.websocket import WebSocketProtocol

__all__ = ["QueryCalls", "find_procedure", "make_call"]


def find_procedure(runtime: Runtime, message: CallMessage) -> CompiledProcedure:
    """What a message calls, of those that are loaded.

    Raises:
        TRPCError: NOT_FOUND.
    """
    procedure = runtime.procedures.get(message.path)
    if procedure is None or procedure.kind != message.kind:
        raise TRPCError(
            "NOT_FOUND", f'No "{message.kind}"-procedure on path "{message.path}"'
        )
    return procedure


def make_call(
    runtime: Runtime,
    scope: ContextScope,
    message: CallMessage,
    procedure: CompiledProcedure,
) -> Call:
    """The call that a message asks for.

    Raises:
        TRPCError: BAD_REQUEST; its input nests too deep.
    """
    raw: RawInput = message.raw
    if runtime.options.transformer is not None:
        raw = ParsedInput(message.value, strict=True)
    elif message.raw is not None and procedure.input is not None:
        check_depth(message.raw, runtime.options.limits)
    index, seen = message.index, message.last_event_id
    return Call(procedure, scope, raw, batch_index=index, last_event_id=seen)


class QueryCalls:
    """Those of one connection, once its context is there."""

    __slots__ = (
        "_open", "_outbox", "_protocol", "_queue", "_runner", "_runtime", "_scope", "_tasks",
    )  # fmt: skip

    def __init__(
        self,
        runtime: Runtime,
        scope: ContextScope,
        protocol: WebSocketProtocol,
        outbox: Outbox,
    ) -> None:
        self._runtime = runtime
        self._scope = scope
        self._protocol = protocol
        self._outbox = outbox
        self._open: dict[CallMessage, float] = {}
        self._queue: deque[CallMessage] = deque()
        self._runner: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def __iter__(self) -> Iterator[CallMessage]:
        """Those that were not answered yet."""
        return iter(self._open)

    def start(self, message: CallMessage) -> None:
        """Begins a call, in the next turn of the loop."""
        self._open[message] = perf_counter()
        self._queue.append(message)
        if self._runner is None:
            self._start_runner()

    def cancel(self) -> list[asyncio.Task[None]]:
        """Ends them all, unanswered; returns what is to be waited for."""
        self._queue.clear()
        for task in self._tasks:
            task.cancel()
        return list(self._tasks)

    # --- running them

    def _start_runner(self) -> None:
        self._runner = task = asyncio.get_running_loop().create_task(self._run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _hand_over(self) -> None:
        """The task has something to wait for: the calls behind it go on in another."""
        self._runner = None
        if self._queue:
            self._start_runner()

    async def _run(self) -> None:
        me = asyncio.current_task()
        try:
            while self._queue and self._runner is me:
                message = self._queue.popleft()
                if message.path not in self._runtime.procedures:
                    self._hand_over()
                    await self._load(message)
                waiting = self._begin(message)
                if waiting is not None:
                    if self._runner is me:
                        self._hand_over()
                    await self._finish(message, waiting)
        finally:
            if self._runner is me:
                self._runner = None

    async def _load(self, message: CallMessage) -> None:
        """Loads the lazy router that a call leads into; if that fails, so does the call."""
        try:
            await self._runtime.load(message.path)
        except TRPCError as error:
            self._fail(message, None, error)

    def _begin(self, message: CallMessage) -> Waiting | None:
        """Runs a call as far as it gets without waiting: mostly to its answer."""
        if message not in self._open:
            return None
        call: Call | None = None
        try:
            procedure = find_procedure(self._runtime, message)
            call = make_call(self._runtime, self._scope, message, procedure)
            body: Coroutine[Any, Any, object] | None = None
            if procedure.direct:
                body = procedure.begin(call, self._scope.services)
            coroutine = run_checked(call) if body is None else body
            is_checked = body is None
            try:
                waits_for = coroutine.send(None)
            except StopIteration as stop:
                result = stop.value
                if result.__class__ is not JsonStream:
                    self._succeed(message, procedure, result, is_checked)
                    return None
                coroutine, waits_for = read_passed(result), None
            return Waiting(call, coroutine, waits_for, is_checked)
        except (Exception, asyncio.CancelledError) as cause:
            self._fail(message, call, cause)
            return None

    async def _finish(self, message: CallMessage, waiting: Waiting) -> None:
        """Waits for the rest of a call."""
        call = waiting.call
        try:
            guard = self._watch(call.procedure)
            result = await Resumed(waiting.coroutine, waiting.waits_for, guard)
            if result.__class__ is JsonStream:
                guard = self._watch(call.procedure)
                result = await Resumed(read_passed(result), None, guard)
            self._succeed(message, call.procedure, result, waiting.is_checked)
        except asyncio.CancelledError as cause:
            if not _is_cancelled():  # the call's own: something that it waited for was
                self._fail(message, call, cause)
                return
            call.abort()
            self._note_end(message, call.path, "CLIENT_CLOSED_REQUEST")
            raise
        except Exception as cause:
            self._fail(message, call, cause)

    def _watch(self, procedure: CompiledProcedure) -> Guard | None:
        """What ends a call that takes too long."""
        seconds = procedure.options.timeout or self._runtime.options.limits.call_seconds
        if seconds is None:
            return None
        guard = Guard()
        guard.expire_after(seconds, make_timeout(procedure.path, seconds))
        return guard

    # --- answers

    def _succeed(
        self,
        message: CallMessage,
        procedure: CompiledProcedure,
        result: object,
        is_checked: bool,
    ) -> None:
        output = procedure.output
        if not is_checked and result.__class__ is not output.exact:
            result = output.check(result)
        data = self._encode(procedure, result)
        self._outbox.post_pieces(self._protocol.encode_pieces(message, data))
        self._note_end(message, procedure.path, "OK")

    def _encode(self, procedure: CompiledProcedure, result: object) -> bytes | None:
        runtime = self._runtime
        # Transformers turn what they do not know into text.
        if runtime.options.transformer is not None and has_streams(result):
            raise StreamedResultError
        try:
            return runtime.encode_output(procedure, result)
        except PydanticSerializationError:
            if has_streams(result):
                raise StreamedResultError from None
            raise

    def _fail(
        self, message: CallMessage, call: Call | None, cause: BaseException
    ) -> None:
        if isinstance(cause, StreamedResultError):
            cause = TRPCError(
                "UNSUPPORTED_MEDIA_TYPE",
                f"Cannot return an async iterable or observable from a {message.kind} procedure with WebSockets",
            )
        if call is not None and isinstance(cause, TRPCError):
            call.procedure.note_denial(call, cause)
        error = self._runtime.explain(cause, message.path)
        self._outbox.post(self._protocol.encode_error(message, error))
        self._note_end(message, None if call is None else call.path, error.code)

    def _note_end(self, message: CallMessage, path: str | None, code: str) -> None:
        seconds = perf_counter() - self._open.pop(message)
        self._protocol.answered(message)
        if code == "OK" and path is not None:
            self._runtime.answered[path].add(seconds)
        else:
            self._runtime.metrics.count_call(path, code, seconds)


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
