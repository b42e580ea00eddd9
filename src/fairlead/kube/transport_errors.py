"""What goes wrong between a client and the API server, as errors of ours.

Clients read their messages, so that the cluster's address, the kubeconfig's paths and what a
socket says stay out of them: those are for whoever reads the server's log.
"""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Sequence
from typing import NoReturn

import aiohttp

from fairlead.kube.errors import (
    KubeConfigError,
    KubeError,
    KubeProtocolError,
    KubeTimeoutError,
    KubeUnreachableError,
)

__all__ = ["FailureLog", "NotSentError", "fail_with"]

log = logging.getLogger("fairlead.kube")

QUIET_SECONDS = 10.0
"""How long the same failure is not logged again: all who wait for a cluster fail with it."""


class NotSentError(KubeUnreachableError):
    """The cluster cannot be reached: nothing of the request was sent."""


class FailureLog:
    """What the server's log is told of one cluster."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._quiet_until: dict[str, float] = {}

    def note(self, message: str, reason: object) -> None:
        """Logs a failure, now and then."""
        now = time.monotonic()
        if now >= self._quiet_until.get(message, 0.0):
            self._quiet_until[message] = now + QUIET_SECONDS
            log.warning("%s: %s: %s", self._server, message, reason)


_WORDS: Sequence[tuple[tuple[type[Exception], ...], type[KubeError], str]] = (
    (
        (KubeConfigError,),
        KubeError,
        "The server cannot read its credentials for the cluster: its log says why",
    ),
    (
        (aiohttp.ClientConnectorCertificateError, ssl.SSLError),
        KubeUnreachableError,
        "The certificate of the cluster is not trusted: "
        "check certificate-authority-data in the kubeconfig",
    ),
    ((aiohttp.ClientConnectorError,), NotSentError, "The cluster cannot be reached"),
    ((TimeoutError,), KubeTimeoutError, "The cluster did not answer in time"),
    (
        (aiohttp.ClientPayloadError, aiohttp.ServerConnectionError),
        KubeUnreachableError,
        "The cluster broke off the connection",
    ),
    (
        (aiohttp.ClientResponseError,),
        KubeProtocolError,
        "What answers for the cluster is no Kubernetes API server",
    ),
    ((Exception,), KubeUnreachableError, "The cluster cannot be reached"),
)
"""What clients are told of which error; the first that fits."""


def fail_with(error: Exception, failures: FailureLog) -> NoReturn:
    """A transport's error as one of ours."""
    cls, message = next(
        (cls, message) for kinds, cls, message in _WORDS if isinstance(error, kinds)
    )
    failures.note(message, f"{type(error).__name__}{_get_details(error)}")
    raise cls(message) from error


def _get_details(error: Exception) -> str:
    """What the log may know: no URL, which names what is asked, down to a command's words."""
    if isinstance(error, aiohttp.ClientResponseError):
        return f": {error.status} {error.message}"
    return f": {error}" if isinstance(error, OSError | KubeConfigError) else ""
