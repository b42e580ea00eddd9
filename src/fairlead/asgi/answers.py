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
from fairlead.protocol.envelopes import encode_result
from fairlead.protocol.jsonl import has_streams
from fairlead.protocol.requests import CallTarget
from fairlead.schema import raw_json

__all__ = [
    "Answer",
    "PassedAnswer",
    "StreamedResultError",
    "Target",
    "Unfinished",
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


class Answer:
    """The answer to one call: its envelope, and what it means for the response."""

    __slots__ = ("body", "error", "status")

    def __init__(self, body: bytes, status: int, error: TRPCError | None) -> None:
        self.body = body
        self.status = status
        self.error = error


class PassedAnswer(Answer):
    """The answer to a call whose result is sent on as it comes; `started` by `perf_counter`."""

    __slots__ = ("path", "started", "stream")

    def __init__(self, path: str, stream: JsonStream[object], started: float) -> None:
        super().__init__(b"", 200, None)
        self.path = path
        self.stream = stream
        self.started = started


class Unfinished:
    """A call that waits for something.

    Attributes:
        coroutine: has been stepped once; `waits_for` is what it yielded then.
        is_checked: its result will have been validated.
    """

    __slots__ = ("call", "coroutine", "is_checked", "started", "target", "waits_for")

    def __init__(  # noqa: PLR0913, PLR0917  the parts of a call
        self,
        target: Target,
        call: Call,
        coroutine: Coroutine[Any, Any, object],
        waits_for: object,
        started: float,
        is_checked: bool,
    ) -> None:
        self.target = target
        self.call = call
        self.coroutine = coroutine
        self.waits_for = waits_for
        self.started = started
        self.is_checked = is_checked


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
    try:
        if runtime.options.transformer is None:
            data = output.to_json(result)
        elif has_streams(result):  # transformers turn what they do not know into text
            raise StreamedResultError
        else:
            data = runtime.encode_output(procedure, result)
    except PydanticSerializationError:
        if has_streams(result):
            raise StreamedResultError from None
        raise
    encoded = encode_result(data)
    runtime.answered[procedure.path].add(perf_counter() - started)
    return Answer(encoded, 200, None)


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
