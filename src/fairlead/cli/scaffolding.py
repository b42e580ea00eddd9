"""`fairlead new`: a whole application in an empty folder, ready to run."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from fairlead.errors import FairleadError

__all__ = ["ScaffoldError", "create_application"]

# One version for all of tRPC's packages; the query package lags behind and is held to the others.
_TRPC = "11.25.2"
_TRPC_QUERY = "11.22.1"
_NAME = re.compile(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?")
_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")


class ScaffoldError(FairleadError):
    """The application cannot be made there, or not under that name; its caller's fault."""


def create_application(folder: Path, *, react: str | None = None) -> list[str]:
    """Writes the template into a new or empty folder, and the generated package beside it.

    Args:
        folder: its last part is the application's name.
        react: npm's specifier of `@fairlead/react`; by default this version.

    Returns:
        The files written by hand, relative to the folder, sorted.

    Raises:
        ScaffoldError: the name will not do, or something is there already.
    """
    name = folder.resolve().name
    if not _NAME.fullmatch(name):
        raise ScaffoldError(
            f"{name!r} will not do as a name: at most 40 small letters, digits and dashes, "
            "a letter first"
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ScaffoldError(f"{folder} is not empty: choose another folder")
    own = version("fairlead")
    values = {
        "name": name,
        "group": f"{name}.example.com",
        "version": own,
        "react": react or f"^{own}",
        "trpc": _TRPC,
        "trpc_query": _TRPC_QUERY,
    }
    written = sorted(_copy(files("fairlead.cli") / "template", folder, values))
    _generate(folder, name)
    return written


def _copy(source: Traversable, folder: Path, values: dict[str, str]) -> list[str]:
    written: list[str] = []
    folder.mkdir(parents=True, exist_ok=True)
    for entry in source.iterdir():
        if entry.is_dir():
            if entry.name == "__pycache__":
                continue
            below = _copy(entry, folder / entry.name, values)
            written += [f"{entry.name}/{path}" for path in below]
            continue
        # Packaging tools drop files that begin with a dot.
        name = ".gitignore" if entry.name == "gitignore" else entry.name
        text = _PLACEHOLDER.sub(
            lambda match: values[match[1]], entry.read_text("utf-8")
        )
        (folder / name).write_text(text, "utf-8")
        written.append(name)
    return written


def _generate(folder: Path, name: str) -> None:
    """In a process of its own: the application is imported, and with it its module `app`."""
    command = [
        *(sys.executable, "-m", "fairlead", "generate", "app:app"),
        *(
            "--app-dir",
            "server",
            "--out",
            "shared",
            "--package-name",
            f"@{name}/shared",
        ),
    ]
    done = subprocess.run(  # noqa: S603  the same interpreter, a fixed command
        command, cwd=folder, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise ScaffoldError(f"the package was not generated: {done.stderr.strip()}")
