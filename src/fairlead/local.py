"""Calls in process, through the same pipeline as the wire."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from fairlead._missing import MISSING
from fairlead.calling import Call, CompiledProcedure, ParsedInput
from fairlead.context import ContextScope
from fairlead.schema import RawJson, get_wire_name

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
        async for event in cast("AsyncIterator[object]", events):
            yield compiled.output.check_event(event)

    def _make_call(
        self, compiled: CompiledProcedure, arguments: Mapping[str, object]
    ) -> Call:
        return Call(
            compiled, self._scope, ParsedInput(to_wire_input(compiled, arguments))
        )


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
