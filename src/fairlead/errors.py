"""Every error of Fairlead.

FairleadError                 root of all of them
├── DefinitionError           the application is declared wrongly: its author's fault, at start
└── TRPCError                 the answer to a call is an error: travels over the wire
    └── TypedError            a declared one, with data of its own that clients see typed
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    ClassVar,
    Final,
    Literal,
    NamedTuple,
    Self,
    dataclass_transform,
    get_type_hints,
)

from pydantic import BaseModel, ConfigDict, create_model
from pydantic.alias_generators import to_camel

__all__ = [
    "ERROR_CODES",
    "DefinitionError",
    "ErrorCode",
    "FairleadError",
    "TRPCError",
    "TypedError",
]

ErrorCode = Literal[
    "PARSE_ERROR",
    "BAD_REQUEST",
    "INTERNAL_SERVER_ERROR",
    "NOT_IMPLEMENTED",
    "BAD_GATEWAY",
    "SERVICE_UNAVAILABLE",
    "GATEWAY_TIMEOUT",
    "UNAUTHORIZED",
    "PAYMENT_REQUIRED",
    "FORBIDDEN",
    "NOT_FOUND",
    "METHOD_NOT_SUPPORTED",
    "TIMEOUT",
    "CONFLICT",
    "PRECONDITION_FAILED",
    "PAYLOAD_TOO_LARGE",
    "UNSUPPORTED_MEDIA_TYPE",
    "UNPROCESSABLE_CONTENT",
    "PRECONDITION_REQUIRED",
    "TOO_MANY_REQUESTS",
    "CLIENT_CLOSED_REQUEST",
]


class CodeNumbers(NamedTuple):
    """The two numbers of an error code: JSON-RPC's and HTTP's."""

    rpc: int
    http: int


ERROR_CODES: Final[Mapping[ErrorCode, CodeNumbers]] = {
    "PARSE_ERROR": CodeNumbers(-32700, 400),
    "BAD_REQUEST": CodeNumbers(-32600, 400),
    "INTERNAL_SERVER_ERROR": CodeNumbers(-32603, 500),
    "NOT_IMPLEMENTED": CodeNumbers(-32603, 501),
    "BAD_GATEWAY": CodeNumbers(-32603, 502),
    "SERVICE_UNAVAILABLE": CodeNumbers(-32603, 503),
    "GATEWAY_TIMEOUT": CodeNumbers(-32603, 504),
    "UNAUTHORIZED": CodeNumbers(-32001, 401),
    "PAYMENT_REQUIRED": CodeNumbers(-32002, 402),
    "FORBIDDEN": CodeNumbers(-32003, 403),
    "NOT_FOUND": CodeNumbers(-32004, 404),
    "METHOD_NOT_SUPPORTED": CodeNumbers(-32005, 405),
    "TIMEOUT": CodeNumbers(-32008, 408),
    "CONFLICT": CodeNumbers(-32009, 409),
    "PRECONDITION_FAILED": CodeNumbers(-32012, 412),
    "PAYLOAD_TOO_LARGE": CodeNumbers(-32013, 413),
    "UNSUPPORTED_MEDIA_TYPE": CodeNumbers(-32015, 415),
    "UNPROCESSABLE_CONTENT": CodeNumbers(-32022, 422),
    "PRECONDITION_REQUIRED": CodeNumbers(-32028, 428),
    "TOO_MANY_REQUESTS": CodeNumbers(-32029, 429),
    "CLIENT_CLOSED_REQUEST": CodeNumbers(-32099, 499),
}


class FairleadError(Exception):
    """Root of every error Fairlead raises."""


class DefinitionError(FairleadError):
    """A router, procedure or type is declared wrongly; the message names it and the cure."""


class TRPCError(FairleadError):
    """A call's answer that is an error; raise it from a procedure, a context or a middleware.

    Args:
        code: tRPC's code key; it decides the JSON-RPC number and the HTTP status.
        message: what a person reads. Defaults to the cause's message, else to the code.
        cause: the error behind it; also set by `raise ... from cause`.
    """

    def __init__(
        self,
        code: ErrorCode,
        message: str | None = None,
        *,
        cause: BaseException | None = None,
    ) -> None:
        if message is None:
            message = str(cause) if cause is not None else code
        super().__init__(message)
        self.code: ErrorCode = code
        self.message = message
        if cause is not None:
            self.__cause__ = cause

    @property
    def data(self) -> Mapping[str, object]:
        """Fields of its own that stand beside tRPC's in the wire's `data`."""
        return {}


@dataclass_transform(kw_only_default=True)
class TypedError(TRPCError):
    """An error that a procedure declares in `raises=[...]`; clients see its fields typed.

        class LockHeld(TypedError, code="CONFLICT"):
            '''Somebody else holds the lock.'''

            holder: str


        raise LockHeld(holder="ann")

    The message is the `message` argument, else the first line of the docstring.
    """

    error_code: ClassVar[ErrorCode]
    data_model: ClassVar[type[BaseModel]]

    def __init_subclass__(cls, *, code: ErrorCode) -> None:
        super().__init_subclass__()
        cls.error_code = code
        hints = get_type_hints(cls, include_extras=True)
        own = {
            name: (hint, getattr(cls, name, ...))
            for name, hint in hints.items()
            if name not in _TYPED_ERROR_NAMES
        }
        config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
        make: Any = create_model  # its overloads cannot take fields made at run time
        cls.data_model = make(
            cls.__name__, __config__=config, __doc__=cls.__doc__, **own
        )

    def __init__(self, *, message: str | None = None, **fields: object) -> None:
        first_line = (self.__doc__ or "").strip().partition("\n")[0]
        super().__init__(self.error_code, message or first_line or None)
        self.fields = self.data_model(**fields)
        for name in self.data_model.model_fields:
            setattr(self, name, getattr(self.fields, name))

    def with_message(self, message: str) -> Self:
        """The same error saying something else than its docstring's first line."""
        self.message = message
        self.args = (message,)
        return self

    @property
    def data(self) -> Mapping[str, object]:
        """The declared fields, as they travel."""
        return self.fields.model_dump(mode="json", by_alias=True)


_TYPED_ERROR_NAMES = frozenset({"error_code", "data_model", "code", "message"})
