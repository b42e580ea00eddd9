"""One thread with an event loop, in which all throw-away clusters of a process run."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from fairlead.devcluster.certificates import ensure_certificates

T = TypeVar("T")

_STOP_SECONDS = 10.0


class ClusterHost:
    """Runs clusters in a thread of its own, so that blocking clients can be used beside them.

    All clusters share its certificate authority: making one costs more than a cluster does.
    """

    def __init__(self) -> None:
        self.authority = Path(tempfile.mkdtemp(prefix="fairlead-testing-"))
        ensure_certificates(self.authority)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="fairlead-testing", daemon=True
        )
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the host's loop and return what it returns."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        """Stop the loop. Clusters must have been closed before."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_STOP_SECONDS)
        self._loop.close()
        shutil.rmtree(self.authority, ignore_errors=True)
