"""Bearer tokens: of providers, and of the cluster."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from tests.auth.provider import RunningProvider
from tests.auth.replicas import Browser, Replica, open_replica

from fairlead import Request
from fairlead.auth.settings import DEV_CLIENT_ID
from fairlead.devcluster import DevCluster
from fairlead.kube import Kube


def sign(provider: RunningProvider, **changes: object) -> str:
    """An access token of the provider, with some of its claims changed."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": provider.issuer.address,
        "aud": DEV_CLIENT_ID,
        "sub": "viewer",
        "iat": now,
        "exp": now + 60,
        **changes,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    key = provider.issuer.key
    return jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key, ["ES256"])


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.fixture
async def replica(provider: RunningProvider, tmp_path: Path) -> AsyncIterator[Replica]:
    async with open_replica(provider, f"sqlite:{tmp_path}/sessions.db") as running:
        yield running


async def test_a_providers_token_is_its_user(
    provider: RunningProvider, replica: Replica
) -> None:
    """W22: without a session, without a cookie."""
    async with Browser.open(replica) as script:
        headers = bearer(sign(provider))
        assert await script.get("me", headers=headers) == "viewer"
        assert await script.post("change", {"text": "x"}, headers=headers) == "x"
        assert script.cookies == {}
    assert await replica.sign_in.sessions.list_for("viewer") == []


async def test_a_socket_takes_it_as_a_connection_param(
    provider: RunningProvider, replica: Replica
) -> None:
    async with aiohttp.ClientSession() as session:
        url = f"{replica.url}/trpc?connectionParams=1".replace("http", "ws", 1)
        socket_ = await session.ws_connect(url)
        await socket_.send_json(
            {"method": "connectionParams", "data": bearer(sign(provider))}
        )
        params = {"path": "me", "input": None}
        await socket_.send_json({"id": 1, "method": "query", "params": params})
        answer = await socket_.receive_json()
        assert answer["result"]["data"] == "viewer"


def with_alg_none(provider: RunningProvider) -> str:
    _, payload, _ = sign(provider).split(".")
    return f"eyJhbGciOiJub25lIn0.{payload}."


def with_shared_secret(provider: RunningProvider) -> str:
    """The public key taken for a secret: the classic confusion of algorithms."""
    key = provider.issuer.key
    secret = OctKey.import_key(json.dumps(key.as_dict(private=False)))
    payload = {"iss": provider.issuer.address, "aud": DEV_CLIENT_ID, "sub": "admin"}
    return jwt.encode({"alg": "HS256", "kid": key.kid}, payload, secret, ["HS256"])


def with_another_key(provider: RunningProvider) -> str:
    key = ECKey.generate_key("P-256")
    payload = {"iss": provider.issuer.address, "aud": DEV_CLIENT_ID, "sub": "admin"}
    header = {"alg": "ES256", "kid": provider.issuer.key.kid}
    return jwt.encode(header, payload, key, ["ES256"])


BAD: dict[str, Callable[[RunningProvider], str]] = {
    "expired": lambda p: sign(p, exp=int(time.time()) - 60),
    "without an end": lambda p: sign(p, exp=None),
    "not yet good": lambda p: sign(p, nbf=int(time.time()) + 600),
    "for another audience": lambda p: sign(p, aud="somebody-else"),
    "without a subject": lambda p: sign(p, sub=None),
    "of another issuer": lambda p: sign(p, iss="https://evil.example"),
    "alg none": with_alg_none,
    "alg HS256 with the public key": with_shared_secret,
    "another key": with_another_key,
    "changed": lambda p: sign(p)[:-6] + "AAAAAA",
    "no token at all": lambda _: "hello",
    "far too long": lambda _: "x" * 20_000,
}


