"""What a WebSocket's state machine asks its shell to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct

from fairlead.protocol.messages import CallMessage

__all__ = [
    "Close",
    "Command",
    "CreateContext",
    "Send",
    "StartCall",
    "StopCall",
]


class Send(Struct, frozen=True):
    """Send a text frame."""

    text: str


class Close(Struct, frozen=True):
    """Close the connection after what was sent.

    Attributes:
        grace: seconds to wait before, in which messages that are on their way are answered.
    """

    code: int
    reason: str = ""
    grace: float = 0.0


class CreateContext(Struct, frozen=True):
    """Make the connection's context, then report `context_ready` or `context_failed`."""

    params: Mapping[str, str] | None


class StartCall(Struct, frozen=True):
    """Run a call, and report what comes of it."""

    call: CallMessage


class StopCall(Struct, frozen=True):
    """Cancel a subscription, then report it `finished`."""

    call: CallMessage


Command: TypeAlias = Send | Close | CreateContext | StartCall | StopCall
