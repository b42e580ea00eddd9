"""Reading a kubeconfig: where the cluster is, whom to trust, who we are."""

from __future__ import annotations

import base64
import binascii
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fairlead.simulation.errors import ManifestError


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", "-"))


class _Cluster(_Model):
    server: str
    certificate_authority: str | None = None
    certificate_authority_data: str | None = None
    insecure_skip_tls_verify: bool = False


class _User(_Model):
    token: str | None = None
    client_certificate: str | None = None
    client_certificate_data: str | None = None
    client_key: str | None = None
    client_key_data: str | None = None


class _Context(_Model):
    cluster: str
    user: str


class _NamedCluster(_Model):
    name: str
    cluster: _Cluster


class _NamedUser(_Model):
    name: str
    user: _User = Field(default_factory=_User)


class _NamedContext(_Model):
    name: str
    context: _Context


class _File(_Model):
    current_context: str
    clusters: list[_NamedCluster]
    users: list[_NamedUser]
    contexts: list[_NamedContext]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How to reach a cluster."""

    server: str
    tls: ssl.SSLContext | None
    token: str | None


def read_kubeconfig(path: Path) -> Access:
    """Reads the current context of a kubeconfig.

    Raises:
        ManifestError: the file is missing or has no usable current context.
    """
    try:
        found = _File.model_validate(yaml.safe_load(path.read_text()))
        context = next(
            each.context
            for each in found.contexts
            if each.name == found.current_context
        )
        cluster = next(
            each.cluster for each in found.clusters if each.name == context.cluster
        )
        user = next(each.user for each in found.users if each.name == context.user)
        tls = (
            _tls(cluster, user, path.parent)
            if cluster.server.startswith("https:")
            else None
        )
    except StopIteration:
        message = (
            f"{path}: the current context names a cluster or user that is not there"
        )
        raise ManifestError(message) from None
    except ValidationError as exc:
        # Its own text would repeat the input, tokens included.
        fields = ", ".join(".".join(map(str, each["loc"])) for each in exc.errors())
        raise ManifestError(
            f"{path} is no kubeconfig: wrong or missing {fields}"
        ) from None
    except (OSError, yaml.YAMLError, binascii.Error) as exc:
        raise ManifestError(
            f"{path} cannot be read as a kubeconfig: {type(exc).__name__}"
        ) from exc
    return Access(server=cluster.server.rstrip("/"), tls=tls, token=user.token)


def _tls(cluster: _Cluster, user: _User, folder: Path) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority = _content(
        cluster.certificate_authority, cluster.certificate_authority_data, folder
    )
    if authority is not None:
        context = ssl.create_default_context(cadata=authority.decode())
    if cluster.insecure_skip_tls_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    certificate = _content(
        user.client_certificate, user.client_certificate_data, folder
    )
    key = _content(user.client_key, user.client_key_data, folder)
    if certificate is not None and key is not None:
        _load_identity(context, certificate, key)
    return context


def _content(file: str | None, data: str | None, folder: Path) -> bytes | None:
    if data is not None:
        return base64.b64decode(data, validate=True)
    return (folder / file).read_bytes() if file is not None else None


def _load_identity(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    # The ssl module reads a client certificate from files alone; this one lives for one call.
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "identity.pem"
        file.touch(mode=0o600)
        file.write_bytes(certificate + b"\n" + key)
        context.load_cert_chain(file)
