"""docs/tutorial.md, run from top to bottom: every command, every change, every answer."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text()
SERVE = "fairlead dev "


@dataclass(frozen=True)
class Step:
    language: str
    text: str


STEPS = [
    Step(language, text)
    for language, text in re.findall(r"```(\w+)\n(.*?)```", TUTORIAL, re.DOTALL)
]


def link_packages(application: Path) -> None:
    """The workspace's packages in the place of `npm install`."""
    modules = application / "node_modules"
    modules.mkdir()
    for entry in (ROOT / "node_modules").iterdir():
        (modules / entry.name).symlink_to(entry)
    scope = modules / f"@{application.name}"
    scope.mkdir()
    (scope / "shared").symlink_to(application / "shared")


class Reader:
    """Somebody who does what the tutorial says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            self.port = str(sock.getsockname()[1])
        self.server: subprocess.Popen[str] | None = None
        tools = [str(Path(sys.executable).parent), os.environ["PATH"]]
        self.environment = {
            **os.environ,
            "PATH": os.pathsep.join(tools),
            "PORT": self.port,
            "PYTHONUNBUFFERED": "1",
        }
        self.environment.pop("KUBECONFIG", None)

    def run(self, text: str) -> str:
        """Runs the lines of a block; returns what they printed."""
        printed = ""
        for line in text.strip().splitlines():
            if line.startswith("cd "):
                self.folder /= line.removeprefix("cd ")
            elif line == "npm install":
                link_packages(self.folder)
            elif line == "npm run build":
                vite = ROOT / "node_modules" / ".bin" / "vite"
                printed += self._shell(f"cd client && {vite} build --logLevel warn")
            elif line.startswith(SERVE):
                self._serve(line)
            else:
                printed += self._shell(line.replace(":8000/", f":{self.port}/"))
        return printed

    def patch(self, text: str) -> None:
        """Makes a change, and waits until the server has it."""
        command = ["git", "apply", "--unidiff-zero", "-"]
        subprocess.run(command, cwd=self.folder, input=text, text=True, check=True)
        self._wait_until_served()

    def _shell(self, line: str) -> str:
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _serve(self, line: str) -> None:
        self.server = subprocess.Popen(
            [sys.executable, "-m", *line.split()],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._wait_until_served()

    def _wait_until_served(self) -> None:
        assert self.server is not None
        assert self.server.stdout is not None
        said = ""
        end = time.monotonic() + 60
        while "Press Ctrl-C" not in said:
            line = self.server.stdout.readline()
            said += line
            assert line, said
            assert time.monotonic() < end, said

    def stop(self) -> None:
        if self.server is not None:
            self.server.terminate()
            self.server.communicate()
            assert self.server.returncode == 0


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    reader = Reader(tmp_path)
    yield reader
    reader.stop()


@pytest.mark.node
@pytest.mark.kubectl
def test_every_step_does_what_the_page_says(reader: Reader) -> None:
    printed = ""
    for step in STEPS:
        match step.language:
            case "sh":
                printed = reader.run(step.text)
            case "diff":
                reader.patch(step.text)
            case "json":
                assert printed.strip() == step.text.strip()
            case other:
                pytest.fail(f"the tutorial has a block of {other}")


def test_the_page_is_read() -> None:
    assert {step.language for step in STEPS} == {"sh", "diff", "json"}
    assert sum(step.language == "diff" for step in STEPS) == 2
