"""What goes wrong between Fairlead and a cluster.

FairleadError
└── KubeConfigError               the cluster's configuration cannot be used: at start
TRPCError
└── KubeError                     a request to the cluster failed
    ├── KubeUnreachableError      no answer: network, TLS, name resolution
    ├── KubeTimeoutError          no answer in time
    ├── KubeProtocolError         the answer is not what an API server sends
    └── KubeStatusError           the cluster answered with an error
        ├── KubeUnauthorizedError     401: it does not accept the credentials
        ├── KubeForbiddenError        403: they may not do it
        ├── KubeNotFoundError         404
        ├── KubeConflictError         409: changed meanwhile, or there already
        ├── KubeGoneError             410: the version asked for is no longer kept
        ├── KubeInvalidError          422: the object is refused, field by field
        └── KubeThrottledError        429: too many requests

A cluster's 401 never becomes UNAUTHORIZED: that is a Fairlead session's end and sends people
to the login page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar, Self

import msgspec

from fairlead.errors import ErrorCode, FairleadError, TRPCError

__all__ = [
    "FieldCause",
    "KubeConfigError",
    "KubeConflictError",
    "KubeError",
    "KubeForbiddenError",
    "KubeGoneError",
    "KubeInvalidError",
    "KubeNotFoundError",
    "KubeProtocolError",
    "KubeStatusError",
    "KubeThrottledError",
    "KubeTimeoutError",
    "KubeUnauthorizedError",
    "KubeUnreachableError",
    "Status",
    "make_status_error",
    "parse_status",
]

MAX_MESSAGE = 2000


class KubeConfigError(FairleadError):
    """A kubeconfig or in-cluster configuration cannot be used; the message names the cure."""


class FieldCause(msgspec.Struct, frozen=True):
    """One reason of a refusal, at a field."""

    field: str = ""
    reason: str = ""
    message: str = ""


class StatusDetails(msgspec.Struct, frozen=True, rename="camel"):
    """What a `Status` says of the object concerned."""

    name: str = ""
    kind: str = ""
    causes: tuple[FieldCause, ...] = ()
    retry_after_seconds: int | None = None


class Status(msgspec.Struct, frozen=True):
    """Kubernetes's `Status`: the body of its error answers."""

    kind: str = ""
    message: str = ""
    reason: str = ""
    code: int = 0
    details: StatusDetails | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An error answer, as far as it was read."""

    status: int
    reason: str
    message: str
    details: StatusDetails
    retry_after: float | None = None


class KubeError(TRPCError):
    """A request to the cluster failed."""

    default_code: ClassVar[ErrorCode] = "BAD_GATEWAY"

    def __init__(self, message: str, *, code: ErrorCode | None = None) -> None:
        super().__init__(code or self.default_code, message[:MAX_MESSAGE])

    def copy(self) -> Self:
        """The same error anew, to be raised somewhere else."""
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin.args = self.args
        return twin

    @property
    def data(self) -> Mapping[str, object]:
        """Tells clients that the cluster, not the session, is the error's origin."""
        return {"source": "kubernetes"}


class KubeUnreachableError(KubeError):
    """No answer from the cluster: network, TLS or name resolution."""

    default_code = "SERVICE_UNAVAILABLE"


class KubeTimeoutError(KubeError):
    """No answer from the cluster in time."""

    default_code = "GATEWAY_TIMEOUT"


class KubeProtocolError(KubeError):
    """The answer is not what a Kubernetes API server sends."""


class KubeStatusError(KubeError):
    """The cluster answered with an error.

    Attributes:
        status: the HTTP status.
        reason: Kubernetes's machine-readable reason, such as `AlreadyExists`.
        causes: field by field, when the cluster says so.
        retry_after: seconds the cluster asks to wait.
    """

    def __init__(self, answer: Answer, *, code: ErrorCode | None = None) -> None:
        super().__init__(answer.message, code=code)
        self.status = answer.status
        self.reason = answer.reason
        self.details = answer.details
        self.causes = answer.details.causes
        self.retry_after = answer.retry_after

    @property
    def data(self) -> Mapping[str, object]:
        """Kubernetes's reason and causes, as clients see them."""
        return {
            "source": "kubernetes",
            "reason": self.reason,
            "causes": [
                {"field": cause.field, "reason": cause.reason, "message": cause.message}
                for cause in self.causes
            ],
        }


