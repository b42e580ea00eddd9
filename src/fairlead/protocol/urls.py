"""Paths of URLs, resolved as the URL standard has it."""

from __future__ import annotations

__all__ = ["has_dots", "resolve_dots"]

_BACKSLASH = ord("\\")


def has_dots(raw_path: bytes) -> bool:
    """May `resolve_dots` change this path?"""
    return b"/." in raw_path or b"/%2" in raw_path or _BACKSLASH in raw_path


def resolve_dots(raw_path: bytes) -> bytes:
    """A path without segments that are dots; backslashes are slashes.

    Clients resolve them before they send; tRPC's own server resolves what they left.
    """
    _, *parts = raw_path.replace(b"\\", b"/").split(b"/")
    kept: list[bytes] = []
    for part in parts:
        dots = part.lower().replace(b"%2e", b".")
        if dots == b"..":
            del kept[-1:]
        elif dots != b".":
            kept.append(part)
    if parts and parts[-1].lower().replace(b"%2e", b".") in (b".", b".."):
        kept.append(b"")
    return b"/" + b"/".join(kept)
