"""Inputs that are no JSON: multipart forms and byte streams."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

__all__ = ["ByteStream", "FormData", "UploadedFile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedFile:
    """A file of a form."""

    filename: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class FormData:
    """A multipart form as a procedure's whole input: `async def save(self, form: FormData, /)`.

    Attributes:
        entries: names with their text or file, in order of appearance; names may repeat.
    """

    entries: Sequence[tuple[str, str | UploadedFile]]

    def find(self, name: str) -> str | UploadedFile | None:
        """The first entry of that name."""
        return next((value for key, value in self.entries if key == name), None)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.is_instance_schema(cls)


class ByteStream:
    """An `application/octet-stream` body as a procedure's whole input: iterate over its chunks."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._chunks

    async def read(self) -> bytes:
        """All of it."""
        return b"".join([chunk async for chunk in self])

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.is_instance_schema(cls)
