"""Calling procedures: contexts, access, input, middleware, body and output, in that order.

    middleware (outermost first)
      -> context derived -> access that needs no input -> input validated
      -> access that needs it -> body -> output checked

Nothing here knows of HTTP or sockets; a transport makes a `Call` and serializes the result.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

from msgspec import Struct
from msgspec.structs import asdict

from fairlead.access.audit import (
    DENIALS,
    Subject,
    is_audited,
    note_allowed,
    note_denied,
)
from fairlead.access.policy import AccessRequest, Decision, Policy, public
from fairlead.access.rights import ResourceAttributes
from fairlead.context import Context, ContextScope, Request, Services
from fairlead.errors import TRPCError
from fairlead.schema import Arguments, InputSchema, OutputSchema

if TYPE_CHECKING:
    from fairlead.procedure import Procedure, ProcedureKind, ProcedureOptions
    from fairlead.router import Router

__all__ = ["Call", "CompiledProcedure", "Middleware", "Next", "ParsedInput", "RawInput"]

NO_ARGUMENTS: Arguments = ((), {})

Next: TypeAlias = Callable[[], Awaitable[object]]
"""Goes on with the call; returns its result (an async iterator when it streams)."""


class Middleware(Protocol):
    """One async function around a call: time it, limit it, cache it, refuse it."""

    def __call__(self, call: Call, call_next: Next, /) -> Awaitable[object]:
        """Usually `return await call_next()` with something before or after."""
        ...


@dataclass(frozen=True, slots=True)
class ParsedInput:
    """An input that is a Python value already: from a transformer, a form, or in process.

    Attributes:
        strict: convert nothing; `"1"` is no number and a text is no date.
    """

    value: object
    strict: bool = False


RawInput: TypeAlias = bytes | ParsedInput | None
"""JSON text, a value, or nothing at all."""


class Call:
    """One call of one procedure.

    Args:
        scope: the contexts of the request it belongs to, or what opens them when first used.

    Attributes:
        batch_index: its place in an HTTP or WebSocket batch, else 0.
        last_event_id: where a subscription resumes, when the client says so.
        audited: the denial that was recorded already, if one was.
    """

    __slots__ = (
        "_arguments",
        "_raw",
        "_scope",
        "_signal",
        "audited",
        "batch_index",
        "last_event_id",
        "procedure",
    )

    def __init__(
        self,
        procedure: CompiledProcedure,
        scope: ContextScope | Callable[[], ContextScope],
        raw: RawInput | Callable[[], Awaitable[RawInput]] = None,
        *,
        batch_index: int = 0,
        last_event_id: str | None = None,
    ) -> None:
        self.procedure = procedure
        self._scope = scope
        self.batch_index = batch_index
        self.last_event_id = last_event_id
        self._raw = raw
        self._arguments: Arguments | None = None
        self._signal: asyncio.Event | None = None
        self.audited: TRPCError | None = None

    @property
    def scope(self) -> ContextScope:
        """The contexts of the request it belongs to."""
        found = self._scope
        if not isinstance(found, ContextScope):
            found = self._scope = found()
        return found

    @property
    def path(self) -> str:
        """The procedure's path on the wire."""
        return self.procedure.path

    @property
    def kind(self) -> ProcedureKind:
        """query, mutation or subscription."""
        return self.procedure.kind

    @property
    def request(self) -> Request:
        """The request or connection it came with."""
        return self.scope.request

    @property
    def signal(self) -> asyncio.Event:
        """Set when the client went away or stopped it; the body is cancelled then anyway."""
        if self._signal is None:
            self._signal = asyncio.Event()
        return self._signal

    def abort(self) -> None:
        """Sets the signal."""
        self.signal.set()

    def find_input(self) -> Arguments | None:
        """The validated arguments if they can be had without waiting; raises as `parse_input`."""
        if self._arguments is None:
            schema = self.procedure.input
            raw = self._raw
            if schema is None:
                self._arguments = NO_ARGUMENTS
            elif isinstance(raw, bytes) and self.last_event_id is None:
                self._arguments = schema.parse_json(raw)
            elif raw is None or isinstance(raw, (bytes, ParsedInput)):
                self._arguments = _parse(schema, raw, self.last_event_id)
        return self._arguments

    def get_parsed_fields(self) -> Mapping[str, object]:
        """The fields of the input, if it was validated already."""
        return {} if self._arguments is None else _get_fields(*self._arguments)

    async def parse_input(self) -> Arguments:
        """The validated arguments; read and validated at the first use only.

        Raises:
            TRPCError: the input cannot be read or does not fit.
        """
        found = self.find_input()
        if found is None:
            read = cast("Callable[[], Awaitable[RawInput]]", self._raw)
            schema = cast("InputSchema", self.procedure.input)
            found = self._arguments = _parse(schema, await read(), self.last_event_id)
        return found


