"""What a WebSocket's state machine asks its shell to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from fairlead.protocol.messages import CallMessage

__all__ = [
    "Close",
    "Command",
    "CreateContext",
    "Send",
    "StartCall",
    "StopCall",
]


@dataclass(frozen=True, slots=True)
class Send:
    """Send a text frame."""

    text: str


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection after what was sent.

    Attributes:
        grace: seconds to wait before, in which messages that are on their way are answered.
    """

    code: int
    reason: str = ""
    grace: float = 0.0


@dataclass(frozen=True, slots=True)
class CreateContext:
    """Make the connection's context, then report `context_ready` or `context_failed`."""

    params: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class StartCall:
    """Run a call, and report what comes of it."""

    call: CallMessage


@dataclass(frozen=True, slots=True)
class StopCall:
    """Cancel a subscription, then report it `finished`."""

    call: CallMessage


Command: TypeAlias = Send | Close | CreateContext | StartCall | StopCall
