"""Arguments to JSON, answers to values: by the procedure's own schemas."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any, Protocol, cast, runtime_checkable

import msgspec
from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from fairlead._missing import MISSING
from fairlead.calling import CompiledProcedure
from fairlead.client.errors import ProtocolError, make_error
from fairlead.client.streamed_types import has_streamed_parts
from fairlead.errors import TRPCError
from fairlead.protocol.transformer import Transformer, dump_json, load_json
from fairlead.schema import get_wire_name
from fairlead.tracking import tracked

__all__ = ["Codec"]


class _Tracked(msgspec.Struct):
    """How a WebSocket carries an event with an id."""

    data: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_decode_tracked = msgspec.json.Decoder(_Tracked).decode


@runtime_checkable
class _Sendable(Protocol):
    """A value that knows better than its type how it travels: a Kubernetes resource."""

    def to_wire(self) -> dict[str, Any]: ...


class Codec:
    """One procedure's way to and from the wire."""

    def __init__(
        self, procedure: CompiledProcedure, transformer: Transformer | None
    ) -> None:
        self.procedure = procedure
        self._transformer = transformer

    @cached_property
    def is_streamed(self) -> bool:
        """Do its answers come in parts?"""
        return self.procedure.streaming or has_streamed_parts(
            self.procedure.output.type_
        )

    def make_error(self, shape: object) -> TRPCError:
        """The error that an answer's error shape stands for."""
        return make_error(shape, self.procedure.options.raises)

    def decode_error(self, raw: bytes) -> TRPCError:
        """The error in an answer."""
        return self.make_error(self._load(raw))

    def encode(self, arguments: Mapping[str, object]) -> bytes | None:
        """The input as JSON; None when there is none.

        Raises:
            TRPCError: BAD_REQUEST; an argument is not of its type.
        """
        given = {
            name: value for name, value in arguments.items() if value is not MISSING
        }
        if self.procedure.input is None or not given:
            if self._transformer is None:
                return None
            return dump_json(self._transformer.serialize(MISSING))
        try:
            return self._dump(given)
        except PydanticSerializationError as error:
            path = self.procedure.path
            raise TRPCError(
                "BAD_REQUEST", f"The input of {path} is not of its type: {error}"
            ) from error

    def _dump(self, given: Mapping[str, object]) -> bytes:
        schema = self.procedure.input
        if schema is None:
            return b"{}"
        if self._transformer is not None:
            # As servers do with results: a dump by type would lose maps, sets and bigints.
            named = {get_wire_name(name): value for name, value in given.items()}
            whole = next(iter(given.values())) if schema.whole else named
            return dump_json(self._transformer.serialize(whole))
        # What travels in a form of its own is not of the declared type any more.
        mismatch: Any = (
            "none"
            if any(isinstance(value, _Sendable) for value in given.values())
            else "error"
        )
        fields = {name: _get_wire_form(value) for name, value in given.items()}
        value = next(iter(fields.values())) if schema.whole else fields
        return schema.serializer.to_json(value, by_alias=True, warnings=mismatch)

    def decode(self, raw: bytes | None) -> object:
        """A result, or the data of an event, from JSON; None is undefined.

        Raises:
            ProtocolError: it does not fit the declared type.
        """
        if raw is None:
            return self._decode_absent()
        if self._transformer is not None:
            return self.decode_value(self._load(raw))
        try:
            value: object = self.procedure.output.adapter.validate_json(raw)
        except ValidationError as error:
            raise self._make_mismatch(error) from error
        return value

    def decode_value(self, value: object) -> object:
        """The same from a value that was parsed already."""
        if value is MISSING:
            return self._decode_absent()
        try:
            checked: object = self.procedure.output.adapter.validate_python(value)
        except ValidationError as error:
            raise self._make_mismatch(error) from error
        return checked

    def decode_event(self, raw: bytes | None, event_id: str | None) -> object:
        """An event of a WebSocket."""
        if event_id is None:
            return self.decode(raw)
        if self._transformer is not None:
            pair = self._load(raw or b"null")
            fields = cast("dict[str, object]", pair) if isinstance(pair, dict) else {}
            return tracked(event_id, self.decode_value(fields.get("data", MISSING)))
        try:
            data = _decode_tracked(raw or b"{}").data
        except msgspec.DecodeError as error:
            raise ProtocolError(
                f"an event of {self.procedure.path} has an id but no data: {error}"
            ) from error
        return tracked(
            event_id, self.decode(None if data is msgspec.UNSET else bytes(data))
        )

    def _decode_absent(self) -> object:
        adapter = self.procedure.output.adapter
        # JavaScript's undefined: MISSING where the type has room for it, else None.
        with suppress(ValidationError):
            value: object = adapter.validate_python(MISSING)
            return value
        try:
            return adapter.validate_python(None)
        except ValidationError as error:
            raise self._make_mismatch(error) from error

    def _load(self, raw: bytes) -> object:
        try:
            parsed = load_json(raw)
            if self._transformer is None:
                return parsed
            return self._transformer.deserialize(parsed)
        except ValueError as error:
            path = self.procedure.path
            raise ProtocolError(
                f"{path} answered what is not readable: {error}"
            ) from error

    def _make_mismatch(self, error: ValidationError) -> ProtocolError:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc']) or 'result'}: {problem['msg']}"
            for problem in error.errors(include_url=False, include_input=False)[:5]
        )
        return ProtocolError(
            f"{self.procedure.path} answered what does not fit its type ({problems}): "
            "are client and server of the same version?"
        )


def _get_wire_form(value: object) -> object:
    return value.to_wire() if isinstance(value, _Sendable) else value
