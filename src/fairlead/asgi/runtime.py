"""What the HTTP and WebSocket shells of one application share."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from fairlead.access.audit import Subject, note_denied
from fairlead.asgi.connections import Connections
from fairlead.asgi.metrics import CallSeries, Metrics
from fairlead.asgi.origins import OriginPolicy
from fairlead.asgi.schema_drift import SchemaDrift
from fairlead.auth.authenticator import Authenticator
from fairlead.calling import CompiledProcedure
from fairlead.codegen.problems import GenerationError
from fairlead.compiling import CompiledRouter, LazyBranch
from fairlead.context import (
    Context,
    ContextScope,
    Request,
    ServiceChooser,
    Services,
    get_parent_type,
)
from fairlead.errors import DefinitionError, TRPCError
from fairlead.protocol.envelopes import encode_value
from fairlead.protocol.options import WireOptions, WireType
from fairlead.protocol.requests import get_methods
from fairlead.protocol.shapes import as_trpc_error, get_shape
from fairlead.protocol.transformer import load_json
from fairlead.schema import RawJson

__all__ = ["NOT_OPENED", "OpenedScope", "Runtime", "get_root_type"]

log = logging.getLogger("fairlead.calls")


@dataclass(kw_only=True, slots=True)
class Runtime:
    """One application's parts, as far as serving needs them.

    Attributes:
        make_drift: what compares the types of clients with all that are served.
        drift: what it made, once every lazy router is loaded.
        methods: the HTTP methods of each kind of procedure.
        encoders: what makes messages of the events of each subscription.
        answered: where the successful calls of each procedure are counted.
        when_loaded: is told that a lazy router was loaded, in a thread.
        chooser: gives some requests other services, such as another cluster.
        eager: the error formatter or the response hook wants the root context, so it is made
            for every request; otherwise only when a call needs it.
        opens_late: neither authentication nor a root context is due before calls run, so the
            contexts of a request are opened when one is first used.
    """

    compiled: CompiledRouter
    options: WireOptions
    services: Services
    authenticator: Authenticator | None
    metrics: Metrics
    connections: Connections
    make_drift: Callable[[CompiledRouter], SchemaDrift] | None
    origins: OriginPolicy = field(default_factory=OriginPolicy)
    chooser: ServiceChooser | None = None
    drift: SchemaDrift | None = field(init=False, default=None)
    root: type[Context] = field(init=False)
    eager: bool = field(init=False)
    opens_late: bool = field(init=False)
    procedures: Mapping[str, CompiledProcedure] = field(init=False)
    methods: Mapping[str, tuple[str, ...]] = field(init=False)
    answered: dict[str, CallSeries] = field(init=False)
    encoders: dict[CompiledProcedure, Callable[[object], bytes]] = field(init=False)
    when_loaded: Callable[[], None] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        _reject_separator(self.compiled, self.options.path_separator)
        self.root = get_root_type(self.compiled)
        self.eager = (
            self.options.format_error is not None
            or self.options.response_meta is not None
        )
        self.opens_late = not (
            self.eager or self.authenticator is not None or self.chooser is not None
        )
        self.procedures = self.compiled.procedures
        self.answered = {}
        self.encoders = {}
        self._count_procedures()
        self._compare_types()
        self.methods = {
            kind: get_methods(kind, self.options)
            for kind in ("query", "mutation", "subscription")
        }

    def _count_procedures(self) -> None:
        for path in set(self.procedures) - set(self.answered):
            self.answered[path] = self.metrics.get_series(path, "OK")

    async def load(self, path: str) -> None:
        """Loads the lazy routers that a wire path leads into, in a thread.

        Raises:
            TRPCError: INTERNAL_SERVER_ERROR, one cannot be loaded; the next call tries again.
                TIMEOUT, it takes longer than a call may; it goes on meanwhile.
        """
        while (branch := self.compiled.find_branch(path)) is not None:
            seconds = self.options.limits.call_seconds
            try:
                async with asyncio.timeout(seconds):
                    await asyncio.to_thread(self._load, branch)
            except TimeoutError as late:
                raise TRPCError(
                    "TIMEOUT", f"{branch.path} is still being loaded: try again"
                ) from late
            except DefinitionError as error:
                log.exception("%s cannot be called", branch.path)
                raise TRPCError(
                    "INTERNAL_SERVER_ERROR",
                    f"{branch.path} could not be loaded: the server's log says why",
                    cause=error,
                ) from error

    def _load(self, branch: LazyBranch) -> None:
        branch.load()
        _reject_separator(self.compiled, self.options.path_separator)
        self._count_procedures()
        if self.when_loaded is not None:
            self.when_loaded()
        try:
            self._compare_types()
        except GenerationError:
            log.exception("the types of clients are not compared: run `fairlead check`")
            self.make_drift = None

    def _compare_types(self) -> None:
        """From when all types are known, clients of other types are noticed.

        Raises:
            GenerationError: a type has no translation.
        """
        if self.make_drift is not None and not self.compiled.branches:
            self.drift = self.make_drift(self.compiled)

    async def open_scope(self, request: Request) -> OpenedScope:
        """Finds out who calls, and makes the root context where it is needed early."""
        try:
            if self.chooser is not None:
                services = self.chooser.choose(request)
                if services is not None:
                    request.services = services
            if self.authenticator is not None:
                user = await self.authenticator.authenticate(request)
                if user is not None:
                    request.user = user
            scope = ContextScope(request)
            context = await scope.get(self.root) if self.eager else None
        except Exception as error:
            return OpenedScope(
                ContextScope(request), None, self.explain(error, "the context")
            )
        return OpenedScope(scope, context, None)

    def explain(self, error: BaseException, where: str) -> TRPCError:
        """The answer for an exception; an unexpected one is logged, with its traceback."""
        if not isinstance(error, TRPCError):
            log.error("%s failed unexpectedly", where, exc_info=error)
        return as_trpc_error(error, show_message=self.options.show_internal_messages)

    def get_shape(
        self,
        error: TRPCError,
        path: str | None,
        type_: WireType,
        context: Context | None,
    ) -> dict[str, object]:
        """The error as this application's clients see it."""
        return get_shape(self.options, error, path=path, type_=type_, context=context)

    def encode_output(
        self, procedure: CompiledProcedure, value: object
    ) -> bytes | None:
        """A checked result (or the data of an event) as it stands on the wire."""
        transformer = self.options.transformer
        if transformer is None:
            return procedure.output.to_json(value)
        if isinstance(value, RawJson):
            value = load_json(value.data)
        return encode_value(value, transformer)


