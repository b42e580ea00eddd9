"""What `fairlead serve` does around uvicorn."""

from __future__ import annotations

import gc
from weakref import ref

import pytest

from fairlead.cli.serving import AddressInUseError, bind, settle


class _Left:
    def __init__(self) -> None:
        self.me = self


def _leave_cycle() -> ref[_Left]:
    return ref(_Left())


def test_what_the_start_made_is_not_collected_again() -> None:
    before = gc.get_threshold()
    try:
        settle()
        assert gc.get_freeze_count() > 1000
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def test_what_clients_leave_behind_is_still_collected() -> None:
    before = gc.get_threshold()
    try:
        settle()
        assert gc.isenabled()
        left = _leave_cycle()
        many = [[each] for each in range(gc.get_threshold()[0] + 1000)]
        assert left() is None
        assert many
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def test_an_address_that_somebody_has_is_told_at_once() -> None:
    with bind("127.0.0.1", 0) as sock:
        sock.listen()
        with pytest.raises(AddressInUseError, match="is in use"):
            bind("127.0.0.1", sock.getsockname()[1])
