"""Parts of a result that come later: clients of httpBatchStreamLink get promises and iterables.

class Report(TypedDict):
    title: str
    total: Deferred[int]      # Promise<number>
    rows: Stream[Row]         # AsyncIterable<Row>
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Generator
from typing import Any, Generic, TypeVar, get_args

from pydantic import GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from fairlead._missing import MISSING
from fairlead.errors import TRPCError

__all__ = ["Deferred", "Stream"]

T = TypeVar("T")


def _get_item(source: Any) -> TypeAdapter[Any]:
    return TypeAdapter(get_args(source)[0] if get_args(source) else object)


def _describe(item: TypeAdapter[Any], *, stream: bool) -> dict[str, Any]:
    """What code generation reads: the validator itself is a function, and says nothing of `T`."""
    return {"fairlead_later": {"stream": stream, "schema": item.core_schema}}


def _make_check(item: TypeAdapter[Any]) -> Callable[[Any], Any]:
    def check(value: object) -> object:
        try:
            return item.validate_python(value)
        except ValidationError as error:
            raise TRPCError(
                "INTERNAL_SERVER_ERROR", "Output validation failed", cause=error
            ) from error

    return check


def _is(value: object, kind: type) -> bool:
    """isinstance that does not narrow to a generic class of unknown arguments."""
    return isinstance(value, kind)


def _accept(value: T) -> T:
    return value


class Deferred(Generic[T]):
    """A value that comes later; the rest of the result does not wait for it."""

    def __init__(self, source: Awaitable[T], check: Callable[[T], T] = _accept) -> None:
        self._source = source
        self._check = check

    def __await__(self) -> Generator[Any, Any, T]:
        value = yield from self._source.__await__()
        return self._check(value)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        item = _get_item(source)
        check = _make_check(item)

        def bind(value: Any) -> Deferred[Any]:
            if not _is(value, Awaitable):
                raise PydanticCustomError(
                    "deferred", "Input should be a Deferred or another awaitable"
                )
            source: Any = value
            if _is(value, Deferred):
                source = source._source
            return Deferred(source, check)

        return core_schema.no_info_plain_validator_function(
            bind, metadata=_describe(item, stream=False)
        )


class Stream(Generic[T]):
    """Items that come later, one after the other.

    Attributes:
        returned: what the iterable returns to JavaScript at its end; MISSING is undefined.
    """

    def __init__(
        self,
        source: AsyncIterable[T],
        check: Callable[[T], T] = _accept,
        *,
        returned: object = MISSING,
    ) -> None:
        self._source = source
        self._check = check
        self.returned = returned

    async def __aiter__(self) -> AsyncIterator[T]:
        async for item in self._source:
            yield self._check(item)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        item = _get_item(source)
        check = _make_check(item)

        def bind(value: Any) -> Stream[Any]:
            if not _is(value, AsyncIterable):
                raise PydanticCustomError(
                    "stream", "Input should be a Stream or another async iterable"
                )
            if _is(value, Stream):
                stream: Any = value
                return Stream(stream._source, check, returned=stream.returned)
            source: Any = value
            return Stream(source, check)

        return core_schema.no_info_plain_validator_function(
            bind, metadata=_describe(item, stream=True)
        )
