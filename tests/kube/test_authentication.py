"""Every way a kubeconfig can say who one is, over real TLS."""

from __future__ import annotations

import base64
import json
import ssl
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import RawTestServer, TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fairlead.devcluster.issuing import Issued, issue
from fairlead.kube import (
    KubeConfigError,
    KubeProtocolError,
    KubeUnreachableError,
)
from fairlead.kube.client import ClientOptions, KubeClient, KubeRequest
from fairlead.kube.credentials import Impersonated, TokenCredentials
from fairlead.kube.kubeconfig import ClusterConfig, load_kubeconfig
from fairlead.kube.token_reviews import ClusterTokenReviewer

OURS = issue(())
OTHERS = issue(())


def issue_client() -> tuple[bytes, bytes]:
    """A client's certificate of our authority, and its key, as PEM."""
    ca = x509.load_pem_x509_certificate(OURS.ca)
    ca_key = serialization.load_pem_private_key(OURS.ca_key, None)
    assert isinstance(ca_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ann")]))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ca.not_valid_before_utc)
        .not_valid_after(ca.not_valid_after_utc)
        .sign(ca_key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM), key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


CLIENT, CLIENT_KEY = issue_client()


@dataclass
class Api:
    """What a server saw of its clients."""

    port: int = 0
    headers: list[Any] = field(default_factory=list[Any])
    serials: list[str] = field(default_factory=list[str])
    accepted: str | None = None
    subjects: list[object] = field(default_factory=list[object])


@asynccontextmanager
async def serve(folder: Path, issued: Issued = OURS) -> AsyncGenerator[Api]:
    """An API server that asks for a client's certificate, and takes none as well."""
    api = Api()

    async def answer(request: web.Request) -> web.Response:
        api.headers.append(request.headers)
        assert request.transport is not None
        found = request.transport.get_extra_info("peercert")
        api.subjects.append(found["subject"] if found else None)
        serial = found["serialNumber"] if found else ""
        api.serials.append(serial)
        if api.accepted not in (None, serial):
            return web.json_response({"kind": "Status", "code": 401}, status=401)
        return web.json_response({})

    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=OURS.ca.decode())
    tls.verify_flags &= ~ssl.VERIFY_X509_STRICT
    tls.verify_mode = ssl.CERT_OPTIONAL
    pem = folder / "server.pem"
    pem.write_bytes(issued.server + issued.server_key)
    tls.load_cert_chain(pem)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    server = TestServer(app, port=0)
    await server.start_server(ssl=tls)
    api.port = server.make_url("/").port or 0
    try:
        yield api
    finally:
        await server.close()


def encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def configure(
    folder: Path, port: int, user: dict[str, Any], **cluster: Any
) -> ClusterConfig:
    """A kubeconfig of one context, read back."""
    server = {"server": f"https://127.0.0.1:{port}"}
    ca = {} if cluster else {"certificate-authority-data": encode(OURS.ca)}
    whole = {
        "current-context": "dev",
        "contexts": [{"name": "dev", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {**server, **ca, **cluster}}],
        "users": [{"name": "u", "user": user}],
    }
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(whole))
    return load_kubeconfig([path])


async def ask(config: ClusterConfig) -> None:
    async with KubeClient(config, ClientOptions(attempts=1)) as client:
        request = KubeRequest(
            method="GET", path="/version", credentials=client.server_credentials
        )
        await client.send(request)


CERTIFICATE = {
    "client-certificate-data": encode(CLIENT),
    "client-key-data": encode(CLIENT_KEY),
}
COMMON_NAME = ((("commonName", "ann"),),)


async def test_a_client_certificate_is_shown(tmp_path: Path) -> None:
    async with serve(tmp_path) as api:
        await ask(configure(tmp_path, api.port, CERTIFICATE))
    assert api.subjects == [COMMON_NAME]


async def test_a_plugin_may_give_a_certificate(tmp_path: Path) -> None:
    status = {
        "clientCertificateData": CLIENT.decode(),
        "clientKeyData": CLIENT_KEY.decode(),
    }
    script = f"print({json.dumps(json.dumps({'status': status}))})"
    plugin = {"command": sys.executable, "args": ["-c", script]}
    async with serve(tmp_path) as api:
        await ask(configure(tmp_path, api.port, {"exec": plugin}))
    assert api.subjects == [COMMON_NAME]


async def test_a_users_token_is_never_sent_with_the_servers_certificate(
    tmp_path: Path,
) -> None:
    # An API server looks at the certificate first: everybody would be the server.
    async def get_token(renew: bool) -> str:
        del renew
        return "of-ann"

    async with serve(tmp_path) as api:
        config = configure(tmp_path, api.port, CERTIFICATE)
        async with KubeClient(config, ClientOptions(attempts=1)) as client:
            for credentials in (
                client.server_credentials,
                TokenCredentials("ann", get_token),
                Impersonated(client.server_credentials, "ann", ()),
            ):
                await client.send(
                    KubeRequest(method="GET", path="/version", credentials=credentials)
                )
            with pytest.raises(KubeProtocolError, match="has no user"):
                await ClusterTokenReviewer(client).review_token("nonsense")
    assert api.subjects == [COMMON_NAME, None, COMMON_NAME, None]
    assert api.headers[1]["Authorization"] == "Bearer of-ann"


