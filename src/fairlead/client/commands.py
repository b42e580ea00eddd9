"""What the state machine of a client's WebSocket wants done, and tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = [
    "Command",
    "Connect",
    "ConnectionState",
    "Disconnect",
    "Ended",
    "Event",
    "Failed",
    "Phase",
    "Refused",
    "Send",
    "StateChanged",
]

Phase: TypeAlias = Literal["idle", "connecting", "open", "waiting", "closed"]


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """Where a connection stands.

    Attributes:
        phase: `waiting` is the time between two attempts to connect.
        error: why the connection before was lost or could not be opened.
        attempt: attempts that failed in a row.
    """

    phase: Phase
    error: Exception | None = None
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Connect:
    """Open a connection under this number, then report what became of it."""

    number: int


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Close a connection, and report nothing of it any more."""

    number: int


@dataclass(frozen=True, slots=True)
class Send:
    """Send a text frame."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Event:
    """A result, or an event of a subscription, for the request of that key."""

    key: int
    data: bytes | None
    event_id: str | None


@dataclass(frozen=True, slots=True)
class Refused:
    """The server answered a request with an error shape."""

    key: int
    shape: bytes


@dataclass(frozen=True, slots=True)
class Failed:
    """A request will never be answered."""

    key: int
    error: Exception


@dataclass(frozen=True, slots=True)
class Ended:
    """A request has had its last event."""

    key: int


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The connection stands elsewhere."""

    state: ConnectionState


Command: TypeAlias = (
    Connect | Disconnect | Send | Event | Refused | Failed | Ended | StateChanged
)