def _parse(schema: InputSchema, raw: RawInput, last_event_id: str | None) -> Arguments:
    if isinstance(raw, ParsedInput):
        arguments = schema.parse_value(raw.value, strict=raw.strict)
    else:
        arguments = schema.parse_json(raw)
    if last_event_id is not None and schema.takes_last_event_id:
        return arguments[0], {**arguments[1], "last_event_id": last_event_id}
    return arguments


class CompiledProcedure:
    """A procedure ready to be called: its types resolved, its schemas built.

    Attributes:
        path: dotted wire path, such as `codebases.list`.
        attributes: the Python attribute names that lead to it.
        input: None when it takes no input (which is then never read).
        output: schema of the result; of one item, when it streams.
        streaming: a query or mutation whose result is an async iterator.
        tracked: a subscription whose events carry ids.
        context_type: what its router needs to run.
        direct: nothing before or after its body has to wait: see `begin`.
    """

    __slots__ = (
        "_chain",
        "_is_mutation",
        "_is_public",
        "_policy",
        "_policy_needs_input",
        "_router_path",
        "attributes",
        "context_type",
        "direct",
        "function",
        "input",
        "kind",
        "options",
        "output",
        "path",
        "procedure",
        "router",
        "streaming",
        "tracked",
        "tree",
    )

    def __init__(  # noqa: PLR0913  keyword-only and made in one place
        self,
        *,
        path: str,
        attributes: tuple[str, ...],
        procedure: Procedure[..., Any],
        router: type[Router[Any]],
        context_type: type[Context],
        input_schema: InputSchema | None,
        output: OutputSchema,
        streaming: bool,
        tracked: bool,
        middleware: tuple[Middleware, ...],
        tree: Mapping[tuple[str, ...], CompiledProcedure],
    ) -> None:
        self.path = path
        self.attributes = attributes
        self.procedure = procedure
        self.kind: ProcedureKind = procedure.kind
        self.options: ProcedureOptions = procedure.options
        self.function = cast("Callable[..., Any]", procedure.function)
        self.router = router
        self.context_type = context_type
        self.input = input_schema
        self.output = output
        self.streaming = streaming
        self.tracked = tracked
        self.tree = tree
        self._chain = (*middleware, *procedure.options.use)
        self._policy = cast("Policy", procedure.options.access)
        self._policy_needs_input = self._policy.needs_input
        self._is_public = self._policy is public
        self._is_mutation = procedure.kind == "mutation"
        self._router_path = attributes[:-1]
        self.direct = (
            self._is_public
            and not self._chain
            and context_type is Context
            and not streaming
            and self.kind != "subscription"
            and inspect.iscoroutinefunction(self.function)
        )

    def begin(
        self, call: Call, services: Services
    ) -> Coroutine[Any, Any, object] | None:
        """The body of a `direct` procedure, with its input validated; its context is made when used.

        Args:
            services: those of the call's contexts, which need not be opened to know them.

        Returns:
            Its coroutine, whose result is to be checked with `output.check`, or None where
            reading the input has to wait: go through `call` then.

        Raises:
            TRPCError: the input does not fit.
        """
        found = call.find_input()
        if found is None:
            return None
        args, kwargs = found
        if self._is_mutation and is_audited(services):
            self._note_mutation(call, args, kwargs, None)
        router = self.router()
        router.call = call
        if self._router_path:
            router.router_path = self._router_path
        body: Coroutine[Any, Any, object] = self.function(router, *args, **kwargs)
        return body

    def call(self, call: Call) -> Coroutine[Any, Any, object]:
        """Runs the whole pipeline.

        Returns:
            The checked result (MISSING, RawJson or a value that `output` can dump), or an
            async iterator of events or items, unchecked: check each with `output.check`.

        Raises:
            TRPCError: what the procedure, its contexts, its policy or its input raised.
            Exception: anything else that its body raised.
        """
        return self._run_chain(call) if self._chain else self._run(call)

    async def _run_chain(self, call: Call) -> object:
        try:
            return await self._run_middleware(call, 0)
        except TRPCError as error:
            self.note_denial(call, error)
            raise

    async def _run_middleware(self, call: Call, index: int) -> object:
        if index == len(self._chain):
            return await self._run(call)
        return await self._chain[index](
            call, lambda: self._run_middleware(call, index + 1)
        )

    async def _run(self, call: Call) -> object:
        scope = call.scope
        try:
            context = scope.find(self.context_type) or await scope.get(
                self.context_type
            )
            decision: Decision | None = None
            if not self._policy_needs_input and not self._is_public:
                decision = await self._check_access(call, {})
            args, kwargs = call.find_input() or await call.parse_input()
            if self._policy_needs_input:
                decision = await self._check_access(call, _get_fields(args, kwargs))
            if self._is_mutation and is_audited(scope.services):
                self._note_mutation(call, args, kwargs, decision)
            router = self.router()
            router.ctx = context
            router.call = call
            router.router_path = self._router_path
            result = self.function(router, *args, **kwargs)
            if self.streaming or self.kind == "subscription":
                return result
            return self.output.check(await result)
        except TRPCError as error:
            self.note_denial(call, error)
            raise

    def _note_mutation(
        self,
        call: Call,
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
        decision: Decision | None,
    ) -> None:
        fields = _get_fields(args, kwargs)
        note_allowed(Subject(call.request, self.path, self.kind, fields), decision)

    async def _check_access(self, call: Call, fields: Mapping[str, object]) -> Decision:
        request = AccessRequest(
            request=call.scope.request, path=self.path, input=fields, router=self.router
        )
        decision = await self._policy.decide(request)
        if decision.allowed:
            return decision
        error = TRPCError(
            "UNAUTHORIZED" if decision.needs_user else "FORBIDDEN",
            decision.reason or f"You may not call {self.path}",
        )
        self.note_denial(call, error, fields, decision.right)
        raise error

    def note_denial(
        self,
        call: Call,
        error: TRPCError,
        fields: Mapping[str, object] | None = None,
        right: ResourceAttributes | None = None,
    ) -> None:
        """Records a denial once, whether a policy, a context, the body or middleware denied."""
        if error.code not in DENIALS or call.audited is error:
            return
        call.audited = error
        if fields is None:
            fields = call.get_parsed_fields()
        subject = Subject(call.scope.request, self.path, self.kind, fields)
        note_denied(subject, error, right)


def _get_fields(
    args: tuple[object, ...], kwargs: Mapping[str, object]
) -> Mapping[str, object]:
    """The input's fields as a policy sees them, also of a whole input that is a model."""
    if not args:
        return kwargs
    whole = args[0]
    if isinstance(whole, Mapping):
        return cast("Mapping[str, object]", whole)
    if isinstance(whole, Struct):
        return asdict(whole)
    return getattr(whole, "__dict__", {})
