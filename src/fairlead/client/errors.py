"""What can go wrong for a client besides a call that is answered with an error.

FairleadError
├── TRPCError
│   └── RemoteError           the server answered with an error that is not declared
└── ClientError
    ├── TransportError        the server cannot be reached, or the connection was lost
    ├── ProtocolError         what answers does not speak tRPC, or not these types
    └── LaggingError          a subscription's events are not read fast enough
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from pydantic import ValidationError

from fairlead.errors import (
    ERROR_CODES,
    ErrorCode,
    FairleadError,
    TRPCError,
    TypedError,
)

__all__ = [
    "ClientError",
    "LaggingError",
    "ProtocolError",
    "RemoteError",
    "TransportError",
    "is_retryable",
    "make_error",
]

RETRYABLE: frozenset[ErrorCode] = frozenset(
    {
        "BAD_GATEWAY",
        "SERVICE_UNAVAILABLE",
        "GATEWAY_TIMEOUT",
        "INTERNAL_SERVER_ERROR",
        "TOO_MANY_REQUESTS",
    }
)
"""Codes after which a connection is worth another try."""


class ClientError(FairleadError):
    """A call that got no answer."""


class TransportError(ClientError):
    """The server cannot be reached, or the connection was lost before the answer."""


class ProtocolError(ClientError):
    """What answered is no tRPC server, or its answer does not fit the declared type."""


class LaggingError(ClientError):
    """More events of a subscription are waiting than the client keeps."""


class RemoteError(TRPCError):
    """An error that the server answered and that the procedure does not declare.

    Attributes:
        shape: all that the server said.
    """

    def __init__(
        self, code: ErrorCode, message: str, shape: Mapping[str, object]
    ) -> None:
        super().__init__(code, message)
        self.shape = shape

    @property
    def data(self) -> Mapping[str, object]:
        """The fields beside the message, of the server's error formatter too."""
        return _get_mapping(self.shape.get("data"))

    @property
    def path(self) -> str | None:
        """The procedure that failed; None when the whole request did."""
        path = self.data.get("path")
        return path if isinstance(path, str) else None


def _get_mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _find_code(shape: Mapping[str, object], data: Mapping[str, object]) -> ErrorCode:
    """The code key: as named, else by JSON-RPC number, else by HTTP status."""
    named = data.get("code")
    for code in ERROR_CODES:
        if code == named:
            return code
    for code, numbers in ERROR_CODES.items():
        if numbers.rpc == shape.get("code") or numbers.http == data.get("httpStatus"):
            return code
    return "INTERNAL_SERVER_ERROR"


def make_error(shape: object, raises: Sequence[type[TypedError]] = ()) -> TRPCError:
    """The error that a shape on the wire stands for.

    Args:
        raises: what the procedure declares; the first class of that code whose fields are
            all there is raised, the one with most fields first.
    """
    fields = _get_mapping(shape)
    data = _get_mapping(fields.get("data"))
    code = _find_code(fields, data)
    message = fields.get("message")
    text = message if isinstance(message, str) else code
    by_size = sorted(raises, key=lambda cls: -len(cls.data_model.model_fields))
    for cls in by_size:
        if cls.error_code != code:
            continue
        try:
            own = cls.data_model.model_validate(data)
        except ValidationError:
            continue
        values = {name: getattr(own, name) for name in cls.data_model.model_fields}
        return cls(**values).with_message(text)
    return RemoteError(code, text, fields)


def is_retryable(error: BaseException) -> bool:
    """Is it worth connecting again after this error?"""
    return not isinstance(error, TRPCError) or error.code in RETRYABLE
