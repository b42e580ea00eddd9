"""Finding the application that a command names."""

import sys
from pathlib import Path

import pytest

from fairlead.cli.loading import TargetError, load_target


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "loading_sample.py").write_text("class Box:\n    app = 42\n")
    (tmp_path / "loading_broken.py").write_text("import no_such_module\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    return tmp_path


def test_finds_an_attribute_of_an_attribute(folder: Path) -> None:
    assert load_target("loading_sample:Box.app", folder) == 42


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("loading_sample", "write module:attribute"),
        (":app", "write module:attribute"),
        ("loading_absent:app", "--app-dir"),
        ("loading_sample:absent", "has no 'absent'"),
    ],
)
def test_says_what_is_wrong(folder: Path, target: str, message: str) -> None:
    with pytest.raises(TargetError, match=message):
        load_target(target, folder)


def test_an_error_inside_the_module_passes_through(folder: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        load_target("loading_broken:app", folder)
