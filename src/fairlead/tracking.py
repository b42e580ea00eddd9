"""Subscription events that can be resumed."""

from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["tracked"]

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class tracked(Generic[T_co]):  # noqa: N801  it reads as tRPC's tracked() and as a type
    """An event with an id: a client that reconnects sends the last id it has seen.

    Attributes:
        id: not empty; comes back as the subscription's `last_event_id`.
        data: the event itself.
    """

    id: str
    data: T_co

    def __post_init__(self) -> None:
        if not self.id:
            raise ValueError("tracked() needs an id that is not empty")
