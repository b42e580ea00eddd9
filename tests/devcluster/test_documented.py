"""The table of behaviours in docs/dev-cluster.md names tests and checks that exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

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


# The rows that the specification calls a must, by chapter.
MUSTS = {
    "T": (*range(1, 8), 10), "D": (*range(1, 6), 9, 10, 11), "N": range(1, 8), "U": range(1, 6), "O": range(1, 13),
    "E": (1, 2, 4), "V": range(1, 4), "P": range(1, 7), "A": range(1, 8), "L": (*range(1, 6), *range(7, 10)),
    "W": (*range(1, 12), 13), "S": range(1, 4), "G": range(1, 6), "NS": range(1, 4), "X": range(1, 8),
    "R": range(1, 13), "M": (1, 3), "Q": (1, 2, 3, 4, 6),
}  # fmt: skip


def _must_rows() -> dict[str, dict[str, Any]]:
    text = (HERE / "must_rows.yaml").read_text()
    rows: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return rows


def test_every_must_has_a_row() -> None:
    wanted = {f"{chapter}{number}" for chapter, numbers in MUSTS.items() for number in numbers}  # fmt: skip
    assert set(_must_rows()) == wanted
    assert len(wanted) == 116


def test_what_shows_a_must_is_collected() -> None:
    shown = [each for row in _must_rows().values() for each in row["shown"]]
    assert all(row["about"] and row["shown"] for row in _must_rows().values())
    tests = {each for each in shown if not re.fullmatch(r"C\d\d", each)}
    wanted = {each if "/" in each else f"tests/devcluster/{each}" for each in tests}
    files = sorted({each.partition("::")[0] for each in wanted})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *files]  # fmt: skip
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    collected = {line.partition("[")[0] for line in said.stdout.splitlines()}
    assert wanted - collected == set()
    checks = {each for each in shown if each not in tests}
    script = (HERE / "check40.sh").read_text()
    assert all(f"\nt{check[1:]}(){{" in script for check in checks)
