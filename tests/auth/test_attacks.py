"""Attacks on sessions and sign-in, mounted for real. docs/security.md lists them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import aiohttp
import pytest
from tests.auth.provider import RunningProvider
from tests.auth.replicas import Browser, Replica, open_replica, read_answer_of
from yarl import URL

from fairlead.auth.site import Site, find_cookie, is_safe_return

EVIL = "https://evil.example"


@pytest.fixture
async def replica(provider: RunningProvider, tmp_path: Path) -> AsyncIterator[Replica]:
    async with open_replica(
        provider, f"sqlite:{tmp_path}/sessions.db", page="/sign-in"
    ) as running:
        yield running


@pytest.fixture
async def ann(replica: Replica) -> AsyncIterator[Browser]:
    """Somebody who has signed in."""
    async with Browser.open(replica) as browser:
        await browser.sign_in()
        yield browser


# What browsers say about a request that a page of another place makes.
FROM_ELSEWHERE: list[dict[str, str]] = [
    {"origin": EVIL},
    {"origin": EVIL, "sec-fetch-site": "cross-site"},
    {"origin": "http://127.0.0.1:1", "sec-fetch-site": "same-site"},
    {"origin": "http://app.127.0.0.1.evil.example"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
    {"sec-fetch-site": "same-site", "sec-fetch-mode": "navigate"},
]


@pytest.mark.parametrize("headers", FROM_ELSEWHERE)
async def test_cross_site_fetch(ann: Browser, headers: dict[str, str]) -> None:
    assert await ann.post("change", {"text": "x"}, headers=headers) == "FORBIDDEN"


@pytest.mark.parametrize("headers", FROM_ELSEWHERE)
async def test_cross_site_read(ann: Browser, headers: dict[str, str]) -> None:
    """Not even a query runs with the cookies of somebody whom another page made ask."""
    assert await ann.get("me", headers=headers) == "FORBIDDEN"


@pytest.mark.parametrize("headers", FROM_ELSEWHERE)
async def test_websocket_hijack(ann: Browser, headers: dict[str, str]) -> None:
    """W19: also from a sibling subdomain, whose requests carry `SameSite` cookies."""
    url = f"{ann.replica.url}/trpc".replace("http", "ws", 1)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await ann.session.ws_connect(url, headers=headers)
    assert refused.value.status == 403


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ],
)
async def test_cross_site_form(ann: Browser, content_type: str) -> None:
    """A form can send these without asking; a JSON body needs a preflight, which is not answered."""
    body = '{"text": "x"}'
    url = f"{ann.replica.url}/trpc/change"
    headers = {"content-type": content_type}
    elsewhere = {**headers, "origin": EVIL, "sec-fetch-site": "cross-site"}
    async with ann.session.post(url, data=body, headers=elsewhere) as answer:
        assert answer.status == 403
    async with ann.session.post(url, data=body, headers=headers) as answer:
        assert answer.status in {400, 415}
    preflight = {"origin": EVIL, "access-control-request-method": "POST"}
    async with ann.session.options(url, headers=preflight) as answer:
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["token", "sign-out"])
async def test_cross_site_sign_in_and_out(ann: Browser, path: str) -> None:
    url = f"{ann.replica.url}/auth/{path}"
    for headers in FROM_ELSEWHERE:
        async with ann.session.post(
            url, json={"token": "x"}, headers=headers
        ) as answer:
            assert answer.status == 403
    async with ann.session.post(url, data="token=x") as answer:
        assert answer.status == 415
    async with ann.session.get(url) as answer:
        assert answer.status == 404
    assert await ann.get("me") == "admin"


async def test_own_pages_may(ann: Browser) -> None:
    """The other side of the checks: what the application's own page sends goes through."""
    own: list[dict[str, str]] = [
        {"origin": ann.replica.url},
        {"origin": ann.replica.url, "sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "same-origin"},
        {},
    ]
    for headers in own:
        assert await ann.post("change", {"text": "x"}, headers=headers) == "x"
        assert await ann.get("me", headers=headers) == "admin"
        socket_ = await ann.session.ws_connect(
            f"{ann.replica.url}/trpc".replace("http", "ws", 1), headers=headers
        )
        await socket_.close()


async def test_session_fixation(replica: Replica) -> None:
    """W22: a value that somebody planted never becomes a session, and sign-in makes a new one."""
    async with Browser.open(replica) as victim:
        planted = replica.open_cookie("planted-by-somebody-else")["cookie"]
        name, _, value = planted.partition("=")
        victim.session.cookie_jar.update_cookies({name: value}, URL(replica.url))
        await victim.sign_in()
        first = victim.cookies[name]
        assert first != value
        await victim.sign_in()
        assert victim.cookies[name] != first
        async with Browser.open(replica) as thief:
            for old in (value, first):
                headers = replica.open_cookie(old)
                assert await thief.get("me", headers=headers) == "UNAUTHORIZED"


UNSAFE = [
    "//evil.example", "/\\evil.example", "https://evil.example", "\\\\evil.example",
    "/\t/evil.example", "/ /evil.example", "javascript:alert(1)", "evil.example", "",
    "/a\r\nset-cookie: x=y", "/%5c\\evil.example",
]  # fmt: skip


@pytest.mark.parametrize("target", UNSAFE)
async def test_open_redirect(replica: Replica, target: str) -> None:
    assert not is_safe_return(target)
    async with Browser.open(replica) as browser:
        assert await browser.sign_in(return_to=target) == f"{replica.url}/"


@pytest.mark.parametrize(
    "target", ["/", "/pipelines?status=Failed&x=%2F#row-1", "/a//b"]
)
async def test_return_to_the_same_place(replica: Replica, target: str) -> None:
    """W36: path, query and hash."""
    async with Browser.open(replica) as browser:
        back, _ = await _begin(browser, target)
        assert await _open(browser, back) == target


async def test_token_in_url(ann: Browser, provider: RunningProvider) -> None:
    """Tokens are not taken from URLs, where logs and histories keep them."""
    token = (await _tokens(ann, provider))["access_token"]
    async with Browser.open(ann.replica) as other:
        params = {"access_token": token, "token": token}
        assert await other.get("me", params=params) == "UNAUTHORIZED"
        connection = json.dumps({"authorization": f"Bearer {token}"})
        params = {"connectionParams": connection}
        assert await other.get("me", params=params) == "UNAUTHORIZED"


async def _tokens(browser: Browser, provider: RunningProvider) -> dict[str, str]:
    live = await browser.replica.sign_in.sessions.find(
        next(iter(browser.cookies.values()))
    )
    assert live is not None
    del provider
    tokens = live.session.tokens
    return {"access_token": tokens.access or "", "id_token": tokens.id or ""}


async def test_no_token_reaches_the_browser(
    ann: Browser, provider: RunningProvider
) -> None:
    tokens = await _tokens(ann, provider)
    url = ann.replica.url
    seen = ""
    for path in ("/auth/providers", "/trpc/me", "/trpc/sessions.list"):
        async with ann.session.get(url + path) as answer:
            seen += await answer.text() + str(answer.headers)
    async with ann.session.post(f"{url}/auth/sign-out", json={}) as answer:
        seen += await answer.text() + str(answer.headers)
    for token in tokens.values():
        assert token
        assert token not in seen


async def _begin(
    browser: Browser, return_to: str = "/"
) -> tuple[str, dict[str, list[str]]]:
    """A sign-in that was begun and not ended: where the provider sends the browser back to."""
    url = f"{browser.replica.url}/auth/sign-in"
    params = {"login_hint": "admin", "return_to": return_to}
    async with browser.session.get(url, params=params, allow_redirects=False) as answer:
        to_provider = answer.headers["location"]
    async with browser.session.get(to_provider, allow_redirects=False) as answer:
        back = answer.headers["location"]
    return back, parse_qs(urlsplit(back).query)


async def _open(browser: Browser, url: str) -> str:
    async with browser.session.get(url, allow_redirects=False) as answer:
        return answer.headers["location"]


async def test_login_csrf(replica: Replica) -> None:
    """The answer to one browser's sign-in signs nobody in anywhere else, and once only."""
    async with Browser.open(replica) as attacker, Browser.open(replica) as victim:
        back, _ = await _begin(attacker)
        assert "problem=expired" in await _open(victim, back)
        assert await victim.get("me") == "UNAUTHORIZED"
        assert await _open(attacker, back) == "/"
        assert "problem=expired" in await _open(attacker, back)


async def test_several_tabs_sign_in_at_once(replica: Replica) -> None:
    async with Browser.open(replica) as browser:
        first, _ = await _begin(browser)
        second, _ = await _begin(browser)
        assert await _open(browser, first) == "/"
        assert await _open(browser, second) == "/"


async def test_forged_answers(replica: Replica) -> None:
    async with Browser.open(replica) as browser:
        changes: list[dict[str, str | None]] = [
            {"code": "made-up"},
            {"iss": EVIL},
            {"iss": None},
            {"error": "access_denied", "code": None},
        ]
        for change in changes:
            back, query = await _begin(browser)
            given: dict[str, str | None] = {k: values[0] for k, values in query.items()}
            fields = {**given, **change}
            text = "&".join(
                f"{name}={quote(value, safe='')}"
                for name, value in fields.items()
                if value
            )
            url = f"{back.partition('?')[0]}?{text}"
            problem = "denied" if "error" in change else "failed"
            assert f"problem={problem}" in await _open(browser, url)
            assert await browser.get("me") == "UNAUTHORIZED"


async def test_another_host_name(replica: Replica) -> None:
    """DNS rebinding, and a `Host` header that would turn the redirect URI elsewhere."""
    async with aiohttp.ClientSession() as session:
        for path in ("sign-in", "callback/dev?state=x"):
            url = f"{replica.url}/auth/{path}"
            headers = {"host": "evil.example"}
            async with session.get(
                url, headers=headers, allow_redirects=False
            ) as answer:
                assert answer.status == 403
                assert "FAIRLEAD_PUBLIC_URL" in await answer.text()


async def test_cookies_of_a_public_site() -> None:
    site = Site("https://portal.example.org")
    name = site.get_cookie_name({"host": "anything"})
    assert name == "__Host-fairlead"
    cookie = site.make_cookie(name, "value")
    parts = cookie.split("; ")
    assert {"Path=/", "HttpOnly", "Secure", "SameSite=Lax"} <= set(parts)
    assert not any(part.lower().startswith("domain") for part in parts)
    assert site.get_base_url({"host": "evil.example"}) == "https://portal.example.org"


def test_other_cookies_cannot_spoil_ours() -> None:
    header = 'a="; b=1; bad name=x; fairlead-80=mine; ='
    assert find_cookie(header, "fairlead-80") == "mine"
    assert find_cookie("", "fairlead-80") is None
    assert find_cookie("xfairlead-80=no", "fairlead-80") is None


async def test_headers_of_answers(replica: Replica) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{replica.url}/auth/providers") as answer,
    ):
        assert answer.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_public_calls_need_no_session(replica: Replica) -> None:
    async with Browser.open(replica) as stranger:
        stale: Any = replica.open_cookie("of-a-session-that-has-ended")
        assert await stranger.get("health", headers=stale) == "ok"
        both = await stranger.get("health,me", params={"batch": "1"}, headers=stale)
        assert both == ["ok", "UNAUTHORIZED"]
        assert read_answer_of({"result": {"data": 1}}) == 1
