from __future__ import annotations

import pytest

from fairlead.protocol.urls import has_dots, resolve_dots


@pytest.mark.parametrize(
    ("given", "resolved"),
    [
        (b"/trpc/x/../ping", b"/trpc/ping"),
        (b"/trpc/./ping", b"/trpc/ping"),
        (b"/trpc/ping/.", b"/trpc/ping/"),
        (b"/trpc/ping/..", b"/trpc/"),
        (b"/trpc/%2e%2E/.%2e/../ping", b"/ping"),
        (b"/trpc\\ping", b"/trpc/ping"),
        (b"/trpc/../..", b"/"),
        (b"/trpc/.../a.b", b"/trpc/.../a.b"),
    ],
)
def test_dots_are_resolved_as_in_urls(given: bytes, resolved: bytes) -> None:
    assert has_dots(given)
    assert resolve_dots(given) == resolved


@pytest.mark.parametrize("path", [b"/trpc/a.b,c.d", b"/trpc", b"/trpc/a%2Eb"])
def test_ordinary_paths_have_none(path: bytes) -> None:
    assert not has_dots(path)
    assert resolve_dots(path) == path
