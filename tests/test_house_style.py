"""The habits that a machine can check: sizes, names, and paths that the documents name."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULE_LINES = 400
FUNCTION_LINES = 60
BANNED = re.compile(
    r"(^|_)(utils?|helpers?|common|manager|base|misc)(_|$)", re.IGNORECASE
)
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "docs/design.md")


def list_files(*patterns: str) -> list[Path]:
    command = [
        "git",
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "--",
        *patterns,
    ]
    names = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    )
    files = [ROOT / name for name in names.stdout.splitlines()]
    return [file for file in files if file.exists() and "/kit/" not in str(file)]


def test_modules_are_short() -> None:
    long = {
        str(file.relative_to(ROOT)): lines
        for file in list_files(
            "src/*.py", "apps/*.py", "packages/*.ts*", "apps/portal/client/*.ts*"
        )
        if (lines := len(file.read_text().splitlines())) > MODULE_LINES
    }
    assert not long


def test_functions_are_short() -> None:
    long = {
        f"{file.relative_to(ROOT)}:{node.name}": size
        for file in list_files("src/*.py", "apps/*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (size := (node.end_lineno or 0) - node.lineno) > FUNCTION_LINES
    }
    assert not long


def test_files_have_names_that_say_something() -> None:
    vague = [
        str(file.relative_to(ROOT))
        for file in list_files("src/*.py", "apps/*.py", "packages/*.ts*", "apps/*.ts*")
        if BANNED.search(file.stem)
    ]
    assert not vague


@pytest.mark.parametrize("document", DOCUMENTS)
def test_paths_that_a_document_names_exist(document: str) -> None:
    text = (ROOT / document).read_text()
    named = re.findall(
        r"`((?:src|tests|apps|packages|docs|scripts|bench)/[\w./-]*)`", text
    )
    linked = re.findall(r"\]\(((?!https?:)[^)#]+)", text)
    base = (ROOT / document).parent
    missing = [name for name in named if not (ROOT / name).exists()]
    missing += [name for name in linked if not (base / name).exists()]
    assert not missing


def test_lock_files_name_no_host() -> None:
    for name in ("requirements.lock", "package-lock.json"):
        hosts = re.findall(
            r"https?://[\w.-]*(?:registry|pypi|pythonhosted)[\w.-]*",
            (ROOT / name).read_text(),
        )
        assert not hosts