class KubeUnauthorizedError(KubeStatusError):
    """The cluster does not accept the credentials (401)."""


class KubeForbiddenError(KubeStatusError):
    """The credentials may not do it (403)."""

    default_code = "FORBIDDEN"


class KubeNotFoundError(KubeStatusError):
    """No such object, kind or path (404)."""

    default_code = "NOT_FOUND"


class KubeConflictError(KubeStatusError):
    """The object was changed meanwhile, or is there already (409)."""

    default_code = "CONFLICT"


class KubeGoneError(KubeStatusError):
    """The resource version or page asked for is no longer kept (410)."""

    default_code = "PRECONDITION_FAILED"


class KubeInvalidError(KubeStatusError):
    """The object is refused, field by field (422)."""

    default_code = "UNPROCESSABLE_CONTENT"


class KubeThrottledError(KubeStatusError):
    """The cluster takes no more requests for now (429)."""

    default_code = "TOO_MANY_REQUESTS"


_CLASSES: Mapping[int, type[KubeStatusError]] = {
    401: KubeUnauthorizedError,
    403: KubeForbiddenError,
    404: KubeNotFoundError,
    409: KubeConflictError,
    410: KubeGoneError,
    422: KubeInvalidError,
    429: KubeThrottledError,
}

_CODES: Mapping[int, ErrorCode] = {
    400: "BAD_REQUEST",
    405: "METHOD_NOT_SUPPORTED",
    412: "PRECONDITION_FAILED",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    503: "SERVICE_UNAVAILABLE",
    504: "GATEWAY_TIMEOUT",
}


class _Status(msgspec.Struct):
    """The same as servers that are not Kubernetes's own may write it."""

    kind: str | None = None
    message: str | None = None
    reason: str | None = None
    code: int | None = None
    details: msgspec.Raw = msgspec.Raw(b"null")


_status_decoder = msgspec.json.Decoder(_Status)
_details_decoder = msgspec.json.Decoder(StatusDetails | None)


def parse_status(body: bytes) -> Status | None:
    """The `Status` in an answer's body; None when it is something else."""
    try:
        status = _status_decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if status.kind != "Status":
        return None
    try:
        details = _details_decoder.decode(status.details)
    except (msgspec.DecodeError, UnicodeDecodeError):
        details = None  # what it says in words is kept
    return Status(
        kind=status.kind,
        message=status.message or "",
        reason=status.reason or "",
        code=status.code or 0,
        details=details,
    )


def make_status_error(
    status: int,
    body: bytes,
    *,
    retry_after: float | None = None,
    unauthorized_code: ErrorCode = "BAD_GATEWAY",
) -> KubeStatusError:
    """The error for an answer of that HTTP status.

    Args:
        body: as received; a proxy's HTML page is not repeated to clients.
        unauthorized_code: what a 401 becomes: FORBIDDEN when the user's own credentials were
            refused, BAD_GATEWAY when the server's were.
    """
    parsed = parse_status(body) or Status()
    details = parsed.details or StatusDetails()
    if retry_after is None and details.retry_after_seconds is not None:
        retry_after = float(details.retry_after_seconds)
    answer = Answer(
        status=status,
        reason=parsed.reason or _get_phrase(status).replace(" ", ""),
        message=_explain(status, parsed),
        details=details,
        retry_after=retry_after,
    )
    cls = _CLASSES.get(status, KubeStatusError)
    code = (
        unauthorized_code if status == HTTPStatus.UNAUTHORIZED else _CODES.get(status)
    )
    return cls(answer, code=code)


_NO_SUCH_KIND = "the server could not find the requested resource"


def _explain(status: int, parsed: Status) -> str:
    if status == HTTPStatus.UNAUTHORIZED:
        return (
            "The cluster does not accept the credentials this was asked with"
            f" ({parsed.message or 'Unauthorized'})"
        )
    if status == HTTPStatus.NOT_FOUND and parsed.message in {"", _NO_SUCH_KIND}:
        # Of an object that is missing it says which; of a kind, in plain text or in general words.
        return (
            "The cluster does not serve this kind (404): its CustomResourceDefinition is not "
            "there, or has another version"
        )
    return parsed.message or f"The cluster answered {status} {_get_phrase(status)}"


def _get_phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
