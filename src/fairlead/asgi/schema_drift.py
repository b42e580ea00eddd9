"""Clients that were generated from other types than the server serves: noticed, counted, explained.

A generated package sends its digest: in the header `fairlead-schema`, or as the connection
parameter `fairleadSchema`. After a semicolon may follow digests of the routers that are called,
such as `0123456789abcdef;pods=fedcba9876543210`: only when one of them differs, the calls at hand
are affected. Below the API's prefix, `-/schema` says which types are served; in development it
also says, in words, how those of a client differ.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pydantic import TypeAdapter, ValidationError

from fairlead.asgi.metrics import Metrics
from fairlead.asgi.pages import send_json, send_status
from fairlead.asgi.types import Message, Receive, Scope, Send
from fairlead.codegen.certain import is_certain
from fairlead.compiling import CompiledRouter

if TYPE_CHECKING:
    from fairlead.codegen.drift import Differences
    from fairlead.codegen.nodes import Application

__all__ = ["PARAM", "SCHEMA_PATH", "SchemaDrift", "is_development"]

HEADER = "fairlead-schema"
PARAM = "fairleadSchema"
SCHEMA_PATH = b"/-/schema"

_DIGEST = re.compile(r"[0-9a-f]{16}")
_MOST_REMEMBERED = 100
_MOST_WAITING = 10_000
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

    compiled: CompiledRouter
    metrics: Metrics
    development: bool
    _found: Application | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _learning: asyncio.Task[None] | None = None
    _waiting: list[str] = field(default_factory=list[str])
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
        drift = cls(compiled, metrics, chosen)
        if not is_certain(compiled):
            drift.learn()
        return drift

    @property
    def learned(self) -> bool:
        """Are the types translated already?"""
        return self._found is not None

    def learn(self) -> Application:
        """Translates all types, once, from any thread: 0.2 s of CPU for 500 procedures.

        Raises:
            GenerationError: a type has no translation.
        """
        # It brings what generates code, which takes as long to load as the rest of a server.
        from fairlead.codegen.introspect import introspect  # noqa: PLC0415

        with self._lock:
            if self._found is None:
                self._found = introspect(self.compiled)
            return self._found

    async def learn_aside(self) -> None:
        """The same in a thread, for all who wait; a failure is logged."""
        try:
            await asyncio.to_thread(self.learn)
        except Exception:
            log.exception("the types of clients are not compared: run `fairlead check`")
            return
        waiting, self._waiting = self._waiting, []
        for sent in waiting:
            self.note(sent, "websocket")

    @property
    def served(self) -> str:
        """The digest of the types that are served."""
        return (self._found or self.learn()).fingerprints.whole

    def note(self, sent: str, transport: Literal["http", "websocket"]) -> bool:
        """Counts and logs a client that differs; is it one?

        Whether a WebSocket's is one nobody waits for: while that takes long to say, it is noted
        later.
        """
        if transport == "websocket" and not self.learned:
            self._note_later(sent)
            return False
        whole, *routers = sent.split(";")
        if not _DIGEST.fullmatch(whole) or whole == self.served:
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

    def _note_later(self, sent: str) -> None:
        if len(self._waiting) < _MOST_WAITING:
            self._waiting.append(sent)
        if self._learning is None or self._learning.done():
            self._learning = asyncio.create_task(self.learn_aside())

    def _find_affected(self, routers: list[str]) -> Affected:
        if not routers:
            return "unknown"
        known = self.learn().fingerprints.routers
        parts = (router.partition("=") for router in routers)
        same = all(known.get(path) == digest for path, _, digest in parts)
        return "no" if same else "yes"

    async def answering(self, sent: str, send: Send) -> Send:
        """A `send` that tells a client of other types which ones are served."""
        if not self.learned:
            await self.learn_aside()
        if not self.learned or not self.note(sent, "http"):
            return send

        async def send_with_digest(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = (HEADER.encode(), self.served.encode())
                message = {**message, "headers": [*message["headers"], own]}
            await send(message)

        return send_with_digest

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """`GET` says which types are served, `POST` of a manifest how they differ."""
        if not self.learned:
            await self.learn_aside()
        if not self.learned:
            await send_status(send, 503, "the server's log says why")
            return
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
        return compare_manifests(manifest, make_manifest(self.learn()))


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
