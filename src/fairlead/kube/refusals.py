"""What it means for a feed when the cluster refuses something, and when it does not."""

from __future__ import annotations

from fairlead.errors import TRPCError
from fairlead.kube.errors import (
    KubeError,
    KubeForbiddenError,
    KubeProtocolError,
    KubeStatusError,
    KubeUnauthorizedError,
)

__all__ = [
    "REFUSED",
    "UNSTREAMED",
    "NotStreamedError",
    "WatchDeniedError",
    "as_kube_error",
    "is_refusal",
    "judge",
]

UNSTREAMED = (400, 422)
"""How an API server answers that does not know, or not allow, lists as watches."""
REFUSED = (KubeForbiddenError, KubeUnauthorizedError)


class WatchDeniedError(Exception):
    """Listing is allowed, watching is not."""


class NotStreamedError(Exception):
    """The list that a watch was to begin with does not come to its end."""


def is_refusal(error: KubeStatusError) -> bool:
    """Will the same be answered again, however often it is asked?"""
    return 400 <= error.status < 500 and error.status not in (408, 410, 429)


def judge(error: KubeStatusError, *, opened: bool, listed: bool) -> Exception:
    """What an error of a watch means.

    Args:
        opened: it came in the middle of a watch; whether that is refused for good, a list tells.
        listed: not before all objects had come that there were.
    """
    if not opened:
        return WatchDeniedError() if error.status in (403, 405) else error
    if not is_refusal(error):
        return error
    if listed:
        return KubeProtocolError(f"The watch broke: {error.message}")
    return error if error.status in UNSTREAMED else NotStreamedError()


def as_kube_error(error: TRPCError) -> KubeError:
    """What readers are told, also when their token could not be had."""
    if isinstance(error, KubeError):
        return error
    return KubeError(error.message, code=error.code)