def _reject_separator(compiled: CompiledRouter, separator: str) -> None:
    for path, procedure in list(compiled.procedures.items()):
        if separator != "." and separator in path:
            raise DefinitionError(
                f"{procedure.router.__name__}.{procedure.attributes[-1]}: {path!r} holds the "
                f"path separator {separator!r}: rename it, or choose another path_separator"
            )


@dataclass(slots=True, eq=False)
class OpenedScope:
    """The contexts of a request.

    Attributes:
        context: the root context, if it was made already.
        refusal: every call that could run is answered with this.
    """

    scope: ContextScope
    context: Context | None
    refusal: TRPCError | None

    def note_use(self) -> None:
        """The user has made a call: the session, if there is one, is not idle."""
        session = self.scope.request.session
        if session is not None:
            session.note_use()

    def on_session_end(
        self, tell: Callable[[TRPCError], None], get_open: Callable[[], Sequence[str]]
    ) -> Callable[[], None]:
        """Calls `tell` when the session ends, if there is one; returns what stops that.

        Args:
            get_open: paths of the calls that are then cut short, for the audit's one record of it.
        """
        request = self.scope.request
        if request.session is None:
            return _do_nothing

        def end(error: TRPCError) -> None:
            if paths := get_open():
                more = f", and {len(paths) - 1} more" if len(paths) > 1 else ""
                path = f"{paths[0]}{more}"
                note_denied(Subject(request, path, "subscription", {}), error)
            tell(error)

        return request.session.on_end(end)


def _do_nothing() -> None:
    """Nothing to stop."""


def get_root_type(compiled: CompiledRouter) -> type[Context]:
    """The context that all contexts of a router are derived from.

    Raises:
        DefinitionError: there are two that neither is derived from the other.
    """
    roots: list[type[Context]] = []
    for procedure in compiled.procedures.values():
        root = procedure.context_type
        while (parent := get_parent_type(root)) is not None:
            root = parent
        if root not in roots:
            roots.append(root)
    special = [root for root in roots if root is not Context]
    if len(special) > 1:
        names = ", ".join(root.__qualname__ for root in special)
        raise DefinitionError(
            f"the contexts have several roots ({names}): derive all from one"
        )
    return special[0] if special else Context


NOT_OPENED = OpenedScope(ContextScope(Request()), None, None)
"""Stands in until the contexts of a request are opened."""
