"""JSON that a procedure has as bytes already."""

from __future__ import annotations

from typing import Generic, TypeVar, cast

__all__ = ["RawJson", "raw_json"]

T = TypeVar("T")


class RawJson(Generic[T]):
    """JSON bytes that stand for a `T` and are sent as they are; see `raw_json`."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data


def raw_json(data: bytes, type_: type[T]) -> T:
    """Returns ready JSON in place of a `T`, so that nothing is parsed or dumped again.

    The bytes must be valid JSON of that type: they are sent unchecked. Line breaks between its
    parts become blanks, since streamed answers are parted by lines.
    """
    del type_
    if b"\n" in data or b"\r" in data:
        data = data.replace(b"\n", b" ").replace(b"\r", b" ")
    return cast("T", RawJson[T](data))
