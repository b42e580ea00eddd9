"""Types of the kit that Python spells differently."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field


def _without_fraction(value: object) -> object:
    """JavaScript cannot tell 1.0 from 1."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


MAX_SAFE = 2**53 - 1
Int = Annotated[
    int, BeforeValidator(_without_fraction), Field(ge=-MAX_SAFE, le=MAX_SAFE)
]
