"""Clients that were generated from other types than the server serves: noticed, counted, explained.

A generated package sends its digest: in the header `fairlead-schema`, or as the connection
parameter `fairleadSchema`. After a semicolon may follow digests of the routers that are called,
such as `0123456789abcdef;pods=fedcba9876543210`: only when one of them differs, the calls at hand
are affected. Below the API's prefix, `-/schema` says which types are served; in development it
also says, in words, how those of a client differ.
"""

from __future__ import annotations

import logging
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pydantic import TypeAdapter, ValidationError

from fairlead.asgi.metrics import Metrics
from fairlead.asgi.pages import send_json, send_status
from fairlead.asgi.types import Message, Receive, Scope, Send
from fairlead.codegen.introspect import introspect
from fairlead.codegen.nodes import Application
from fairlead.compiling import CompiledRouter

if TYPE_CHECKING:
    from fairlead.codegen.drift import Differences

__all__ = ["PARAM", "SCHEMA_PATH", "SchemaDrift", "is_development"]

HEADER = "fairlead-schema"
PARAM = "fairleadSchema"
SCHEMA_PATH = b"/-/schema"

_DIGEST = re.compile(r"[0-9a-f]{16}")
_MOST_REMEMBERED = 100
_LONGEST_MANIFEST = 16_777_216

log = logging.getLogger("fairlead.schema")

Affected = Literal["yes", "no", "unknown"]


def is_development() -> bool:
    """Was the process started by `fairlead dev`?"""
    return "FAIRLEAD_DEV" in os.environ


@dataclass(slots=True)
class SchemaDrift:
    """Compares what clients send with what is served.

    Attributes:
        development: say in words what differs, to anybody who asks.
    """

    application: Application
    metrics: Metrics
    development: bool
    _told: set[str] = field(default_factory=set[str])

    @classmethod
    def of(
        cls, compiled: CompiledRouter, metrics: Metrics, development: bool | None
    ) -> SchemaDrift:
        """The state of one application.

        Raises:
            GenerationError: a type has no translation, so clients could not be generated.
        """
        chosen = is_development() if development is None else development
        return cls(introspect(compiled), metrics, chosen)

    @property
    def served(self) -> str:
        """The digest of the types that are served."""
        return self.application.fingerprints.whole

    def note(self, sent: str, transport: Literal["http", "websocket"]) -> bool:
        """Counts and logs a client that differs; is it one?"""
        whole, *routers = sent.split(";")
        if whole == self.served or not _DIGEST.fullmatch(whole):
            return False
        affected = self._find_affected(routers)
        self.metrics.count_drift(transport, affected)
        key = f"{whole} {affected}"
        if key not in self._told and len(self._told) < _MOST_REMEMBERED:
            self._told.add(key)
            log.warning(
                "a client has types of another version (%s, served: %s; its calls are affected: %s): "
                "reload the page, or run `fairlead generate` and build it anew",
                whole,
                self.served,
                affected,
            )
        return True

    def _find_affected(self, routers: list[str]) -> Affected:
        if not routers:
            return "unknown"
        known = self.application.fingerprints.routers
        parts = (router.partition("=") for router in routers)
        same = all(known.get(path) == digest for path, _, digest in parts)
        return "no" if same else "yes"

    def answering(self, sent: str, send: Send) -> Send:
        """A `send` that tells a client of other types which ones are served."""
        if not self.note(sent, "http"):
            return send

        async def send_with_digest(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = (HEADER.encode(), self.served.encode())
                message = {**message, "headers": [*message["headers"], own]}
            await send(message)

        return send_with_digest

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """`GET` says which types are served, `POST` of a manifest how they differ."""
        answer: dict[str, object] = {
            "hash": self.served,
            "development": self.development,
        }
        if scope["method"] == "GET":
            await send_json(send, 200, answer)
        elif scope["method"] != "POST" or not self.development:
            await send_status(send, 405, "differences are told in development only")
        else:
            body = await _read_body(receive)
            differences = None if body is None else self._compare(body)
            if differences is None:
                await send_status(send, 400, "the manifest of a generated package")
            else:
                await send_json(send, 200, {**answer, **differences})

    def _compare(self, body: bytes) -> Differences | None:
        # The writers of generated code are not needed to serve.
        from fairlead.codegen.drift import (  # noqa: PLC0415
            Manifest,
            compare_manifests,
            make_manifest,
        )

        try:
            manifest = TypeAdapter(Manifest).validate_json(body)
        except ValidationError:
            return None
        return compare_manifests(manifest, make_manifest(self.application))


async def _read_body(receive: Receive) -> bytes | None:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if len(body) > _LONGEST_MANIFEST:
            return None
        if not message.get("more_body", False):
            return bytes(body)
