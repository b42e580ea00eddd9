"""As whom a request is made: the server itself, a user by token, or a user it stands in for.

`Credentials.key` says whose they are: requests of equal keys see the same cluster, so live
feeds are shared among them and never beyond.
"""

from __future__ import annotations

import asyncio
import base64
import os
import ssl
import tempfile
from collections.abc import Awaitable, Callable, Hashable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec

from fairlead.errors import ErrorCode, TRPCError
from fairlead.kube.errors import KubeConfigError
from fairlead.kube.kubeconfig import ClusterConfig, ExecPlugin

__all__ = [
    "Credentials",
    "Headers",
    "Impersonated",
    "ServerCredentials",
    "TokenCredentials",
    "make_ssl_context",
]

Headers = Sequence[tuple[str, str]]

TOKEN_FILE_SECONDS = 60.0
EXPIRY_MARGIN_SECONDS = 30.0
PLUGIN_TIMEOUT_SECONDS = 60.0


class Credentials(Protocol):
    """As whom a request is made."""

    @property
    def key(self) -> Hashable:
        """Whose they are; equal for requests that see the same cluster."""
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

    async def get_headers(self, *, renew: bool = False) -> Headers:
        """The server's own header and whom it stands in for."""
        # Instead of whom the kubeconfig names by `as`: like kubectl's own --as.
        return (*await self._server.authenticate(renew=renew), *self._headers)


class ServerCredentials:
    """The server's own: token, token file, basic, exec plugin; certificates are TLS's."""

    unauthorized_code: ErrorCode = "BAD_GATEWAY"
    key: Hashable = ("server",)

    def __init__(self, config: ClusterConfig, tls: ssl.SSLContext | None) -> None:
        self._config = config
        self._tls = tls
        self._token: str | None = None
        self._valid_until = 0.0
        self._lock = asyncio.Lock()

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
        refused = self._token if renew else None
        async with self._lock:  # one plugin run for all who wait
            stale = loop.time() >= self._valid_until
            if stale or (renew and self._token == refused):
                seconds = await self._read_token()
                self._valid_until = loop.time() + seconds
        return self._token

    async def _read_token(self) -> float:
        path = self._config.token_file
        if path is not None:
            self._token = await asyncio.to_thread(_read_file, path)
            return TOKEN_FILE_SECONDS
        plugin = self._config.exec_plugin
        assert plugin is not None  # noqa: S101  the caller has checked
        status = await run_plugin(plugin, self._config)
        if status.client_certificate_data and self._tls is not None:
            _load_client_certificate(
                self._tls,
                status.client_certificate_data.encode(),
                status.client_key_data.encode(),
            )
        self._token = status.token or None
        return status.seconds_left - EXPIRY_MARGIN_SECONDS


def _read_file(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise KubeConfigError(f"the token file cannot be read: {error}") from error


class PluginStatus(msgspec.Struct, frozen=True, rename="camel"):
    """What an exec plugin prints."""

    token: str = ""
    client_certificate_data: str = ""
    client_key_data: str = ""
    expiration_timestamp: datetime | None = None

    @property
    def seconds_left(self) -> float:
        """How long it is good for; plugins that do not say are asked once."""
        if self.expiration_timestamp is None:
            return float("inf")
        now = datetime.now(self.expiration_timestamp.tzinfo)
        return (self.expiration_timestamp - now).total_seconds()


class _ExecCredential(msgspec.Struct, frozen=True):
    status: PluginStatus


async def run_plugin(plugin: ExecPlugin, config: ClusterConfig) -> PluginStatus:
    """Runs an exec plugin; what it prints on stderr is the server's log, not an answer.

    Raises:
        KubeConfigError: it is not installed, fails, or prints no credential.
    """
    spec: dict[str, object] = {"interactive": False}
    if plugin.provide_cluster_info:
        cluster: dict[str, object] = {"server": config.server}
        if config.ca:
            cluster["certificate-authority-data"] = base64.b64encode(config.ca).decode()
        spec["cluster"] = cluster
    info = {"apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": spec}
    env = {
        **os.environ,
        **plugin.env,
        "KUBERNETES_EXEC_INFO": msgspec.json.encode(info).decode(),
    }
    try:
        process = await asyncio.create_subprocess_exec(
            plugin.command,
            *plugin.args,
            env=env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        hint = f" {plugin.install_hint}" if plugin.install_hint else ""
        raise KubeConfigError(
            f"the exec plugin {plugin.command!r} cannot be run: {error}.{hint}"
        ) from error
    try:
        async with asyncio.timeout(PLUGIN_TIMEOUT_SECONDS):
            printed, _ = await process.communicate()
    except TimeoutError as error:
        process.kill()
        await process.wait()
        raise KubeConfigError(
            f"the exec plugin {plugin.command!r} took longer than "
            f"{PLUGIN_TIMEOUT_SECONDS:.0f} s"
        ) from error
    if process.returncode != 0:
        raise KubeConfigError(
            f"the exec plugin {plugin.command!r} failed with exit code "
            f"{process.returncode}; its stderr says why"
        )
    try:
        return msgspec.json.decode(printed, type=_ExecCredential).status
    except msgspec.DecodeError as error:
        raise KubeConfigError(
            f"the exec plugin {plugin.command!r} printed no ExecCredential: {error}"
        ) from None


def make_ssl_context(config: ClusterConfig) -> ssl.SSLContext | None:
    """TLS as the configuration asks for; None for plain HTTP.

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
        if config.client_certificate and config.client_key:
            _load_client_certificate(tls, config.client_certificate, config.client_key)
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
