"""One structured record per request, on the logger `fairlead.access`."""

from __future__ import annotations

import logging
from time import perf_counter

from fairlead.asgi.types import Message, Scope, Send
from fairlead.protocol.transformer import dump_json

__all__ = ["AccessLog", "JsonFormatter"]

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "taskName",
}


class AccessLog:
    """Logs requests when they end. Query strings stay out: they hold inputs."""

    def __init__(self) -> None:
        self._log = logging.getLogger("fairlead.access")

    def wrap(self, scope: Scope, send: Send, started: float) -> Send:
        """A `send` that notices the end of the response."""
        status = 0
        size = 0

        async def send_and_note(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
                if not message.get("more_body", False):
                    self._write(scope, status, size, perf_counter() - started)
            await send(message)

        return send_and_note

    def _write(self, scope: Scope, status: int, size: int, seconds: float) -> None:
        client: tuple[str, int] | None = scope.get("client")
        fields: dict[str, object] = {
            "method": scope.get("method"),
            "path": scope.get("path"),
            "status": status,
            "bytes": size,
            "duration_ms": round(seconds * 1000, 3),
            "client": client[0] if client else None,
        }
        self._log.info(
            "%s %s %d", fields["method"], fields["path"], status, extra=fields
        )


class JsonFormatter(logging.Formatter):
    """Log records as JSON lines, with their extra fields."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        fields: dict[str, object] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        fields.update(
            (key, value) for key, value in vars(record).items() if key not in _STANDARD
        )
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return dump_json(fields).decode()