async def test_a_certificate_that_a_plugin_has_renewed_is_shown_at_once(
    tmp_path: Path,
) -> None:
    # Connections that are kept alive have shown the one that is not accepted any more.
    given = tmp_path / "given.json"

    def give(certificate: bytes, key: bytes) -> str:
        status = {
            "clientCertificateData": certificate.decode(),
            "clientKeyData": key.decode(),
        }
        given.write_text(json.dumps({"status": status}))
        return f"{x509.load_pem_x509_certificate(certificate).serial_number:X}"

    plugin = {"command": "cat", "args": [str(given)]}
    async with serve(tmp_path) as api:
        config = configure(tmp_path, api.port, {"exec": plugin})
        async with KubeClient(config, ClientOptions(attempts=1)) as client:
            request = KubeRequest(
                method="GET", path="/version", credentials=client.server_credentials
            )
            for _ in range(4):
                api.accepted = give(*issue_client()).rjust(40, "0")[-40:]
                await client.send(request)
            assert len(set(api.serials)) == 4


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ({"token": "t"}, {"Authorization": "Bearer t"}),
        ({"username": "a", "password": "b"}, {"Authorization": "Basic YTpi"}),
        ({"tokenFile": "token", "token": "old"}, {"Authorization": "Bearer from-file"}),
        (
            {"token": "t", "as": "ann", "as-uid": "7", "as-groups": ["dev"]},
            {
                "Authorization": "Bearer t",
                "Impersonate-User": "ann",
                "Impersonate-Uid": "7",
                "Impersonate-Group": "dev",
            },
        ),
        (
            {"token": "t", "as": "ann", "as-user-extra": {"Example.com/Team x": ["a"]}},
            {"Impersonate-Extra-example.com%2Fteam%20x": "a"},
        ),
    ],
)
async def test_who_one_is_is_said(
    tmp_path: Path, user: dict[str, Any], expected: dict[str, str]
) -> None:
    (tmp_path / "token").write_text("from-file\n")
    async with serve(tmp_path) as api:
        await ask(configure(tmp_path, api.port, user))
    (headers,) = api.headers
    assert {name: headers[name] for name in expected} == expected


async def test_whom_the_server_stands_in_for_comes_before_the_kubeconfigs_as(
    tmp_path: Path,
) -> None:
    user = {"token": "t", "as": "portal", "as-groups": ["servers"]}
    async with serve(tmp_path) as api:
        config = configure(tmp_path, api.port, user)
        async with KubeClient(config) as client:
            credentials = Impersonated(client.server_credentials, "ann", ("dev",))
            await client.send(
                KubeRequest(method="GET", path="/version", credentials=credentials)
            )
    (headers,) = api.headers
    assert headers.getall("Impersonate-User") == ["ann"]
    assert headers.getall("Impersonate-Group") == ["dev"]


def test_groups_without_a_user_to_act_as_are_refused(tmp_path: Path) -> None:
    with pytest.raises(KubeConfigError, match="but no `as`"):
        configure(tmp_path, 1, {"as-groups": ["dev"]})


async def test_a_server_of_another_authority_is_not_trusted(tmp_path: Path) -> None:
    async with serve(tmp_path, OTHERS) as api:
        with pytest.raises(KubeUnreachableError, match="not trusted"):
            await ask(configure(tmp_path, api.port, CERTIFICATE))
        insecure = {"insecure-skip-tls-verify": True}
        await ask(configure(tmp_path, api.port, CERTIFICATE, **insecure))
    assert len(api.headers) == 1


async def test_the_name_in_the_certificate_may_be_another_one(tmp_path: Path) -> None:
    ca = {"certificate-authority-data": encode(OURS.ca)}
    async with serve(tmp_path) as api:
        right = {**ca, "tls-server-name": "kubernetes.default.svc"}
        await ask(configure(tmp_path, api.port, {}, **right))
        wrong = {**ca, "tls-server-name": "elsewhere.example"}
        with pytest.raises(KubeUnreachableError, match="not trusted"):
            await ask(configure(tmp_path, api.port, {}, **wrong))
    assert len(api.headers) == 1


@pytest.mark.parametrize(
    ("server", "environ", "expected"),
    [
        ("https://c.example", {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ("http://c.example", {"HTTPS_PROXY": "http://p:1"}, None),
        (
            "https://c.example",
            {"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".example"},
            None,
        ),
        ("https://127.0.0.1:6443", {"HTTPS_PROXY": "http://p:1"}, None),
        ("https://[::1]:6443", {"HTTPS_PROXY": "http://p:1"}, None),
        ("https://c.example", {}, None),
    ],
)
def test_proxies_of_the_environment_are_used_as_by_kubectl(
    monkeypatch: pytest.MonkeyPatch,
    server: str,
    environ: dict[str, str],
    expected: str | None,
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert ClusterConfig(server=server).find_proxy() == expected


async def test_requests_go_through_the_kubeconfigs_proxy() -> None:
    seen: list[str] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        seen.append(str(request.url))
        return web.json_response({})

    async with RawTestServer(answer) as proxy:
        config = ClusterConfig(
            server="http://cluster.example", proxy=str(proxy.make_url(""))
        )
        await ask(config)
    assert seen == ["http://cluster.example/version"]


def test_a_proxy_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KubeConfigError, match="no http:// or https:// proxy"):
        configure(tmp_path, 1, {}, **{"proxy-url": "socks5://p:1080"})
