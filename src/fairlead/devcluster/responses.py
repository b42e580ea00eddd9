"""Answers: a complete body, or a stream."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from fairlead.devcluster.jsontypes import JsonValue
from fairlead.devcluster.lines import Line
from fairlead.devcluster.negotiation import JSON, YAML


@dataclass(slots=True)
class Response:
    """A complete answer."""

    status: int
    body: bytes
    media: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True)
class Stream:
    """An answer that goes on; every piece is flushed at once.

    Attributes:
        pieces: The answer, for any server.
        push: The same, written straight to a connection.
    """

    pieces: AsyncGenerator[bytes, None]
    media: str = JSON
    status: int = 200
    push: Callable[[Line], Awaitable[None]] | None = None


def encode(value: JsonValue, media: str = JSON) -> bytes:
    """Return a value in the media type of the answer."""
    data = msgspec.json.encode(value)
    return to_yaml(data) if media == YAML else data


def to_yaml(data: bytes) -> bytes:
    """Return a JSON document as YAML."""
    import yaml  # noqa: PLC0415 - most clients never ask for YAML; keeps the start fast

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(msgspec.json.decode(data), Dumper=dumper, sort_keys=True)
    return text.encode()


def answer(value: JsonValue, status: int = 200, media: str = JSON) -> Response:
    """Return a JSON (or YAML) answer."""
    return Response(status, encode(value, media), media)


def plain(text: str, status: int = 200) -> Response:
    """Return a plain text answer."""
    headers = {"x-content-type-options": "nosniff"}
    return Response(status, text.encode(), "text/plain; charset=utf-8", headers)
