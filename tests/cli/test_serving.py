"""What `fairlead serve` does around uvicorn."""

from __future__ import annotations

import asyncio
import gc
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from weakref import ref

import pytest
import uvloop

from fairlead import Context, Fairlead, Router, public, query
from fairlead.cli.serving import AddressInUseError, bind, serve, settle


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


CROWD = 60


class Door:
    """Holds calls back until it is opened."""

    def __init__(self) -> None:
        self.waiting = 0
        self.all_wait = asyncio.Event()
        self.open = asyncio.Event()


class Waiting(Router[Context]):
    """Answers when it is told to."""

    @query(access=public)
    async def wait(self) -> str:
        """Once the door is open."""
        door = self.ctx.request.services.get(Door)
        door.waiting += 1
        if door.waiting == CROWD:
            door.all_wait.set()
        await door.open.wait()
        return "let in"


async def _stop_with_a_crowd_inside() -> None:
    """Many clients come at once; the server is told to stop before they are answered."""
    door, stop, ready = Door(), asyncio.Event(), asyncio.Event()
    app = Fairlead(Waiting, services=[door])
    with closing(bind("127.0.0.1", 0)) as sock:
        host, port = sock.getsockname()
        serving = asyncio.create_task(serve(app, sock, stop, on_ready=ready.set))
        await ready.wait()
        clients = await asyncio.gather(
            *(asyncio.open_connection(host, port) for _ in range(CROWD))
        )
        for _, writer in clients:
            writer.write(b"GET /trpc/wait HTTP/1.1\r\nHost: a\r\n\r\n")
        await door.all_wait.wait()
        stop.set()
        while app.lifecycle.ready:  # noqa: ASYNC110  the stop takes a few turns of the loop
            await asyncio.sleep(0)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(host, port)
        door.open.set()
        for reader, writer in clients:
            assert b"let in" in await reader.read()
            writer.close()
        await serving


@pytest.mark.parametrize("run", [uvloop.run, asyncio.run])
def test_all_who_come_at_once_are_answered_and_nobody_is_let_in_after_the_stop(
    run: Callable[[Coroutine[Any, Any, None]], None],
) -> None:
    run(asyncio.wait_for(_stop_with_a_crowd_inside(), 60))


LOOP = """
import asyncio
from fairlead import Context, Fairlead, Router, public, query

class App(Router[Context]):
    @query(access=public)
    async def loop(self) -> str:
        return type(asyncio.get_running_loop()).__module__

app = Fairlead(App)
"""


def test_it_serves_on_uvloop(tmp_path: Path) -> None:
    (tmp_path / "looped.py").write_text(LOOP)
    command = [sys.executable, "-m", "fairlead", "serve", "looped:app", "--port", "0"]
    with subprocess.Popen(
        [*command, "--app-dir", str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        try:
            address = server.stdout.readline().rpartition(" ")[2].strip()
            with urlopen(f"{address}/trpc/loop", timeout=30) as answer:  # noqa: S310  our own server
                assert json.load(answer) == {"result": {"data": "uvloop"}}
        finally:
            server.terminate()
