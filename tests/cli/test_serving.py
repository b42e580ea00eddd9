"""What `fairlead serve` does around uvicorn."""

from __future__ import annotations

import gc

import pytest

from fairlead.cli.serving import AddressInUseError, bind, settle


def test_what_the_start_made_is_not_collected_again() -> None:
    try:
        settle()
        assert gc.get_freeze_count() > 1000
    finally:
        gc.unfreeze()


def test_an_address_that_somebody_has_is_told_at_once() -> None:
    with bind("127.0.0.1", 0) as sock:
        sock.listen()
        with pytest.raises(AddressInUseError, match="is in use"):
            bind("127.0.0.1", sock.getsockname()[1])
