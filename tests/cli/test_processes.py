"""Child processes: started, watched, restarted, ended; with real processes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from fairlead.cli.processes import Child, ChildError, keep_running

PROGRAM = """
import os, signal, sys, time
with open(sys.argv[1], "a") as file:
    file.write(f"{os.getpid()}\\n")
print("ready", flush=True)
signal.pause()
"""


def make_child(pids: Path, program: str = PROGRAM) -> Child:
    return Child(
        name="sample",
        command=[sys.executable, "-c", program, str(pids)],
        ready_line="ready",
    )


def read_pids(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_child_ends_with_the_block(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    async with keep_running(make_child(pids)):
        (pid,) = read_pids(pids)
        assert is_alive(pid)
    assert not is_alive(pid)


async def test_child_that_is_killed_is_started_again(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    async with keep_running(make_child(pids)), asyncio.timeout(20):
        os.kill(read_pids(pids)[0], signal.SIGKILL)
        while len(read_pids(pids)) < 2:  # noqa: ASYNC110  another process writes it
            await asyncio.sleep(0.01)
    assert not any(is_alive(pid) for pid in read_pids(pids))


async def test_child_that_cannot_start_says_why(tmp_path: Path) -> None:
    child = make_child(tmp_path / "pids", "raise SystemExit('no disk left')")
    with pytest.raises(ChildError, match="no disk left"):
        async with keep_running(child):
            pass
