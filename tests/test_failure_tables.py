"""docs/live.md and docs/kube.md name a test for each failure: they must be there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROWS = [
    line
    for page in ("docs/live.md", "docs/kube.md")
    for line in (ROOT / page).read_text().splitlines()
    if line.startswith("| W")
]


def test_every_failure_has_a_test_that_is_there() -> None:
    named = [match for row in ROWS for match in re.findall(r"`([^`]+)::([^`]+)`", row)]
    missing = [
        f"{path}::{name}"
        for path, name in named
        if name not in (ROOT / path).read_text()
    ]
    assert not missing


def test_no_failure_is_left_out() -> None:
    numbers = {int(row.split()[1][1:]) for row in ROWS}
    assert numbers >= {*range(1, 16), *range(24, 36)}
