"""Calls in process, through the same pipeline as the wire."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from fairlead._missing import MISSING
from fairlead.calling import Call, CompiledProcedure, ParsedInput
from fairlead.context import ContextScope
from fairlead.passing import JsonStream
from fairlead.schema import RawJson, get_wire_name
from fairlead.tracking import tracked

if TYPE_CHECKING:
    from fairlead.procedure import Procedure

__all__ = ["LocalExecutor", "make_executor", "to_wire_input"]


class LocalExecutor:
    """Runs bound procedures in process."""

    def __init__(
        self,
        tree: Mapping[tuple[str, ...], CompiledProcedure],
        scope: ContextScope,
    ) -> None:
        self._tree = tree
        self._scope = scope

    async def call(
        self,
        path: tuple[str, ...],
        procedure: Procedure[..., Any],
        arguments: Mapping[str, object],
    ) -> object:
        """Calls a query or mutation."""
        del procedure
        compiled = self._tree[path]
        result = await compiled.call(self._make_call(compiled, arguments))
        if isinstance(result, JsonStream):
            text = await cast("JsonStream[object]", result).read()
            return compiled.output.adapter.validate_json(text)
        if isinstance(result, RawJson):
            return compiled.output.adapter.validate_json(result.data)
        return result

    async def stream(
        self,
        path: tuple[str, ...],
        procedure: Procedure[..., Any],
        arguments: Mapping[str, object],
    ) -> AsyncIterator[object]:
        """Opens a subscription."""
        del procedure
        compiled = self._tree[path]
        events = await compiled.call(self._make_call(compiled, arguments))
        try:
            async for event in cast("AsyncIterator[object]", events):
                yield _read_event(compiled, event)
        finally:
            # An iterator that is no generator has to be told that nobody listens any more.
            close: Callable[[], Awaitable[None]] | None
            close = getattr(events, "aclose", None)
            if close is not None:
                await close()

    def _make_call(
        self, compiled: CompiledProcedure, arguments: Mapping[str, object]
    ) -> Call:
        return Call(
            compiled, self._scope, ParsedInput(to_wire_input(compiled, arguments))
        )


def _read_event(compiled: CompiledProcedure, event: object) -> object:
    """An event as a value of its type, also when it was made as JSON."""
    if not isinstance(event, tracked):
        return _read(compiled, event)
    item = cast("tracked[object]", event)
    return tracked(item.id, _read(compiled, item.data))


def _read(compiled: CompiledProcedure, value: object) -> object:
    if isinstance(value, RawJson):
        return compiled.output.adapter.validate_json(value.data)
    return compiled.output.check(value)


def to_wire_input(
    procedure: CompiledProcedure, arguments: Mapping[str, object]
) -> object:
    """A call's arguments by parameter name, as the input object that travels."""
    schema = procedure.input
    if schema is None or (not arguments and schema.optional):
        return MISSING
    if schema.whole:
        return next(iter(arguments.values()))
    return {get_wire_name(name): value for name, value in arguments.items()}


def make_executor(call: Call) -> LocalExecutor:
    """Runs the procedures that a running one calls on `self`, under the same contexts."""
    return LocalExecutor(call.procedure.tree, call.scope)
