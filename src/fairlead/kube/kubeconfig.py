"""kubeconfig files and the in-cluster service account, as data.

The files are read here and nothing is connected: `credentials` turns the result into headers
and TLS. What client-go dropped itself (`auth-provider`) is refused with the cure.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass

import yaml

from fairlead.kube.errors import KubeConfigError

__all__ = [
    "ClusterConfig",
    "ExecPlugin",
    "load_from_env",
    "load_in_cluster",
    "load_kubeconfig",
]

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecPlugin:
    """A command that prints credentials (`client.authentication.k8s.io`).

    Attributes:
        patience: seconds it may take.
    """

    command: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    api_version: str = "client.authentication.k8s.io/v1"
    install_hint: str = ""
    provide_cluster_info: bool = False
    directory: Path | None = None
    patience: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterConfig:
    """How to reach one cluster, and as whom.

    Attributes:
        server: URL of the API server, without a trailing slash.
        ca: PEM certificates that sign the server's; None for the system's.
        token_file: read again every minute: the kubelet rotates it.
        namespace: the default one, when the configuration names it.
        impersonation: headers of whom all this is done as (`as`, `as-groups`).
    """

    server: str
    ca: bytes | None = field(default=None, repr=False)
    insecure: bool = False
    tls_server_name: str | None = None
    proxy: str | None = None
    namespace: str | None = None
    token: str | None = field(default=None, repr=False)
    token_file: Path | None = None
    client_certificate: bytes | None = field(default=None, repr=False)
    client_key: bytes | None = field(default=None, repr=False)
    basic: tuple[str, str] | None = field(default=None, repr=False)
    exec_plugin: ExecPlugin | None = field(default=None, repr=False)
    impersonation: tuple[tuple[str, str], ...] = ()

    def find_proxy(self) -> str | None:
        """`proxy-url`, else what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say; never to this machine."""
        if self.proxy is not None:
            return self.proxy
        url = urlsplit(self.server)
        host = url.hostname or ""
        if host == "localhost" or host.startswith("127.") or host == "::1":
            return None
        if proxy_bypass(url.netloc):
            return None
        return getproxies_environment().get(url.scheme)


def load_from_env(
    environ: Mapping[str, str] | None = None, *, context: str | None = None
) -> ClusterConfig:
    """What `kubectl` would use: KUBECONFIG, `~/.kube/config`, else the pod's account.

    Args:
        context: one of the kubeconfig; its current one by default.

    Raises:
        KubeConfigError: none of them is there, or one cannot be used.
    """
    environ = os.environ if environ is None else environ
    named = environ.get("KUBECONFIG")
    if named:
        paths = [Path(part) for part in named.split(os.pathsep) if part]
        return load_kubeconfig(paths, context)
    default = Path.home() / ".kube" / "config"
    if default.exists():
        return load_kubeconfig([default], context)
    if context is None and environ.get("KUBERNETES_SERVICE_HOST"):
        return load_in_cluster(environ)
    raise KubeConfigError(
        "No cluster is configured: set KUBECONFIG to a kubeconfig file, or run "
        "`fairlead dev` for the embedded development cluster"
    )


def load_in_cluster(
    environ: Mapping[str, str] | None = None, folder: Path = SERVICE_ACCOUNT
) -> ClusterConfig:
    """The service account that Kubernetes mounts into a pod.

    Raises:
        KubeConfigError: this is no pod, or its account is not mounted.
    """
    environ = os.environ if environ is None else environ
    host = environ.get("KUBERNETES_SERVICE_HOST")
    port = environ.get("KUBERNETES_SERVICE_PORT", "443")
    token_file = folder / "token"
    if not host or not token_file.exists():
        raise KubeConfigError(
            f"This is no pod with a service account: KUBERNETES_SERVICE_HOST is "
            f"{'set' if host else 'not set'} and {token_file} is "
            f"{'there' if token_file.exists() else 'missing'}"
        )
    namespace, authority = folder / "namespace", folder / "ca.crt"
    if not authority.exists():
        raise KubeConfigError(f"The service account has no {authority}")
    return ClusterConfig(
        server=f"https://{f'[{host}]' if ':' in host else host}:{port}",
        ca=authority.read_bytes(),
        token_file=token_file,
        namespace=namespace.read_text().strip() if namespace.exists() else None,
    )


def load_kubeconfig(paths: Sequence[Path], context: str | None = None) -> ClusterConfig:
    """One context of a kubeconfig; of several files the first that names a thing wins.

    Args:
        context: defaults to the file's current context.

    Raises:
        KubeConfigError: a file, the context or what it names is missing or wrong.
    """
    merged = _Merged.read(paths)
    name = context or merged.current
    if not name:
        raise KubeConfigError(
            f"{merged.where} has no current-context: name one of "
            f"{', '.join(merged.contexts) or '(it has none)'}"
        )
    chosen, _ = merged.find("context", merged.contexts, name)
    cluster, folder = merged.find(
        "cluster", merged.clusters, _text(chosen, "cluster") or ""
    )
    user_name = _text(chosen, "user")
    nobody: tuple[_Entry, Path] = ({}, folder)
    user, user_folder = (
        merged.find("user", merged.users, user_name) if user_name else nobody
    )
    if "auth-provider" in user:
        raise KubeConfigError(
            f"user {user_name!r} in {merged.where} uses auth-provider, which Kubernetes "
            "itself has dropped: use an exec plugin (for OIDC, `kubectl oidc-login`)"
        )
    server = _text(cluster, "server")
    if not server or not server.startswith(("https://", "http://")):
        raise KubeConfigError(
            f"cluster of context {name!r} in {merged.where} has no server URL"
        )
    certificate = _data(user, "client-certificate", user_folder)
    key = _data(user, "client-key", user_folder)
    if bool(certificate) != bool(key):
        lacks = (
            "client-certificate is without its key"
            if certificate
            else "client-key is without its certificate"
        )
        raise KubeConfigError(f"user {user_name!r} in {merged.where}: {lacks}")
    basic = _text(user, "username")
    token_file = _text(user, "tokenFile")
    return ClusterConfig(
        server=server.rstrip("/"),
        ca=_data(cluster, "certificate-authority", folder),
        insecure=cluster.get("insecure-skip-tls-verify") is True,
        tls_server_name=_text(cluster, "tls-server-name"),
        proxy=_read_proxy(cluster),
        namespace=_text(chosen, "namespace"),
        token=_text(user, "token"),
        token_file=user_folder / token_file if token_file else None,
        client_certificate=certificate,
        client_key=key,
        basic=(basic, _text(user, "password") or "") if basic else None,
        exec_plugin=_read_plugin(user.get("exec"), user_folder),
        impersonation=_read_impersonation(user),
    )


_Entry = Mapping[str, Any]
_Named = dict[str, tuple[_Entry, Path]]


@dataclass(slots=True)
class _Merged:
    """Several kubeconfig files as one; each entry remembers its folder."""

    where: str
    current: str | None = None
    contexts: _Named = field(default_factory=dict[str, tuple[_Entry, Path]])
    clusters: _Named = field(default_factory=dict[str, tuple[_Entry, Path]])
    users: _Named = field(default_factory=dict[str, tuple[_Entry, Path]])

    @classmethod
    def read(cls, paths: Sequence[Path]) -> _Merged:
        merged = cls(where=", ".join(str(path) for path in paths))
        present = [path for path in paths if path.exists()]
        if not present:
            raise KubeConfigError(f"There is no kubeconfig at {merged.where}")
        for path in present:
            merged.add(path)
        return merged

    def add(self, path: Path) -> None:
        try:
            loaded: object = yaml.safe_load(path.read_text())
        except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
            raise KubeConfigError(f"{path} cannot be read: {error}") from error
        if loaded is None:
            return
        if not isinstance(loaded, dict):
            raise KubeConfigError(f"{path} is no kubeconfig: it holds no mapping")
        content = cast("_Entry", loaded)
        self.current = self.current or _text(content, "current-context")
        for key, found in (
            ("context", self.contexts),
            ("cluster", self.clusters),
            ("user", self.users),
        ):
            for entry in _read_list(content, f"{key}s", f"of {path}"):
                value: object = entry.get(key) or {}
                if not isinstance(value, dict):
                    raise KubeConfigError(
                        f"{key}s of {path} is no list of names and {key}s"
                    )
                found.setdefault(
                    str(entry.get("name")), (cast("_Entry", value), path.parent)
                )

    def find(self, kind: str, entries: _Named, name: str) -> tuple[_Entry, Path]:
        try:
            return entries[name]
        except KeyError:
            raise KubeConfigError(
                f"{self.where} has no {kind} {name!r}, only: {', '.join(entries) or 'none'}"
            ) from None


def _text(entry: _Entry, key: str) -> str | None:
    value = entry.get(key)
    return str(value) if value else None


def _read_list(entry: _Entry, key: str, where: str) -> list[_Entry]:
    """A list of mappings; empty where there is none."""
    found: object = entry.get(key) or []
    if isinstance(found, list):
        items = cast("list[object]", found)
        if all(isinstance(item, dict) for item in items):
            return cast("list[_Entry]", items)
    raise KubeConfigError(f"{key} {where} is no list of names and what they stand for")


def _read_proxy(cluster: _Entry) -> str | None:
    proxy = _text(cluster, "proxy-url")
    if proxy is not None and not proxy.startswith(("http://", "https://")):
        raise KubeConfigError(
            f"proxy-url of the kubeconfig is no http:// or https:// proxy: {proxy!r}"
        )
    return proxy


def _read_impersonation(user: _Entry) -> tuple[tuple[str, str], ...]:
    """Headers for `as`, `as-uid`, `as-groups` and `as-user-extra`, as client-go sends them."""
    found = [
        (f"Impersonate-{header}", value)
        for key, header in (("as", "User"), ("as-uid", "Uid"))
        if (value := _text(user, key)) is not None
    ]
    groups = user.get("as-groups") or ()
    found += [("Impersonate-Group", str(group)) for group in groups]
    extra = cast("Mapping[str, Sequence[object]]", user.get("as-user-extra") or {})
    if not isinstance(extra, dict) or isinstance(groups, str):
        raise KubeConfigError(
            "as-groups of the kubeconfig is no list, or as-user-extra is no mapping"
        )
    found += [
        (f"Impersonate-Extra-{quote(key.lower(), safe='')}", str(value))
        for key, values in extra.items()
        for value in values
    ]
    if found and found[0][0] != "Impersonate-User":
        raise KubeConfigError(
            "a user of the kubeconfig has as-uid, as-groups or as-user-extra, but no `as`"
        )
    return tuple(found)


def _data(entry: _Entry, key: str, folder: Path) -> bytes | None:
    """Inline base64 (`key-data`) or the content of the file it names."""
    inline = _text(entry, f"{key}-data")
    path = _text(entry, key)
    try:
        if inline:
            return base64.b64decode(inline, validate=True)
        return (folder / path).read_bytes() if path else None
    except (binascii.Error, OSError) as error:
        raise KubeConfigError(
            f"{key} of the kubeconfig cannot be read: {error}"
        ) from error


def _read_value(item: _Entry) -> str:
    if "value" not in item:
        raise KubeConfigError(
            f"env of an exec plugin gives {item.get('name')!r} no value"
        )
    return str(item["value"])


def _read_plugin(given: object, folder: Path) -> ExecPlugin | None:
    if not given:
        return None
    entry = cast("_Entry", given if isinstance(given, dict) else {})
    command = _text(entry, "command")
    if not command:
        raise KubeConfigError("an exec plugin of the kubeconfig names no command")
    env = _read_list(entry, "env", "of an exec plugin")
    relative = os.sep in command and not os.path.isabs(command)
    return ExecPlugin(
        command=str(folder / command) if relative else command,
        args=tuple(str(part) for part in entry.get("args") or ()),
        env={str(item.get("name")): _read_value(item) for item in env},
        api_version=_text(entry, "apiVersion") or "client.authentication.k8s.io/v1",
        install_hint=_text(entry, "installHint") or "",
        provide_cluster_info=entry.get("provideClusterInfo") is True,
        directory=folder,
    )
