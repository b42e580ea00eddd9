"""Compressed files: who takes an encoding gets it, and everybody else the file as it is."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from fairlead.asgi.static import StaticSite
from fairlead.asgi.types import Message

TEXT = "let answer = 42;\n" * 200


@pytest.fixture
def site(tmp_path: Path) -> StaticSite:
    assets = tmp_path / "assets"
    assets.mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>")
    (assets / "plain-abcdefgh.js").write_text(TEXT)
    (assets / "made-abcdefgh.js").write_text(TEXT)
    (assets / "made-abcdefgh.js.br").write_bytes(b"made by the build")
    (assets / "picture-abcdefgh.png").write_bytes(b"x" * 5000)
    return StaticSite(tmp_path)


async def get(
    site: StaticSite, path: str, accepted: str
) -> tuple[dict[str, str], bytes]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"accept-encoding", accepted.encode())]
    scope = {"type": "http", "method": "GET", "headers": headers}
    await site.serve(scope, send, path)
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return told, sent[1]["body"]


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("gzip;q=0.5", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.0,gzip; q=0", None),
        ("identity", None),
        ("", None),
    ],
)
async def test_the_best_encoding_that_is_taken_is_sent(
    site: StaticSite, accepted: str, encoding: str | None
) -> None:
    headers, body = await get(site, "/assets/made-abcdefgh.js", accepted)
    assert headers.get("content-encoding") == encoding
    assert headers["vary"] == "accept-encoding"
    assert headers["content-type"].startswith("text/javascript")
    assert int(headers["content-length"]) == len(body)
    if encoding == "gzip":
        body = gzip.decompress(body)
    assert body == (b"made by the build" if encoding == "br" else TEXT.encode())


async def test_a_text_that_the_build_did_not_compress_travels_by_gzip(
    site: StaticSite,
) -> None:
    headers, body = await get(site, "/assets/plain-abcdefgh.js", "gzip, br")
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(body) == TEXT.encode()


@pytest.mark.parametrize("path", ["/assets/picture-abcdefgh.png", "/"])
async def test_pictures_and_small_files_travel_as_they_are(
    site: StaticSite, path: str
) -> None:
    headers, _ = await get(site, path, "gzip, br")
    assert "content-encoding" not in headers
    assert "vary" not in headers


async def test_an_encoding_of_an_older_file_is_not_sent(site: StaticSite) -> None:
    made = site.folder / "assets/made-abcdefgh.js"
    brotli = made.with_name(f"{made.name}.br")
    os.utime(brotli, ns=(0, made.stat().st_mtime_ns - 1))
    headers, _ = await get(site, "/assets/made-abcdefgh.js", "gzip, br")
    assert headers["content-encoding"] == "gzip"
