"""What goes wrong between a client and the API server, as errors of ours."""

from __future__ import annotations

import ssl
from typing import NoReturn

import aiohttp

from fairlead.kube.errors import (
    KubeProtocolError,
    KubeTimeoutError,
    KubeUnreachableError,
)

__all__ = ["NotSentError", "fail_with"]


class NotSentError(KubeUnreachableError):
    """The cluster cannot be reached: nothing of the request was sent."""


def fail_with(error: Exception, server: str) -> NoReturn:
    """A transport's error as one of ours; the URL stays out, it names what is asked."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError | ssl.SSLError):
        raise KubeUnreachableError(
            f"The certificate of the cluster at {server} is not trusted: "
            "check certificate-authority-data in the kubeconfig"
        ) from error
    if isinstance(error, aiohttp.ClientConnectorError):
        raise NotSentError(
            f"The cluster at {server} cannot be reached: {error.os_error}"
        ) from error
    if isinstance(error, TimeoutError):
        raise KubeTimeoutError(
            f"The cluster at {server} did not answer in time"
        ) from error
    if isinstance(error, aiohttp.ClientPayloadError | aiohttp.ServerConnectionError):
        raise KubeUnreachableError(
            f"The cluster at {server} broke off the connection"
        ) from error
    if isinstance(error, aiohttp.ClientResponseError):
        raise KubeProtocolError(
            f"{server} does not answer like a Kubernetes API server"
        ) from error
    raise KubeUnreachableError(
        f"The cluster at {server} cannot be reached: {type(error).__name__}"
    ) from error
