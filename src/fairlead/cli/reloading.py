"""The server of `fairlead dev --reload`: a child process that is started anew on every save.

The parent owns the listening socket and lends it to each child. Connections that arrive between
two children wait in it, so a page sees a short pause and no refused connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from watchfiles import PythonFilter, awatch  # pyright: ignore[reportUnknownVariableType]  its stop_event names an optional library

from fairlead import eventloop

__all__ = ["ServerOptions", "run_reloading"]

GRACE = 5.0
"""Seconds that calls in flight get to end before the next child starts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerOptions:
    """What one server of `fairlead dev` needs to know.

    Attributes:
        address: as it is shown.
        cluster: kubeconfig of the dev cluster, which gets the application's kinds; None where the
            cluster is somebody else's.
        out: folder of the generated package, written at every start; None for none.
        grant: give the development personas rights in that cluster.
    """

    target: str
    app_dir: str
    address: str
    cluster: str | None
    out: str | None
    grant: bool = False


async def run_reloading(
    options: ServerOptions,
    sock: socket.socket,
    stop: asyncio.Event,
    say: Callable[[str], None],
) -> None:
    """Runs the server until `stop` is set, a new one whenever a Python file changes.

    A program that cannot be loaded says why and waits for the next save.
    """
    changes: asyncio.Queue[str] = asyncio.Queue()
    watcher = asyncio.create_task(_watch(Path(options.app_dir), changes, stop))
    try:
        while not stop.is_set():
            await _run_once(options, sock, (changes, stop), say)
    finally:
        watcher.cancel()
        await asyncio.gather(watcher, return_exceptions=True)


async def _run_once(
    options: ServerOptions,
    sock: socket.socket,
    signs: tuple[asyncio.Queue[str], asyncio.Event],
    say: Callable[[str], None],
) -> None:
    """One child, until a file changes or the end."""
    changes, stop = signs
    command = [
        sys.executable,
        "-c",
        "from fairlead.cli.reloading import main; main()",
    ]
    environment = {
        **os.environ,
        "FAIRLEAD_DEV": json.dumps({**asdict(options), "fd": sock.fileno()}),
    }
    child = await asyncio.create_subprocess_exec(
        *command,
        env=environment,
        pass_fds=[sock.fileno()],
        start_new_session=True,  # Ctrl-C reaches the parent only, which ends it in order
    )
    try:
        changed = await _first(changes.get(), stop.wait(), child.wait())
        if changed is None and not stop.is_set():
            say("The server ended; waiting for a change")
            changed = await _first(changes.get(), stop.wait())
    finally:
        await _end(child)
    if changed is not None:
        say(f"{changed} changed, starting again")
    while not changes.empty():  # what changed while the child ended, the next one has
        changes.get_nowait()


async def _watch(
    folder: Path, changes: asyncio.Queue[str], stop: asyncio.Event
) -> None:
    """Puts the name of a file that changed into the queue."""
    async for files in awatch(folder, watch_filter=PythonFilter(), stop_event=stop):
        changes.put_nowait(Path(min(path for _, path in files)).name)


async def _first(*waits: Awaitable[object]) -> str | None:
    """Waits for the first of several things; the name of a changed file if it was one."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        result = tasks[0].result() if tasks[0].done() else None
        return result if isinstance(result, str) else None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        child.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(child.wait(), GRACE + 2)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()


def _read_environment() -> tuple[ServerOptions, int]:
    given: dict[str, str | int | bool | None] = json.loads(os.environ["FAIRLEAD_DEV"])
    number = given.pop("fd")
    options = ServerOptions(
        target=str(given["target"]),
        app_dir=str(given["app_dir"]),
        address=str(given["address"]),
        cluster=None if given["cluster"] is None else str(given["cluster"]),
        out=None if given["out"] is None else str(given["out"]),
        grant=given["grant"] is True,
    )
    return options, int(number or 0)


def _say(text: str) -> None:
    print(f"\033[36m==>\033[0m {text}", flush=True)


def main() -> None:
    """The child: serves on the socket that it was lent."""
    from fairlead.cli.development import serve_once  # noqa: PLC0415  it imports this module
    from fairlead.cli.processes import end_with_parent  # noqa: PLC0415
    from fairlead.errors import FairleadError  # noqa: PLC0415

    end_with_parent()
    options, number = _read_environment()
    sock = socket.socket(fileno=os.dup(number))
    try:
        eventloop.run(serve_once(options, sock, _say))
    except FairleadError as error:
        print(f"\033[31merror:\033[0m {error}", file=sys.stderr, flush=True)
        sys.exit(1)
