"""What becomes of the calls of an HTTP request: answers, and those that still wait."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Coroutine
from time import perf_counter
from typing import Any, cast

from pydantic_core import PydanticSerializationError

from fairlead.asgi.runtime import Runtime
from fairlead.calling import Call, CompiledProcedure, RawInput
from fairlead.errors import TRPCError
from fairlead.passing import JsonStream
from fairlead.protocol.envelopes import (
    RESULT_HEAD,
    RESULT_TAIL,
    encode_result,
    hold_result,
)
from fairlead.protocol.jsonl import has_streams
from fairlead.protocol.requests import CallTarget
from fairlead.schema import raw_json

__all__ = [
    "Answer",
    "PassedAnswer",
    "StreamedResultError",
    "Target",
    "Unfinished",
    "UnsendableError",
    "Waiting",
    "close_stream",
    "fail_with",
    "is_event_source",
    "read_passed",
    "run_checked",
    "succeed",
]

Target = CallTarget[CompiledProcedure]

NOT_STREAMED = (
    "Cannot use stream-like response in non-streaming request - use httpBatchStreamLink"
)


LARGE = 65536
"""Results of so many bytes are not copied into their envelope: memory of that size is dear."""


class Answer:
    """The answer to one call: its envelope, and what it means for the response.

    Attributes:
        body: the envelope, or a large result alone (`is_bare`), whose envelope goes around it.
        error: why it failed, where the response hook wants to know.
    """

    __slots__ = ("body", "error", "is_bare", "status")

    def __init__(
        self,
        body: bytes,
        status: int,
        error: TRPCError | None,
        *,
        is_bare: bool = False,
    ) -> None:
        self.body = body
        self.status = status
        self.error = error
        self.is_bare = is_bare

    @property
    def pieces(self) -> tuple[bytes, ...]:
        """The envelope, in the pieces that are at hand."""
        return (RESULT_HEAD, self.body, RESULT_TAIL) if self.is_bare else (self.body,)


class PassedAnswer(Answer):
    """The answer to a call whose result is sent on as it comes; `started` by `perf_counter`."""

    __slots__ = ("path", "started", "stream")

    def __init__(self, path: str, stream: JsonStream[object], started: float) -> None:
        super().__init__(b"", 200, None, is_bare=True)
        self.path = path
        self.stream = stream
        self.started = started


class Waiting:
    """A call that waits for something.

    Attributes:
        coroutine: has been stepped once; `waits_for` is what it yielded then.
        is_checked: its result will have been validated.
    """

    __slots__ = ("call", "coroutine", "is_checked", "waits_for")

    def __init__(
        self,
        call: Call,
        coroutine: Coroutine[Any, Any, object],
        waits_for: object,
        is_checked: bool,
    ) -> None:
        self.call = call
        self.coroutine = coroutine
        self.waits_for = waits_for
        self.is_checked = is_checked


class Unfinished(Waiting):
    """One of an HTTP request; `started` by `perf_counter`."""

    __slots__ = ("started", "target")

    def __init__(  # noqa: PLR0913, PLR0917  the parts of a call
        self,
        target: Target,
        call: Call,
        coroutine: Coroutine[Any, Any, object],
        waits_for: object,
        started: float,
        is_checked: bool,
    ) -> None:
        super().__init__(call, coroutine, waits_for, is_checked)
        self.target = target
        self.started = started


async def close_stream(stream: object) -> None:
    """Ends an async generator that nobody will read (further)."""
    close = cast(
        "Callable[[], Awaitable[None]] | None", getattr(stream, "aclose", None)
    )
    if close is not None:
        await close()


async def _refuse_stream(coroutine: Coroutine[Any, Any, object]) -> object:
    await close_stream(await coroutine)
    raise StreamedResultError


def run_checked(call: Call) -> Coroutine[Any, Any, object]:
    """Runs a call the whole way; its result is checked, and what it streams is refused."""
    procedure = call.procedure
    if procedure.streaming or procedure.kind == "subscription":
        return _refuse_stream(procedure.call(call))
    return procedure.call(call)


async def read_passed(result: object) -> object:
    """A `JsonStream` as a whole, for answers that cannot be sent in pieces."""
    return raw_json(await cast("JsonStream[object]", result).read(), object)


def succeed(
    runtime: Runtime,
    procedure: CompiledProcedure,
    result: object,
    started: float,
    is_checked: bool,
) -> Answer:
    """The answer to a call that returned, counted.

    Args:
        started: by `perf_counter`.
        is_checked: the result was validated.

    Raises:
        TRPCError: the result does not fit, or it streams.
    """
    output = procedure.output
    if result.__class__ is JsonStream:
        return PassedAnswer(procedure.path, cast("JsonStream[object]", result), started)
    if result.__class__ is not output.exact and not is_checked:
        result = output.check(result)
    answer = _encode(runtime, procedure, result)
    runtime.answered[procedure.path].add(perf_counter() - started)
    return answer


def _encode(runtime: Runtime, procedure: CompiledProcedure, result: object) -> Answer:
    output = procedure.output
    try:
        if runtime.options.transformer is None:
            whole = output.to_json_within(hold_result, result)
            if whole is not None:
                return Answer(whole, 200, None)
            data = output.to_json(result)
        elif has_streams(result):  # transformers turn what they do not know into text
            raise StreamedResultError
        else:
            data = runtime.encode_output(procedure, result)
    except PydanticSerializationError:
        if has_streams(result):
            raise StreamedResultError from None
        raise
    if data is not None and len(data) >= LARGE:
        return Answer(data, 200, None, is_bare=True)
    return Answer(encode_result(data), 200, None)


def is_event_source(value: object) -> bool:
    """Is it what a subscription must return?"""
    return isinstance(value, AsyncIterable)


def fail_with(error: TRPCError) -> Callable[[], Awaitable[RawInput]]:
    """The input of a call whose reading fails."""

    async def fail() -> RawInput:
        raise error.with_traceback(None)

    return fail


class StreamedResultError(TRPCError):
    """The client did not ask for a stream, but the result is one."""

    def __init__(self) -> None:
        super().__init__("UNSUPPORTED_MEDIA_TYPE", NOT_STREAMED)


class UnsendableError(TRPCError):
    """There is an answer, but no response: the application's hook failed, or chose no status."""

    def __init__(self, message: str | None, cause: BaseException | None = None) -> None:
        super().__init__("INTERNAL_SERVER_ERROR", message, cause=cause)
