"""The development provider: this machine only, and otherwise a provider like any other."""

from __future__ import annotations

import asyncio
import sys

import aiohttp
import pytest
from tests.auth.provider import RunningProvider

from fairlead import DefinitionError
from fairlead.auth.settings import read_settings
from fairlead.cli.identity import wants_provider
from fairlead.devprovider.issuing import RequestError

REQUEST = {
    "client_id": "fairlead-dev",
    "response_type": "code",
    "code_challenge": "x",
    "code_challenge_method": "S256",
    "redirect_uri": "http://127.0.0.1:8000/auth/callback/dev",
}


async def run_command(*arguments: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stderr=asyncio.subprocess.PIPE
    )
    _, printed = await process.communicate()
    return process.returncode, printed.decode()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org"])  # noqa: S104
async def test_it_does_not_start_beyond_this_machine(host: str) -> None:
    code, printed = await run_command("-m", "fairlead.devprovider", "--host", host)
    assert code == 1
    assert "no loopback address" in printed
    assert "OIDC_ISSUER" in printed
    assert not wants_provider(host)


async def test_the_command_refuses_it_for_a_server_that_others_reach() -> None:
    command = ["dev", "app:app", "--host", "0.0.0.0", "--port", "0", "--sign-in"]  # noqa: S104
    code, printed = await run_command("-m", "fairlead", *command, "--no-cluster")
    assert code == 1
    assert "without a password" in printed


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "http://evil.example/", "http://127.0.0.1.evil.example/", ""]
)  # fmt: skip
async def test_it_redirects_to_this_machine_only(
    provider: RunningProvider, target: str
) -> None:
    params = {**REQUEST, "redirect_uri": target, "login_hint": "admin"}
    async with (
        aiohttp.ClientSession() as session,
        session.get(
            f"{provider.issuer.address}/authorize", params=params, allow_redirects=False
        ) as answer,
    ):
        assert answer.status == 400
        assert "this machine only" in await answer.text()


async def test_it_answers_to_no_other_host_name(provider: RunningProvider) -> None:
    async with aiohttp.ClientSession() as session:
        url = f"{provider.issuer.address}/jwks"
        async with session.get(url, headers={"host": "evil.example"}) as answer:
            assert answer.status == 403


async def test_its_page_offers_the_personas(provider: RunningProvider) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{provider.issuer.address}/authorize", params=REQUEST) as answer,
    ):
        text = await answer.text()
    for name in ("admin", "developer", "viewer", "nobody"):
        assert f"login_hint={name}" in text
    assert "<script" not in text


async def test_a_code_is_good_once_and_for_who_asked(provider: RunningProvider) -> None:
    issuer = provider.issuer
    for form in (
        {"code_verifier": "wrong"},
        {"redirect_uri": "http://127.0.0.1/other"},
    ):
        code = issuer.make_code("admin", REQUEST)
        with pytest.raises(RequestError, match="invalid_grant"):
            issuer.redeem_code({**REQUEST, "code": code, **form})


def test_without_a_provider_the_cure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OIDC_ISSUER", "OIDC_PROVIDERS", "FAIRLEAD_DEV_ISSUER"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(DefinitionError, match="fairlead dev"):
        read_settings(store="sqlite:x")
    monkeypatch.setenv("FAIRLEAD_DEV_ISSUER", "http://127.0.0.1:1")
    with pytest.raises(DefinitionError, match="this machine"):
        read_settings(store="sqlite:x", public_url="https://portal.example.org")
