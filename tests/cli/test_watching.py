"""`fairlead generate --watch` as a user starts it."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

APP = """
from kinds.stage import StageSpec

from fairlead import Context, Router, public, query

class App(Router[Context]):
    @query(access=public)
    async def first(self) -> StageSpec | None:
        return None
"""
CRD = Path(__file__).parents[2] / "apps/portal/cluster/crds/stages.yaml"
WATCH = (
    "generate app:App --watch --app-dir server --out shared --package-name @acme/types"
)


def hear_interrupts() -> None:
    """What a shell starts in the background ignores them, and so would the command."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@asynccontextmanager
async def watching(folder: Path) -> AsyncGenerator[Process]:
    command = ["-m", "fairlead", *WATCH.split()]
    command += ["--crds", "crds/stages.yaml", "--models", "server/kinds"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *command),
        cwd=folder,
        stdout=PIPE,
        stderr=STDOUT,
        preexec_fn=hear_interrupts,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        await process.wait()


async def wait_for(process: Process, text: str) -> None:
    assert process.stdout is not None
    lines: list[str] = []
    async with asyncio.timeout(60):
        while line := (await process.stdout.readline()).decode():
            lines.append(line)
            if text in line:
                return
    raise AssertionError("".join(lines))


async def save_until_seen(path: Path, text: str, seen: asyncio.Task[None]) -> None:
    """Nothing says when the watcher has begun."""
    while not seen.done():
        await asyncio.to_thread(path.write_text, text)
        await asyncio.wait([seen], timeout=0.2)
    await seen


async def test_a_saved_definition_changes_classes_and_package(tmp_path: Path) -> None:
    for name in ("server", "crds"):
        (tmp_path / name).mkdir()
    (tmp_path / "server/app.py").write_text(APP)
    crd = tmp_path / "crds/stages.yaml"
    crd.write_text(CRD.read_text())
    async with watching(tmp_path) as process:
        await wait_for(process, "stage.py, ")  # the classes, then the package
        assert "@acme/types" in (tmp_path / "shared/package.json").read_text()
        changed = CRD.read_text().replace("triggerTemplate:", "startTemplate:")
        seen = asyncio.create_task(wait_for(process, "s: stage.py, "))
        await save_until_seen(crd, changed, seen)
    assert "startTemplate?: " in (tmp_path / "shared/router.d.ts").read_text()
