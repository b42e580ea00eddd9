"""The dotted paths by which superjson's annotations name places in a value."""

from __future__ import annotations

__all__ = ["FORBIDDEN_KEYS", "escape", "join_path", "split_path"]

FORBIDDEN_KEYS = frozenset({"__proto__", "constructor", "prototype"})


def escape(key: str) -> str:
    """A key as a part of a path."""
    return key.replace("\\", "\\\\").replace(".", "\\.")


def join_path(path: tuple[str, ...]) -> str:
    """The path with dots, as annotations name it."""
    return ".".join(escape(part) for part in path)


def split_path(path: str, *, legacy: bool) -> list[str]:
    """The keys of a path; before superjson's version 1 backslashes were not escaped.

    Raises:
        ValueError: an escape that version 1 does not know.
    """
    parts, part, escaped = [""], "", False
    for char in path:
        if escaped:
            if char != "." and (legacy or char != "\\"):
                if not legacy:
                    raise ValueError(f"{path!r} is no superjson path")
                part = "\\"
            parts[-1] += part + char
            part, escaped = "", False
        elif char == "\\":
            escaped = True
        elif char == ".":
            parts.append("")
        else:
            parts[-1] += char
    if escaped:
        parts[-1] += "\\"
    return parts
