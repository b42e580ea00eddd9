from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from tests.asgi.harness import Socket, open_http

from fairlead import (
    Context,
    Cors,
    DefinitionError,
    Fairlead,
    Router,
    public,
    query,
)
from fairlead.asgi.types import Receive, Scope, Send


class App(Router[Context]):
    @query(access=public)
    async def ping(self) -> str:
        return "pong"


async def get(app: Fairlead, path: str, **headers: str) -> httpx.Response:
    async with open_http(app) as client:
        return await client.get(
            path,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )


async def test_readiness_follows_the_lifespan() -> None:
    entered: list[str] = []

    class Part:
        async def __aenter__(self) -> None:
            entered.append("part")

        async def __aexit__(self, *_: object) -> None:
            entered.append("part left")

    @asynccontextmanager
    async def lifespan(app: Fairlead) -> AsyncGenerator[None]:
        entered.append("hook" if app.services.find(Part) else "no part")
        yield
        entered.append("hook left")

    app = Fairlead(App, services=[Part()], lifespan=lifespan)
    assert (await get(app, "/healthz")).status_code == 200
    assert (await get(app, "/readyz")).status_code == 503
    async with app.lifecycle.run():
        assert (await get(app, "/readyz")).status_code == 200
    assert entered == ["part", "hook", "hook left", "part left"]


async def test_metrics_count_calls_by_path_and_code() -> None:
    app = Fairlead(App)
    await get(app, "/trpc/ping")
    await get(app, "/trpc/nope-from-outside")

    text = (await get(app, "/metrics")).text

    assert 'fairlead_call_duration_seconds_count{code="OK",path="ping"} 1.0' in text
    assert (
        'fairlead_call_duration_seconds_count{code="NOT_FOUND",path="<unknown>"} 1.0'
        in text
    )
    assert "nope-from-outside" not in text


async def test_metrics_tell_how_long_calls_took_on_every_way() -> None:
    app = Fairlead(App)
    await get(app, "/trpc/ping,ping?batch=1")
    await get(app, "/trpc/ping,nope?batch=1", trpc_accept="application/jsonl")
    socket = Socket(app)
    socket.query(1, "ping")
    await socket.hear()
    await socket.leave()

    text = (await get(app, "/metrics")).text

    assert 'fairlead_call_duration_seconds_count{code="OK",path="ping"} 4.0' in text
    seconds = 'fairlead_call_duration_seconds_bucket{code="OK",le="+Inf",path="ping"}'
    assert f"{seconds} 4.0" in text
    assert 'fairlead_call_duration_seconds_sum{code="OK",path="ping"}' in text
    assert (
        'fairlead_call_duration_seconds_count{code="NOT_FOUND",path="<unknown>"} 1.0'
        in text
    )


async def test_named_origins_may_read_answers() -> None:
    app = Fairlead(App, cors=Cors(origins=("https://a.example",), credentials=True))

    allowed = await get(app, "/trpc/ping", origin="https://a.example")
    other = await get(app, "/trpc/ping", origin="https://b.example")

    assert allowed.headers["access-control-allow-origin"] == "https://a.example"
    assert allowed.headers["access-control-allow-credentials"] == "true"
    assert "access-control-allow-origin" not in other.headers


async def test_a_preflight_is_answered() -> None:
    async with open_http(
        Fairlead(App, cors=Cors(origins=("https://a.example",)))
    ) as client:
        response = await client.options(
            "/trpc/ping",
            headers={
                "origin": "https://a.example",
                "access-control-request-method": "POST",
            },
        )

    assert response.status_code == 204
    assert response.headers["access-control-allow-methods"] == "GET, POST"


def test_credentials_for_any_origin_are_refused() -> None:
    with pytest.raises(DefinitionError, match="name the origins"):
        Cors(origins=("*",), credentials=True)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<html></html>")
    (tmp_path / "assets" / "main-BcD12345.js").write_text("export {}")
    (tmp_path.parent / "secret.txt").write_text("secret")
    return tmp_path


async def test_a_site_is_served_with_its_routes(site: Path) -> None:
    app = Fairlead(App, site=site)

    page = await get(app, "/some/route")
    asset = await get(app, "/assets/main-BcD12345.js")

    assert page.text == "<html></html>"
    assert page.headers["cache-control"] == "no-cache"
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert asset.headers["content-type"].startswith("text/javascript")
    assert (await get(app, "/assets/gone.js")).status_code == 404


async def test_an_unchanged_file_is_not_sent_again(site: Path) -> None:
    app = Fairlead(App, site=site)
    etag = (await get(app, "/")).headers["etag"]

    assert (await get(app, "/", if_none_match=etag)).status_code == 304


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/../../secret.txt"]
)
async def test_nothing_outside_the_folder_is_served(site: Path, path: str) -> None:
    response = await get(Fairlead(App, site=site), path)

    assert "secret" not in response.text or response.status_code == 404


async def test_a_folder_without_a_page_is_refused_at_start_not_before(
    tmp_path: Path,
) -> None:
    app = Fairlead(App, site=tmp_path)
    with pytest.raises(DefinitionError, match=r"there is no index\.html"):
        async with app.lifecycle.run():
            pass


async def test_other_applications_are_mounted_beside() -> None:
    async def sign_in(scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["path"].encode()})

    response = await get(Fairlead(App, mounts={"/auth": sign_in}), "/auth/login")

    assert response.text == "/auth/login"


def test_a_prefix_without_slash_is_refused() -> None:
    with pytest.raises(DefinitionError, match="must start with a slash"):
        Fairlead(App, prefix="trpc")


async def test_the_access_log_leaves_inputs_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "fairlead.access")

    await get(Fairlead(App, access_log=True), "/trpc/ping?input=secret")

    [record] = [each for each in caplog.records if each.name == "fairlead.access"]
    assert record.getMessage() == "GET /trpc/ping 200"
    assert "secret" not in str(vars(record))
