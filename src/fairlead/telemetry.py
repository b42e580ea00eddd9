"""OpenTelemetry spans, one per call, where the application's process has a tracer provider.

    pip install 'fairlead[otel]' opentelemetry-sdk opentelemetry-exporter-otlp
    opentelemetry-instrument fairlead serve app:app

A span is named by the procedure's path. Over HTTP its parent is the span that the server's own
instrumentation opened, else the one that the client's `traceparent` header names. The provider
must be there when the application is made. Of a subscription the span covers its start.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from fairlead.errors import ERROR_CODES, TRPCError

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, TracerProvider

    from fairlead.calling import Call, Middleware, Next

__all__ = ["CallSpans", "find_tracing"]

NAME = "fairlead"
PROVIDER = "OTEL_PYTHON_TRACER_PROVIDER"


class CallSpans:
    """Middleware: a span around each call.

    Args:
        provider: where the spans go; by default the process's own provider.
    """

    def __init__(self, provider: TracerProvider | None = None) -> None:
        from opentelemetry import propagate, trace  # noqa: PLC0415  an optional package

        self._tracer = trace.get_tracer(NAME, tracer_provider=provider)
        self._trace = trace
        self._extract = propagate.extract

    async def __call__(self, call: Call, call_next: Next, /) -> object:
        """Goes on with the call inside a span."""
        service, _, method = call.path.rpartition(".")
        request = call.request
        local = request.transport == "local"
        kind = self._trace.SpanKind.INTERNAL if local else self._trace.SpanKind.SERVER
        attributes = {
            "rpc.system": "trpc",
            "rpc.service": service,
            "rpc.method": method,
            "trpc.kind": call.kind,
            "trpc.transport": request.transport,
        }
        with self._tracer.start_as_current_span(
            call.path,
            context=self._find_parent(call),
            kind=kind,
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                return await call_next()
            except Exception as error:
                self._note(span, error)
                raise

    def _find_parent(self, call: Call) -> Context | None:
        """The span that is open already wins over what the client says."""
        inside = self._trace.get_current_span().get_span_context().is_valid
        if inside or call.request.transport != "http":
            return None
        return self._extract(dict(call.request.headers))

    def _note(self, span: Span, error: Exception) -> None:
        """A refusal is an answer; only what is the server's fault counts as an error."""
        code = error.code if isinstance(error, TRPCError) else "INTERNAL_SERVER_ERROR"
        span.set_attribute("error.type", code)
        if ERROR_CODES[code].http >= 500:
            span.record_exception(error)
            span.set_status(self._trace.StatusCode.ERROR, type(error).__name__)


def find_tracing() -> tuple[Middleware, ...]:
    """The middleware for all procedures; none without a tracer provider.

    Who sets one has imported the package, or names it in the environment; for others it is not imported.
    """
    if "opentelemetry.trace" not in sys.modules and PROVIDER not in os.environ:
        return ()
    try:
        from opentelemetry import trace  # noqa: PLC0415  an optional package
    except ImportError:
        return ()
    provider = trace.get_tracer_provider()
    idle = (trace.ProxyTracerProvider, trace.NoOpTracerProvider)
    return () if isinstance(provider, idle) else (CallSpans(provider),)
