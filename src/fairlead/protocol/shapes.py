"""Errors as clients see them: the default shape, and the application's formatter over it."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING, cast

from fairlead.errors import ERROR_CODES, TRPCError
from fairlead.protocol.options import ErrorInfo, WireOptions, WireType

if TYPE_CHECKING:
    from fairlead.context import Context

__all__ = [
    "FALLBACK_SHAPE",
    "as_trpc_error",
    "can_carry_body",
    "get_shape",
    "get_shape_status",
    "make_shape",
]

log = logging.getLogger("fairlead.protocol")

_BODILESS = frozenset({204, 205, 304})
FALLBACK_SHAPE: dict[str, object] = {
    "message": "Internal server error",
    "code": ERROR_CODES["INTERNAL_SERVER_ERROR"].rpc,
    "data": {"code": "INTERNAL_SERVER_ERROR", "httpStatus": 500},
}
"""Sent when the formatter itself fails: it says nothing of what the formatter might hide."""


def as_trpc_error(error: BaseException, *, show_message: bool = True) -> TRPCError:
    """Any exception as an answer; one that is not a TRPCError counts as ours (500).

    Args:
        show_message: let the client read what an unexpected exception says.
    """
    if isinstance(error, TRPCError):
        return error
    message = None if show_message else "Internal server error"
    return TRPCError("INTERNAL_SERVER_ERROR", message, cause=error)


def make_shape(
    error: TRPCError, path: str | None, *, show_traces: bool = False
) -> dict[str, object]:
    """TRPC's default shape of an error."""
    numbers = ERROR_CODES[error.code]
    data: dict[str, object] = {"code": error.code, "httpStatus": numbers.http}
    if show_traces:
        data["stack"] = "".join(traceback.format_exception(error))
    if path is not None:
        data["path"] = path
    data.update(error.data)
    return {"message": error.message, "code": numbers.rpc, "data": data}


def get_shape(
    options: WireOptions,
    error: TRPCError,
    *,
    path: str | None,
    type_: WireType,
    context: Context | None,
) -> dict[str, object]:
    """The shape to send, by the application's formatter if it has one."""
    shape = make_shape(error, path, show_traces=options.show_traces)
    if options.format_error is None:
        return shape
    info = ErrorInfo(error=error, type=type_, path=path, context=context)
    try:
        return dict(options.format_error(shape, info))
    except Exception:
        log.exception("the error formatter failed; the client gets a plain error")
        return FALLBACK_SHAPE


def can_carry_body(status: int) -> bool:
    """May a response of this status have a body? Sent anyway, it would be read as another one."""
    return 200 <= status <= 599 and status not in _BODILESS


def get_shape_status(shape: dict[str, object], error: TRPCError) -> int:
    """The HTTP status of an error: the formatter may have changed it."""
    data = shape.get("data")
    if isinstance(data, dict):
        status = cast("dict[str, object]", data).get("httpStatus")
        if isinstance(status, int) and can_carry_body(status):
            return status
    return ERROR_CODES[error.code].http
