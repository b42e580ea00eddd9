"""As whom a request is made: the server itself, a user by token, or a user it stands in for.

`Credentials.key` says whose they are: requests of equal keys see the same cluster, so live
feeds are shared among them and never beyond.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
import tempfile
from collections.abc import Awaitable, Callable, Hashable, Sequence
from pathlib import Path
from typing import Protocol, TypeAlias

from fairlead.errors import ErrorCode, TRPCError
from fairlead.kube.errors import KubeConfigError
from fairlead.kube.exec_plugins import run_plugin
from fairlead.kube.kubeconfig import ClusterConfig

__all__ = [
    "Certificate",
    "Credentials",
    "Headers",
    "Impersonated",
    "ServerCredentials",
    "TokenCredentials",
    "make_ssl_context",
]

Headers = Sequence[tuple[str, str]]
Certificate: TypeAlias = tuple[bytes, bytes]
"""A client's certificate and its key, as PEM."""

TOKEN_FILE_SECONDS = 60.0
EXPIRY_MARGIN_SECONDS = 30.0


class Credentials(Protocol):
    """As whom a request is made."""

    @property
    def key(self) -> Hashable:
        """Whose they are; equal for requests that see the same cluster."""
        ...

    @property
    def certificate(self) -> Certificate | None:
        """What is shown when a connection is made; never the server's for a user's token."""
        ...

    @property
    def unauthorized_code(self) -> ErrorCode:
        """What a 401 of the cluster becomes."""
        ...

    async def get_headers(self, *, renew: bool = False) -> Headers:
        """Headers that authenticate; `renew` when the last ones were refused."""
        ...


class TokenCredentials:
    """A user's own token.

    Args:
        key: whose token it is: the session's, not the token's, which changes.
        get_token: the token now valid; its argument says that the last one was refused.
    """

    certificate: Certificate | None = None
    """API servers look at a certificate first: with the server's own, whatever a user's token
    is, even an invalid one, the request would be the server's."""
    unauthorized_code: ErrorCode = "FORBIDDEN"

    def __init__(
        self, key: Hashable, get_token: Callable[[bool], Awaitable[str]]
    ) -> None:
        self.key: Hashable = ("token", key)
        self._get_token = get_token

    async def get_headers(self, *, renew: bool = False) -> Headers:
        """The bearer header."""
        return (("Authorization", f"Bearer {await self._get_token(renew)}"),)


class Impersonated:
    """A user that the server stands in for (`Impersonate-User`); RBAC is the user's."""

    unauthorized_code: ErrorCode = "BAD_GATEWAY"

    def __init__(
        self, server: ServerCredentials, user: str, groups: tuple[str, ...]
    ) -> None:
        # An identity provider must not be able to hand out the cluster's built-in rights.
        reserved = user.startswith("system:") and not user.startswith(
            "system:serviceaccount:"
        )
        if reserved or not user:
            raise TRPCError(
                "FORBIDDEN", f"The server does not stand in for the user {user!r}"
            )
        kept = tuple(group for group in groups if not group.startswith("system:"))
        self.key: Hashable = ("user", user, kept)
        self._server = server
        self._headers = (
            ("Impersonate-User", user),
            *(("Impersonate-Group", group) for group in kept),
        )

    @property
    def certificate(self) -> Certificate | None:
        """The server's."""
        return self._server.certificate

    async def get_headers(self, *, renew: bool = False) -> Headers:
        """The server's own header and whom it stands in for."""
        # Instead of whom the kubeconfig names by `as`: like kubectl's own --as.
        return (*await self._server.authenticate(renew=renew), *self._headers)