@pytest.mark.parametrize("kind", BAD)
async def test_a_bad_token_is_refused(
    provider: RunningProvider, replica: Replica, kind: str
) -> None:
    token = BAD[kind](provider)
    async with Browser.open(replica) as script:
        url = f"{replica.url}/trpc/me"
        if kind == "far too long":
            async with script.session.get(
                url, headers=bearer(token), max_field_size=2**16
            ) as answer:
                assert answer.status in {400, 401, 431}
            return
        async with script.session.get(url, headers=bearer(token)) as answer:
            text = await answer.text()
        assert answer.status == 401
        assert token not in text


async def test_a_provider_may_change_its_keys(
    provider: RunningProvider, replica: Replica
) -> None:
    async with Browser.open(replica) as script:
        assert await script.get("me", headers=bearer(sign(provider))) == "viewer"
        old, new = provider.issuer.key, ECKey.generate_key("P-256")
        new.ensure_kid()
        provider.issuer.key = new
        assert (
            await script.get("me", headers=bearer(sign(provider, sub="admin")))
            == "admin"
        )
        assert provider.count("/jwks") == 2
        provider.issuer.key = old
        for subject in ("admin", "developer", "nobody"):
            token = sign(provider, sub=subject)
            assert await script.get("me", headers=bearer(token)) == "UNAUTHORIZED"
        assert provider.count("/jwks") == 2, (
            "unknown keys are looked for once in a while"
        )


@pytest.fixture
async def kube() -> AsyncIterator[Kube]:
    async with (
        DevCluster() as cluster,
        Kube.from_kubeconfig(cluster.kubeconfig_path) as kube,
    ):
        yield kube


async def make_token(kube: Kube, name: str = "ci") -> str:
    """What `kubectl create token` prints."""
    server = kube.acting_as_server().raw
    root = "/api/v1/namespaces/default/serviceaccounts"
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}
    await post(kube, root, account)
    request: dict[str, object] = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {},
    }
    answer = await post(kube, f"{root}/{name}/token", request)
    del server
    token: str = answer["status"]["token"]
    return token


async def post(kube: Kube, path: str, body: object) -> Any:
    from fairlead.kube.client import KubeRequest  # noqa: PLC0415

    request = KubeRequest(
        method="POST",
        path=path,
        credentials=kube.client.server_credentials,
        body=json.dumps(body).encode(),
    )
    return json.loads(await kube.client.send(request))


ACCOUNT = "system:serviceaccount:default:ci"


async def test_a_service_accounts_token_is_reviewed_by_the_cluster(
    provider: RunningProvider, tmp_path: Path, kube: Kube
) -> None:
    url = f"sqlite:{tmp_path}/sessions.db"
    async with (
        open_replica(provider, url, kube=kube) as replica,
        Browser.open(replica) as script,
    ):
        token = await make_token(kube)
        assert await script.get("me", headers=bearer(token)) == ACCOUNT
        assert await script.get("me", headers=bearer(token + "x")) == "UNAUTHORIZED"
        request = Request(
            transport="http", headers=bearer(token), services=replica.app.services
        )
        user = await replica.sign_in.authenticate(request)
        found = replica.sign_in.find_token(request)
        assert user is not None
        assert found is not None
        assert await found.get(renew=False) == token, (
            "the cluster is asked as that account"
        )


async def test_people_sign_in_with_a_pasted_token(
    provider: RunningProvider, tmp_path: Path, kube: Kube
) -> None:
    url = f"sqlite:{tmp_path}/sessions.db"
    async with (
        open_replica(provider, url, kube=kube) as replica,
        Browser.open(replica) as ann,
    ):
        async with ann.session.post(
            f"{replica.url}/auth/token", json={"token": "nonsense"}
        ) as answer:
            assert answer.status == 401
        assert ann.cookies == {}
        token = await make_token(kube)
        async with ann.session.post(
            f"{replica.url}/auth/token", json={"token": f" {token}\n"}
        ) as answer:
            assert answer.status == 200
            assert token not in await answer.text()
        assert await ann.get("me") == ACCOUNT
        [signed_in] = await replica.sign_in.sessions.list_for(ACCOUNT)
        assert signed_in.session.expires_at <= time.time() + 3600 + 1, (
            "no longer than it"
        )
