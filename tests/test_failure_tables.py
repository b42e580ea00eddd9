"""docs/live.md and docs/kube.md name a test for each promise and failure: they must be there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROWS = [
    line
    for page in ("docs/live.md", "docs/kube.md")
    for line in (ROOT / page).read_text().splitlines()
    if "::" in line
]


def is_there(path: str, name: str) -> bool:
    text = (ROOT / path).read_text()
    return f"def {name}(" in text if path.endswith(".py") else name in text


def test_every_named_test_is_there() -> None:
    named = [match for row in ROWS for match in re.findall(r"`([^`]+)::([^`]+)`", row)]
    assert len(named) > 150
    assert [f"{path}::{name}" for path, name in named if not is_there(path, name)] == []


def test_no_failure_is_left_out() -> None:
    numbers = {int(row.split()[1][1:]) for row in ROWS if row.startswith("| W")}
    assert numbers >= {*range(1, 16), *range(24, 36)}
