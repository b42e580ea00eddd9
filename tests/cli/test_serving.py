"""What `fairlead serve` does around uvicorn."""

from __future__ import annotations

import gc
import signal
import subprocess
import sys
from pathlib import Path
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


SLOW = """
import asyncio
from contextlib import asynccontextmanager
from fairlead import Context, Fairlead, Router, public, query

class App(Router[Context]):
    @query(access=public)
    async def ping(self) -> str:
        return "pong"

@asynccontextmanager
async def wait_for_ever(app: Fairlead):
    print("starting", flush=True)
    try:
        await asyncio.Event().wait()
        yield
    finally:
        print("left", flush=True)

app = Fairlead(App, lifespan=wait_for_ever)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_while_it_starts_is_heard(
    tmp_path: Path, number: signal.Signals
) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    command = [sys.executable, "-m", "fairlead", "serve", "slow:app", "--port", "0"]
    with subprocess.Popen(
        [*command, "--app-dir", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        assert server.stdout is not None
        try:
            assert server.stdout.readline() == "starting\n"
            server.send_signal(number)
            said, _ = server.communicate(timeout=30)
        finally:
            server.kill()
    assert said.startswith("left\n")
    assert "Traceback" not in said
    assert server.returncode == 0