class ServerCredentials:
    """The server's own: token, token file, basic, exec plugin, certificate."""

    unauthorized_code: ErrorCode = "BAD_GATEWAY"
    key: Hashable = ("server",)

    def __init__(self, config: ClusterConfig) -> None:
        self._config = config
        self._token: str | None = None
        self._certificate: Certificate | None = None
        if config.client_certificate and config.client_key:
            self._certificate = (config.client_certificate, config.client_key)
        self._valid_until = 0.0
        self._reading: asyncio.Task[None] | None = None

    @property
    def certificate(self) -> Certificate | None:
        """The kubeconfig's, or the plugin's last one."""
        return self._certificate

    async def aclose(self) -> None:
        """Waits for no plugin any more."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    async def get_headers(self, *, renew: bool = False) -> Headers:
        """Who the server is, and as whom its kubeconfig has it act.

        Raises:
            KubeConfigError: the token file or the plugin fails.
        """
        own = await self.authenticate(renew=renew)
        return (*own, *self._config.impersonation)

    async def authenticate(self, *, renew: bool = False) -> Headers:
        """The header of what the configuration has; none with client certificates alone.

        Raises:
            KubeConfigError: the token file or the plugin fails.
        """
        config = self._config
        if config.exec_plugin or config.token_file:
            token = await self._get_changing_token(renew)
        else:
            token = config.token
        if token:
            return (("Authorization", f"Bearer {token}"),)
        if config.basic:
            pair = base64.b64encode(":".join(config.basic).encode()).decode()
            return (("Authorization", f"Basic {pair}"),)
        return ()

    async def _get_changing_token(self, renew: bool) -> str | None:
        loop = asyncio.get_running_loop()
        if self._reading is None and (renew or loop.time() >= self._valid_until):
            self._reading = loop.create_task(self._read())
            self._reading.add_done_callback(self._end_reading)
        reading = self._reading
        if reading is not None:
            # One plugin run, and one failure, for all who wait; who goes away does not end it.
            await asyncio.wait([reading])
            if reading.cancelled():
                raise KubeConfigError("the connection to the cluster is closed")
            reading.result()
        return self._token

    def _end_reading(self, reading: asyncio.Task[None]) -> None:
        self._reading = None
        if not reading.cancelled():
            reading.exception()  # those who waited have it

    async def _read(self) -> None:
        path = self._config.token_file
        loop = asyncio.get_running_loop()
        if path is not None:
            self._token = await asyncio.to_thread(_read_file, path)
            self._valid_until = loop.time() + TOKEN_FILE_SECONDS
            return
        plugin = self._config.exec_plugin
        assert plugin is not None  # noqa: S101  the caller has checked
        status = await run_plugin(plugin, self._config)
        if status.client_certificate_data and status.client_key_data:
            self._certificate = (
                status.client_certificate_data.encode(),
                status.client_key_data.encode(),
            )
        self._token = status.token or None
        self._valid_until = loop.time() + status.seconds_left - EXPIRY_MARGIN_SECONDS


def _read_file(path: Path) -> str:
    try:
        token = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise KubeConfigError(f"the token file cannot be read: {error}") from error
    if not token:
        raise KubeConfigError(f"the token file is empty: {path}")
    return token


def make_ssl_context(
    config: ClusterConfig, certificate: Certificate | None = None
) -> ssl.SSLContext | None:
    """TLS as the configuration asks for, showing that certificate; None for plain HTTP.

    Raises:
        KubeConfigError: a certificate or key cannot be used.
    """
    if not config.server.startswith("https://"):
        return None
    try:
        cadata = config.ca.decode() if config.ca else None
        tls = ssl.create_default_context(cadata=cadata)
        # Python 3.13 demands extensions that the CAs of many clusters do not carry.
        tls.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if config.insecure:
            tls.check_hostname = False
            tls.verify_mode = ssl.CERT_NONE
        if certificate is not None:
            _load_client_certificate(tls, *certificate)
    except (ssl.SSLError, ValueError) as error:
        raise KubeConfigError(
            f"the certificates of the kubeconfig cannot be used: {error}"
        ) from error
    return tls


def _load_client_certificate(
    tls: ssl.SSLContext, certificate: bytes, key: bytes
) -> None:
    # OpenSSL loads them from files only; these are readable by us alone and gone at once.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "client.pem"
        path.touch(mode=0o600)
        path.write_bytes(certificate + b"\n" + key)
        tls.load_cert_chain(path)
