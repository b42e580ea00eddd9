"""The table of behaviours in docs/dev-cluster.md names tests and checks that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent


def _table() -> str:
    text = (ROOT / "docs/dev-cluster.md").read_text()
    return text.partition("## Each behaviour and its test")[2].partition("\n## ")[0]


def _exists(reference: str, file: str) -> bool:
    """Tell whether a test exists; a name without a file is in the file named before it."""
    path = HERE / file if "/" not in file else ROOT / file
    name = reference.partition("::")[2]
    return path.exists() and (not name or f"def {name}(" in path.read_text())


def test_every_named_test_exists() -> None:
    missing: list[str] = []
    file = ""
    for reference in re.findall(r"`((?:[\w/]*test_\w+\.py)?(?:::\w+)?)`", _table()):
        if not reference:
            continue
        file = reference.partition("::")[0] or file
        if not _exists(reference, file):
            missing.append(reference)
    assert not missing
    assert file


def test_every_one_of_the_forty_checks_is_named() -> None:
    named: set[int] = set()
    for first, last in re.findall(r"C(\d\d)(?: to C(\d\d))?", _table()):
        named |= set(range(int(first), int(last or first) + 1))
    assert named == set(range(1, 41))
