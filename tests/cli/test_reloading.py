"""`fairlead dev` starts the server anew on every save, and loses no connection over it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

APP = """
from fairlead import Context, Fairlead, Router, User, public, query
from fairlead.auth import FixedUser
from fairlead.kube import Kube, KubeModel, Resource, ResourceRouter

class NoteSpec(KubeModel):
    text: str

class Note(Resource, group="example.com", version="v1", plural="notes"):
    spec: NoteSpec

class Notes(ResourceRouter[Note]):
    pass

class App(Router[Context]):
    notes: Notes

    @query(access=public)
    async def health(self) -> str:
        return "first"

app = Fairlead(App, kube=Kube.from_env(identity="impersonate"), auth=FixedUser(User(name="ann")))
"""


class Dev:
    """A running `fairlead dev`, and what it has printed."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self._lines: list[str] = []

    async def wait_for(self, text: str) -> str:
        stdout = self.process.stdout
        assert stdout is not None
        async with asyncio.timeout(60):
            while line := (await stdout.readline()).decode():
                self._lines.append(line)
                if text in line:
                    return line
        raise AssertionError("".join(self._lines))

    async def end(self) -> int:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGINT)
        await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode


@pytest.fixture
async def dev(tmp_path: Path) -> AsyncIterator[Dev]:
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / "app.py").write_text(APP)
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    environment.pop("KUBECONFIG", None)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fairlead", "dev", "app:app"),
        *("--app-dir", "server", "--port", "0", "--out", "shared"),
        cwd=tmp_path,
        env=environment,
        stdout=PIPE,
        stderr=STDOUT,
    )
    running = Dev(process)
    try:
        yield running
    finally:
        await running.end()


async def test_save_serves_the_new_program_and_writes_its_types(
    dev: Dev, tmp_path: Path
) -> None:
    await dev.wait_for("Defined from their classes: Note")
    url = (await dev.wait_for("Serving app:app at")).split()[-1]
    await dev.wait_for("Press Ctrl-C")
    file = tmp_path / "server" / "app.py"
    async with aiohttp.ClientSession() as session:

        async def health() -> str:
            async with session.get(f"{url}/trpc/health") as answer:
                return str((await answer.json())["result"]["data"])

        assert await health() == "first"
        assert "health" in (tmp_path / "shared" / "router.d.ts").read_text()

        file.write_text(APP.replace('"first"', '"second"').replace("text:", "words:"))
        await dev.wait_for("app.py changed, starting again")
        # Asked before the new server listens: the connection waits for it.
        assert await health() == "second"
        assert "words" in (tmp_path / "shared" / "schemas.js").read_text()

        file.write_text(APP + "\nthis is no Python\n")
        await dev.wait_for("SyntaxError")
        await dev.wait_for("The server ended; waiting for a change")
        file.write_text(APP.replace('"first"', '"third"'))
        assert await health() == "third"
    assert await dev.end() == 0
