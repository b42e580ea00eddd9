"""`fairlead new`: what it writes compiles, builds and runs."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from fairlead.cli.scaffolding import ScaffoldError, create_application

ROOT = Path(__file__).parents[2]


def run(folder: Path, *command: str | Path) -> None:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def link_packages(application: Path) -> None:
    """The workspace's packages in the place of `npm install`."""
    modules = application / "node_modules"
    modules.mkdir()
    for entry in (ROOT / "node_modules").iterdir():
        if not entry.name.startswith("."):
            (modules / entry.name).symlink_to(entry)
    scope = modules / f"@{application.name}"
    scope.mkdir()
    (scope / "shared").symlink_to(application / "shared")


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("new") / "harbour"
    create_application(folder)
    link_packages(folder)
    return folder


def test_nothing_is_left_to_fill_in(application: Path) -> None:
    names = ["README.md", "package.json", "client/package.json", "server/app.py"]
    for name in names:
        assert not re.search(r"\{\{\w+\}\}", (application / name).read_text()), name
    assert (application / ".gitignore").exists()
    package = json.loads((application / "shared" / "package.json").read_text())
    assert package["name"] == "@harbour/shared"


def test_versions_are_those_that_are_tested(application: Path) -> None:
    ours = json.loads((ROOT / "apps/portal/client/package.json").read_text())
    theirs = json.loads((application / "client" / "package.json").read_text())
    for name in ("@trpc/client", "@trpc/server", "@trpc/tanstack-react-query"):
        assert theirs["dependencies"][name] == ours["dependencies"][name]


@pytest.fixture(scope="module")
def built(application: Path) -> Path:
    binaries = ROOT / "node_modules" / ".bin"
    run(application / "client", binaries / "vite", "build", "--logLevel", "warn")
    return application


@pytest.mark.node
def test_page_compiles(application: Path) -> None:
    tsc = ROOT / "node_modules" / ".bin" / "tsc"
    run(application / "client", tsc, "-p", "tsconfig.json")


@pytest.fixture
async def url(built: Path) -> AsyncIterator[str]:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    environment.pop("KUBECONFIG", None)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fairlead", "dev", "app:app", "--app-dir", "server"),
        *("--seed", "cluster", "--out", "shared", "--port", "0"),
        cwd=built,
        env=environment,
        stdout=PIPE,
        stderr=STDOUT,
    )
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(60):
        while "Press Ctrl-C" not in said:
            line = (await process.stdout.readline()).decode()
            assert line, said
            said += line
    (address,) = re.findall(r"http://\S+", said)
    try:
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        await process.communicate()
        assert process.returncode == 0


@pytest.mark.node
async def test_it_runs_and_its_user_may_write_notes(url: str) -> None:
    note = {
        "apiVersion": "harbour.example.com/v1",
        "kind": "Note",
        "metadata": {"name": "first", "namespace": "default"},
        "spec": {"text": "Buy rope"},
    }
    async with aiohttp.ClientSession(f"{url}/trpc/") as session:
        async with session.get(url) as answer:
            assert "<title>harbour</title>" in await answer.text()
        async with session.post("notes.create", json={"object": note}) as answer:
            assert answer.status == 200, await answer.text()
        finish = {"name": "first", "namespace": "default"}
        async with session.post("notes.finish", json=finish) as answer:
            assert answer.status == 200, await answer.text()
            made = (await answer.json())["result"]["data"]
            assert made["spec"] == {"text": "Buy rope", "done": True}


def test_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "harbour"
    folder.mkdir()
    (folder / "mine.txt").write_text("precious")
    with pytest.raises(ScaffoldError, match="is not empty"):
        create_application(folder)
    assert [entry.name for entry in folder.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("name", ["Harbour", "1st", "a_b", "x" * 41, "end-"])
def test_name_that_will_not_do_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ScaffoldError, match="will not do as a name"):
        create_application(tmp_path / name)
    assert not (tmp_path / name).exists()
