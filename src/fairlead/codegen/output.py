"""Writing a generated package: whole or not at all, and only what changed."""

import difflib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

MANIFEST = ".fairlead-files"
"""Lists what was generated, so that a file no longer generated goes away and others stay."""

_SHOWN_DIFF_LINES = 200


def write_files(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Writes the files that differ, each by rename, and removes those no longer generated.

    Everything is written beside its place first, so a full disk breaks nothing.

    Returns:
        The names that changed, sorted.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {**files, MANIFEST: "".join(f"{name}\n" for name in sorted(files))}
    stale = _read_manifest(folder) - wanted.keys()
    changed = {n: t for n, t in wanted.items() if _read(folder / n) != t}
    staged: list[tuple[Path, Path]] = []
    try:
        for name, text in sorted(changed.items()):
            staged.append((_stage(folder / name, text), folder / name))
    except OSError:
        for temporary, _ in staged:
            temporary.unlink(missing_ok=True)
        raise
    for temporary, target in staged:
        temporary.replace(target)
    for name in stale:
        (folder / name).unlink(missing_ok=True)
    return sorted({*changed, *stale} - {MANIFEST})


def diff_files(folder: Path, files: Mapping[str, str]) -> str:
    """A unified diff from the folder to what would be generated; empty when up to date."""
    names = sorted({*files, *_read_manifest(folder)})
    lines: list[str] = []
    for name in names:
        old, new = _read(folder / name) or "", files.get(name, "")
        lines += difflib.unified_diff(
            old.splitlines(), new.splitlines(), f"a/{name}", f"b/{name}", lineterm=""
        )
    if len(lines) > _SHOWN_DIFF_LINES:
        hidden = len(lines) - _SHOWN_DIFF_LINES
        lines = [*lines[:_SHOWN_DIFF_LINES], f"... and {hidden} more lines"]
    return "\n".join(lines)


def _stage(target: Path, text: str) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(name, 0o644)  # mkstemp's 0600 would surprise in a shared checkout
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _read_manifest(folder: Path) -> set[str]:
    listed = (_read(folder / MANIFEST) or "").splitlines()
    return {
        name
        for name in listed
        if name and not Path(name).is_absolute() and ".." not in Path(name).parts
    }
