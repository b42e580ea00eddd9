"""Child processes of `fairlead dev`: watched, restarted when they die, ended with it."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Child", "ChildError", "end_with_parent", "keep_running"]

PR_SET_PDEATHSIG = 1
LONG_ENOUGH = 5.0
"""Seconds after which a child that ends is started again at once: it does not die at start."""


class ChildError(Exception):
    """A child process that the command cannot do without did not start."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Child:
    """How to run one child process.

    Attributes:
        name: shown in front of what it prints.
        ready_line: start of the line by which it says that it is ready; None: at once.
        start_timeout: seconds until it must be ready.
        grace: seconds it gets to end by itself before it is killed.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    ready_line: str | None = None
    start_timeout: float = 20.0
    grace: float = 5.0


@dataclass(frozen=True, slots=True)
class _Running:
    process: asyncio.subprocess.Process
    output: asyncio.Task[None]


def end_with_parent() -> None:
    """In a child process: end when the parent is killed, too (Linux only; else a plain no-op)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@contextlib.asynccontextmanager
async def keep_running(child: Child) -> AsyncGenerator[None]:
    """Runs a child until the block is left; starts it again whenever it dies.

    Raises:
        ChildError: its first start failed; the message has what it printed last.
    """
    running = await _start(child)
    current = [running]
    watcher = asyncio.create_task(_restart_forever(child, current))
    try:
        yield
    finally:
        watcher.cancel()
        await asyncio.gather(watcher, return_exceptions=True)
        await _end(child, current[0])


async def _restart_forever(child: Child, current: list[_Running]) -> None:
    """Keeps `current[0]` the process that runs."""
    loop = asyncio.get_running_loop()
    delay = 0.0
    started = loop.time()
    while True:
        code = await current[0].process.wait()
        await current[0].output
        print(f"{child.name}: ended ({code}), starting it again", flush=True)
        lived = loop.time() - started
        delay = 0.0 if lived > LONG_ENOUGH else min(delay * 2 or 0.2, 10)
        await asyncio.sleep(delay)
        started = loop.time()
        try:
            current[0] = await _start(child)
        except ChildError as error:
            print(f"{child.name}: {error}", flush=True)


async def _start(child: Child) -> _Running:
    process = await asyncio.create_subprocess_exec(
        *child.command,
        env={**os.environ, **child.environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C reaches the parent only, which ends them in order
        preexec_fn=end_with_parent,
    )
    ready = asyncio.Event()
    last: list[str] = []
    output = asyncio.create_task(_pass_on(child, process, ready, last))
    started = asyncio.create_task(ready.wait())
    try:
        await asyncio.wait(
            {started, output},
            timeout=child.start_timeout,
            return_when=asyncio.FIRST_COMPLETED,
        )
    except asyncio.CancelledError:
        await _end(child, _Running(process, output))
        raise
    finally:
        started.cancel()
    if ready.is_set():
        return _Running(process, output)
    await _end(child, _Running(process, output))
    said = "".join(f"\n  {line}" for line in last)
    raise ChildError(f"did not get ready; it said:{said or ' nothing'}")


async def _pass_on(
    child: Child,
    process: asyncio.subprocess.Process,
    ready: asyncio.Event,
    last: list[str],
) -> None:
    if child.ready_line is None:
        ready.set()
    stdout = process.stdout
    while stdout is not None and (line := await stdout.readline()):
        text = line.decode(errors="replace").rstrip()
        last[:] = [*last[-19:], text]
        if not ready.is_set() and text.startswith(child.ready_line or ""):
            ready.set()
        else:
            print(f"{child.name}: {text}", flush=True)


async def _end(child: Child, running: _Running) -> None:
    process = running.process
    if process.returncode is None:
        await _terminate(process, child.grace)
    running.output.cancel()


async def _terminate(process: asyncio.subprocess.Process, grace: float) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), grace)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
