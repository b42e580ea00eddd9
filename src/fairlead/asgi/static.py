"""A built client (a single-page application) served from a folder.

Files with a hash in their name are cached for good; index.html, which names them, never
without asking. A path without a file is the application's own route: it gets index.html.
Texts travel compressed: as the file with `.br` after its name, if the build has made one, else
by gzip, once for each file.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from fairlead.asgi.pages import send_status
from fairlead.asgi.types import Scope, Send
from fairlead.errors import DefinitionError

__all__ = ["StaticSite"]

_HASHED = re.compile(r"[-.][A-Za-z0-9_-]{8,}\.[a-z0-9]+$")
DEFAULT_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'"
)


_COMPRESSIBLE = re.compile(r"^text/|javascript$|^application/(json|xml)|[+]xml$|wasm$")
_SMALL = 1024
"""Bytes; what is smaller fits into a packet or two anyway."""


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    content_type: bytes
    etag: bytes
    encoded: dict[bytes, bytes]
    """By content encoding, the one to be preferred first."""

    def choose(self, accepted: bytes) -> tuple[bytes | None, bytes]:
        """The encoding, and the body in it, for an Accept-Encoding header."""
        for name, body in self.encoded.items():
            if _accepts(accepted, name):
                return name, body
        return None, self.body


def _accepts(accepted: bytes, name: bytes) -> bool:
    """Does an Accept-Encoding header name an encoding, and not with a weight of 0?"""
    for part in accepted.lower().split(b","):
        coding, _, weight = part.partition(b";")
        if coding.strip() == name:
            return re.fullmatch(rb"\s*q=0(\.0*)?\s*", weight) is None
    return False


def _encode(path: Path, body: bytes, content_type: str) -> dict[bytes, bytes]:
    if len(body) < _SMALL or _COMPRESSIBLE.search(content_type) is None:
        return {}
    encoded: dict[bytes, bytes] = {}
    brotli = path.with_name(f"{path.name}.br")
    # One that is older was made of another file.
    if brotli.is_file() and brotli.stat().st_mtime_ns >= path.stat().st_mtime_ns:
        encoded[b"br"] = brotli.read_bytes()
    encoded[b"gzip"] = gzip.compress(body, mtime=0)
    return {name: made for name, made in encoded.items() if len(made) < len(body)}


@dataclass(slots=True)
class StaticSite:
    """A folder with an index.html; looked for when the application starts.

    Until then it may be missing: types are generated from the application before the client,
    which needs them, is built.

    Attributes:
        content_security_policy: sent with every page; None for none.
    """

    folder: Path
    content_security_policy: str | None = DEFAULT_POLICY
    _files: dict[tuple[Path, int], _File] = field(
        init=False, repr=False, default_factory=dict[tuple[Path, int], _File]
    )

    def __post_init__(self) -> None:
        self.folder = self.folder.resolve()

    async def __aenter__(self) -> Self:
        if not (self.folder / "index.html").is_file():
            raise DefinitionError(
                f"there is no index.html in {self.folder}: build the client first"
            )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing to close."""

    async def serve(self, scope: Scope, send: Send, path: str) -> None:
        """Answers one request."""
        if scope["method"] not in ("GET", "HEAD"):
            await send_status(send, 405, "GET only")
            return
        found = self._find(path)
        if found is None:
            await send_status(send, 404, f"nothing at {path}")
            return
        file = await asyncio.to_thread(self._load, found)
        hashed = (
            "assets" in found.relative_to(self.folder).parts
            and _HASHED.search(found.name) is not None
        )
        headers = self._make_headers(file, immutable=hashed)
        asked = dict(scope["headers"])
        encoding, body = file.choose(asked.get(b"accept-encoding", b""))
        # Weak, as the same text may come in several encodings.
        if asked.get(b"if-none-match") == file.etag:
            await send(
                {"type": "http.response.start", "status": 304, "headers": headers}
            )
            await send({"type": "http.response.body", "body": b""})
            return
        if encoding is not None:
            headers.append((b"content-encoding", encoding))
        headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send(
            {
                "type": "http.response.body",
                "body": b"" if scope["method"] == "HEAD" else body,
            }
        )

    def _find(self, path: str) -> Path | None:
        """The file for a path, never one outside the folder."""
        index = self.folder / "index.html"
        if "\0" in path:
            return None
        wanted = (self.folder / path.lstrip("/")).resolve()
        if not wanted.is_relative_to(self.folder):
            return None
        if wanted.is_file():
            return wanted
        # A missing asset is an error; anything else is a route of the application.
        return None if "." in wanted.name and path != "/" else index

    def _load(self, path: Path) -> _File:
        key = (path, path.stat().st_mtime_ns)
        file = self._files.get(key)
        if file is None:
            body = path.read_bytes()
            guessed = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            encoded = _encode(path, body, guessed)
            if guessed.startswith("text/") or guessed.endswith("javascript"):
                guessed += "; charset=utf-8"
            etag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
            file = _File(body, guessed.encode(), etag.encode(), encoded)
            self._files = {
                old: kept for old, kept in self._files.items() if old[0] != path
            } | {key: file}
        return file

    def _make_headers(
        self, file: _File, *, immutable: bool
    ) -> list[tuple[bytes, bytes]]:
        caching = b"public, max-age=31536000, immutable" if immutable else b"no-cache"
        headers = [
            (b"content-type", file.content_type),
            (b"etag", file.etag),
            (b"cache-control", caching),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"cross-origin-resource-policy", b"same-origin"),
        ]
        if file.encoded:
            headers.append((b"vary", b"accept-encoding"))
        if self.content_security_policy is not None:
            headers.append(
                (b"content-security-policy", self.content_security_policy.encode())
            )
        return headers
