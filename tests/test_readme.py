"""The README's example is a real application, and `make` has the verbs it names."""

from __future__ import annotations

import re
import subprocess
import sys
import types
from pathlib import Path

import pytest

from fairlead import Fairlead, compile_router

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


@pytest.fixture
def example() -> types.ModuleType:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    module = types.ModuleType("readme_example")
    sys.modules[module.__name__] = module
    exec(compile(code, "README.md", "exec"), module.__dict__)  # noqa: S102  our own text
    return module


def test_example_is_an_application_with_the_procedures_it_says(
    example: types.ModuleType,
) -> None:
    assert isinstance(example.app, Fairlead)
    procedures = compile_router(example.App).procedures
    assert {
        "health",
        "quickLinks.hide",
        "quickLinks.watch",
        "quickLinks.permissions",
    } < set(procedures)


def test_example_passes_the_strictest_type_checker(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "example.py").write_text(code)
    command = [sys.executable, "-m", "mypy", "--strict", str(tmp_path / "example.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_example_is_short() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    lines = [line for line in code.splitlines() if line.strip()]
    assert len(lines) <= 40


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_make_has_every_verb_that_is_named(document: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    verbs = set(re.findall(r"`?make ([a-z-]+)`?", (ROOT / document).read_text())) - {
        "help"
    }
    missing = [verb for verb in verbs if f"\n{verb}:" not in makefile]
    assert not missing
