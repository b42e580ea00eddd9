"""The tables of docs/wire.md name tests and cases that exist, and every bound."""

from __future__ import annotations

import re
from pathlib import Path

from fairlead import Limits

ROOT = Path(__file__).parents[2]
KIT = ROOT / "tests/conformance/kit"
TEXT = (ROOT / "docs/wire.md").read_text()


def test_every_named_test_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)

    missing = [
        f"{file}::{name}"
        for file, name in named
        if not (ROOT / file).exists() or f"def {name}(" not in (ROOT / file).read_text()
    ]

    assert len(named) > 40
    assert not missing


def test_every_file_of_the_kit_is_named() -> None:
    cases = {f"cases/{file.stem}" for file in (KIT / "cases/open").glob("*.json")}
    clients = {
        f"client/{file.name.partition('.')[0]}"
        for file in (KIT / "client/open").glob("*.test.mjs")
    }

    assert set(re.findall(r"`((?:cases|client)/\w+)`", TEXT)) == cases | clients


def test_every_bound_is_named() -> None:
    named = set(re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE))

    assert named == set(Limits.__slots__)
