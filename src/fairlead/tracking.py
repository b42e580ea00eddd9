"""Subscription events that can be resumed."""

from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["tracked"]

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class tracked(Generic[T_co]):  # noqa: N801  it reads as tRPC's tracked() and as a type
    """An event with an id: a client that reconnects sends the last id it has seen.

    Attributes:
        id: not empty, without line breaks and null characters; comes back as the subscription's `last_event_id`.
        data: the event itself.
    """

    id: str
    data: T_co

    def __post_init__(self) -> None:
        if self.id.isprintable() and self.id:
            return
        # In tRPC's words, since clients see them.
        if not self.id:
            raise ValueError(
                "`id` must not be an empty string as empty string is the same as not "
                "setting the id at all"
            )
        if any(char in self.id for char in "\0\n\r"):
            raise ValueError(
                "`id` must not contain line breaks or null characters as they are not "
                "allowed in a Server-Sent Events id"
            )
