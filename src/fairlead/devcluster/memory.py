"""The memory of a dev cluster that is a process of its own."""

from __future__ import annotations

import ctypes
import gc

_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_BYTES = 64 * 1024


def keep_small() -> None:
    """Let large buffers go back to the system, where the C library can be told so.

    glibc raises its threshold to the largest block that was ever freed, so that one long
    list would make it keep everything below.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(_M_MMAP_THRESHOLD, _BYTES)
    mallopt(_M_TRIM_THRESHOLD, _BYTES)


def settle() -> None:
    """Take what the start made out of garbage collection: it stays to the end."""
    gc.collect()
    gc.freeze()
