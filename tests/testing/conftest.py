"""The fixtures as users get them."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator

import pytest

from fairlead.testing import dev_cluster, make_dev_cluster

__all__ = ["collect_sockets", "dev_cluster", "make_dev_cluster"]


@pytest.fixture(autouse=True)
def collect_sockets() -> Iterator[None]:
    """The official clients leave sockets to the garbage collector: it comes now, not in a later test."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
