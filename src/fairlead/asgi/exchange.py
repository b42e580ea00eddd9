"""One HTTP request with tRPC calls in it: its inputs, its calls, its answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter
from types import MappingProxyType

from fairlead.asgi.answers import (
    Answer,
    StreamedResultError,
    Target,
    Unfinished,
    fail_with,
    read_passed,
    run_checked,
    succeed,
)
from fairlead.asgi.body import discard_body, read_body, stream_body
from fairlead.asgi.requests import Headers, make_request
from fairlead.asgi.runtime import OpenedScope, Runtime
from fairlead.asgi.suspension import (
    ClientGoneError,
    Guard,
    Resumed,
    make_timeout,
    run_with_deadline,
)
from fairlead.asgi.types import Message, Receive, Scope
from fairlead.calling import Call, CompiledProcedure, ParsedInput, RawInput
from fairlead.context import ContextScope, Request, RequestInfo
from fairlead.errors import TRPCError
from fairlead.passing import JsonStream
from fairlead.protocol.envelopes import encode_error
from fairlead.protocol.forms import parse_form
from fairlead.protocol.inputs import (
    BatchInputs,
    add_last_event_id,
    check_depth,
    clean_text,
    deserialize,
    is_shallow,
    merge_last_event_id,
)
from fairlead.protocol.requests import (
    RequestHead,
    find_target,
    get_last_event_id,
    get_methods,
)
from fairlead.protocol.shapes import get_shape_status
from fairlead.uploads import ByteStream

__all__ = ["Exchange"]


class Exchange:
    """See the module's description.

    Attributes:
        is_watched: the exchange as a whole ends when the client leaves; otherwise each call does.
        failures: calls into lazy routers that could not be loaded, by path.
        allow: the methods that a refused call would have accepted, for the `allow` header.
        calls: those that run, to be told when the client has left.
    """

    # One is made for every request: what most never need is left to the class.
    _opened: OpenedScope | None = None
    allow: tuple[str, ...] | None = None
    failures: Mapping[str, TRPCError] = MappingProxyType({})
    _body: bytes | TRPCError | None = None
    _inputs: BatchInputs | None = None
    _is_shallow: bool = False
    _guard: Guard | None = None
    _headers: Headers | None = None

    def __init__(
        self,
        runtime: Runtime,
        scope: Scope,
        receive: Receive,
        head: RequestHead[CompiledProcedure],
        *,
        is_watched: bool,
    ) -> None:
        self.runtime = runtime
        self.receive = receive
        self.method: str = scope["method"]
        self.head = head
        self.is_watched = is_watched
        self.calls: list[Call] = []
        self._scope = scope

    @property
    def headers(self) -> Headers:
        """The request's headers."""
        if self._headers is None:
            self._headers = Headers(self._scope["headers"])
        return self._headers

    def make_request(self) -> Request:
        """What contexts are made from."""
        head, services = self.head, self.runtime.services
        info = RequestInfo(
            head.is_batch, head.accept, head.type, [call.path for call in head.calls]
        )
        params = head.connection_params
        return make_request(
            self._scope, self.headers, services, params, info, self.abort
        )

    async def open(self) -> None:
        """Finds out who calls, where the application asks before any call."""
        if not self.runtime.opens_late:
            self._opened = await self.runtime.open_scope(self.make_request())

    @property
    def opened(self) -> OpenedScope:
        """The contexts of the request."""
        found = self._opened
        if found is None:
            scope = ContextScope(self.make_request, services=self.runtime.services)
            found = self._opened = OpenedScope(scope, None, None)
        return found

    def get_scope(self) -> ContextScope:
        """The contexts of the request, opened at the latest now."""
        return self.opened.scope

    @property
    def passes_on(self) -> bool:
        """May a result be sent in chunks? The status is that of all calls."""
        return len(self.head.calls) == 1 and self.runtime.options.transformer is None

    def watch(self) -> Guard:
        """Watches over the exchange from when it first waits."""
        guard = self._guard = Guard()
        if self.head.body_kind != "bytes":  # there, reading the body notices
            guard.watch_client(self.receive, self._abort_calls)
        return guard

    def abort(self) -> None:
        """Cuts the connection."""
        self._abort_calls()
        if self._guard is not None:
            self._guard.end(ClientGoneError())

    def _abort_calls(self) -> None:
        """The client has left: the calls' signals say so; their tasks are cancelled as well."""
        for call in self.calls:
            call.abort()

    def close(self) -> None:
        """Lets go of what leads back here, which only the garbage collector could free."""
        while self.calls:
            self.calls.pop().audited = None
        self._opened = None

    async def read_inputs(self, first: Message | None = None) -> None:
        """Reads the body, if a call needs it; a failure is kept for the calls that do.

        Args:
            first: the first message of the body, where it was received already.

        Raises:
            ClientGoneError: the client left meanwhile.
        """
        head = self.head
        if head.body_kind == "bytes":
            return
        known = [call.procedure for call in head.calls if call.procedure is not None]
        if not any(procedure.input is not None for procedure in known):
            if self.method != "GET":
                await discard_body(self.receive)
            return
        if self.method == "GET":
            raw = head.query.get("input")
        else:
            try:
                raw = await read_body(
                    self.receive, self.runtime.options.limits.body_bytes, first
                )
            except TRPCError as error:
                self._body = error
                return
        self.take_body(raw)

    def take_body(self, raw: bytes | None) -> None:
        """The bytes that the inputs are read from."""
        if raw and self.head.body_kind != "form":
            raw = clean_text(raw, keep_mark=self.method == "GET")
        self._body = raw = raw or None
        if raw is not None:
            self._is_shallow = is_shallow(raw, self.runtime.options.limits)
        if self.head.is_batch:
            self._inputs = BatchInputs(raw)

    def _get_raw(
        self, target: Target, procedure: CompiledProcedure
    ) -> RawInput | Callable[[], Awaitable[RawInput]]:
        try:
            return self._read_raw(target, procedure)
        except TRPCError as error:
            return fail_with(error)

    def _read_raw(self, target: Target, procedure: CompiledProcedure) -> RawInput:
        options = self.runtime.options
        if self.head.body_kind == "bytes":
            return ParsedInput(
                ByteStream(stream_body(self.receive, options.limits.body_bytes)),
                strict=True,
            )
        body = self._body
        if isinstance(body, TRPCError):
            raise body
        if self.head.body_kind == "form":
            return ParsedInput(
                parse_form(
                    body or b"",
                    self.headers["content-type"],
                    options.limits.form_fields,
                ),
                strict=True,
            )
        inputs = self._inputs
        raw = body if inputs is None else inputs.get(target.index)
        if raw is not None and not self._is_shallow:
            check_depth(raw, options.limits)
        resume = (
            get_last_event_id(self.headers, self.head.query)
            if procedure.kind == "subscription"
            else None
        )
        if options.transformer is None:
            return raw if resume is None else add_last_event_id(raw, resume)
        value = (
            deserialize(raw, options.transformer)
            if inputs is None
            else inputs.get_value(
                target.index, len(self.head.calls), options.transformer
            )
        )
        if resume is not None:
            value = merge_last_event_id(value, resume)
        return ParsedInput(value, strict=True)

    def start(self, target: Target) -> Awaitable[object]:
        """Begins one call.

        Returns:
            What to await for the procedure's checked result, or the iterator it streams.

        Raises:
            TRPCError: the call is refused.
        """
        call = self._open(target)
        procedure = call.procedure
        if procedure.kind == "subscription":
            call.last_event_id = get_last_event_id(self.headers, self.head.query)
            return procedure.call(call)
        seconds = self._get_seconds(procedure)
        if seconds is None:
            return procedure.call(call)
        return run_with_deadline(procedure.call(call), seconds, procedure.path)

    def _open(self, target: Target) -> Call:
        procedure = target.procedure
        if procedure is None or self.method not in self.runtime.methods[procedure.kind]:
            procedure = self._reject(target)
        if procedure.kind == "subscription" and self.head.is_batch:
            raise TRPCError("BAD_REQUEST", "Cannot batch subscription calls")
        opened = self._opened
        if opened is not None and opened.refusal is not None:
            raise opened.refusal.with_traceback(None)
        raw = None if procedure.input is None else self._get_raw(target, procedure)
        scope = self.get_scope if opened is None else opened.scope
        call = Call(procedure, scope, raw, batch_index=target.index)
        self.calls.append(call)
        return call

    def _get_seconds(self, procedure: CompiledProcedure) -> float | None:
        return procedure.options.timeout or self.runtime.options.limits.call_seconds

    def _reject(self, target: Target) -> CompiledProcedure:
        if target.path in self.failures:
            raise self.failures[target.path].with_traceback(None)
        if target.procedure is not None:
            self.allow = get_methods(target.procedure.kind, self.runtime.options)
        return find_target(target, self.method, self.head, self.runtime.options)

    def _watch_call(self, procedure: CompiledProcedure) -> Guard | None:
        seconds = self._get_seconds(procedure)
        if self.is_watched and seconds is None:
            return None
        guard = Guard() if self.is_watched else self.watch()
        if seconds is not None:
            guard.expire_after(seconds, make_timeout(procedure.path, seconds))
        return guard

    def begin_plain(
        self, target: Target, procedure: CompiledProcedure, raw: bytes | None
    ) -> Answer | Unfinished | None:
        """Runs the only call of a request whose path, method and body are plain.

        Returns:
            As `answer_nowait`; None where the input needs more than validation, or the request
            was refused: go through that then.
        """
        opened, options = self._opened, self.runtime.options
        if options.transformer is not None or (opened is not None and opened.refusal):
            return None
        if raw is not None:
            raw = clean_text(raw, keep_mark=self.method == "GET")
            if not is_shallow(raw, options.limits):
                return None
        scope = self.get_scope if opened is None else opened.scope
        call = Call(procedure, scope, raw or None)
        self.calls.append(call)
        return self.begin(target, call, perf_counter())

    def answer_nowait(self, target: Target) -> Answer | Unfinished:
        """Runs a query or mutation as far as it gets without waiting: mostly to its end."""
        started = perf_counter()
        try:
            call = self._open(target)
        except ClientGoneError:
            raise
        except Exception as cause:
            return self._fail(cause, target, None, perf_counter() - started)
        return self.begin(target, call, started)

    def begin(self, target: Target, call: Call, started: float) -> Answer | Unfinished:
        """Runs an open call as far as it gets without waiting."""
        procedure = call.procedure
        opened = self._opened
        services = self.runtime.services if opened is None else opened.scope.services
        try:
            body = procedure.begin(call, services) if procedure.direct else None
            coroutine = run_checked(call) if body is None else body
            try:
                waits_for = coroutine.send(None)
            except StopIteration as stop:
                result = stop.value
                if result.__class__ is not JsonStream or self.passes_on:
                    return succeed(
                        self.runtime, procedure, result, started, body is None
                    )
                coroutine, waits_for = read_passed(result), None
        except ClientGoneError:
            raise
        except Exception as cause:
            return self._fail(cause, target, call, perf_counter() - started)
        return Unfinished(target, call, coroutine, waits_for, started, body is None)

    async def finish(self, begun: Unfinished) -> Answer:
        """Waits for the rest of a call."""
        call = begun.call
        try:
            guard = self._watch_call(call.procedure)
            result = await Resumed(begun.coroutine, begun.waits_for, guard)
            if result.__class__ is JsonStream and not self.passes_on:
                guard = self._watch_call(call.procedure)
                result = await Resumed(read_passed(result), None, guard)
            return succeed(
                self.runtime, call.procedure, result, begun.started, begun.is_checked
            )
        except ClientGoneError:
            raise
        except Exception as cause:
            return self._fail(cause, begun.target, call, perf_counter() - begun.started)

    async def answer(self, target: Target) -> Answer:
        """Runs a call to its envelope; an error is an answer too."""
        begun = self.answer_nowait(target)
        return begun if isinstance(begun, Answer) else await self.finish(begun)

    def _fail(
        self, cause: Exception, target: Target, call: Call | None, seconds: float
    ) -> Answer:
        if call is not None and isinstance(cause, TRPCError):
            call.procedure.note_denial(call, cause)
        error = self.runtime.explain(cause, target.path)
        self.runtime.metrics.count_call(target.known_path, error.code, seconds)
        return self.refuse(error, target)

    def refuse(self, error: TRPCError, target: Target) -> Answer:
        """The answer to a call that failed."""
        if self.head.is_batch:
            kind = "unknown" if target.procedure is None else target.procedure.kind
        else:
            kind = self.head.type
        # As in tRPC, which finds this out only after the call: outside a batch it names no path.
        nameless = isinstance(error, StreamedResultError) and not self.head.is_batch
        path = None if nameless else target.path
        shape = self.runtime.get_shape(error, path, kind, self.opened.context)
        body = encode_error(shape, self.runtime.options.transformer)
        # Kept for the hook alone: its traceback leads back here.
        kept = error if self.runtime.options.response_meta else None
        return Answer(body, get_shape_status(shape, error), kept)
