"""`fairlead add crd`."""

from pathlib import Path

import pytest

from fairlead import DefinitionError
from fairlead.cli.crds import write_crd_modules

CRDS = Path(__file__).parents[2] / "apps/portal/cluster/crds"


def test_writes_a_module_named_after_the_kind(tmp_path: Path) -> None:
    written = list(write_crd_modules(CRDS / "quicklinks.yaml", tmp_path / "new"))
    assert written == [tmp_path / "new" / "quick_link.py"]
    text = written[0].read_text()
    assert "class QuickLink(" in text
    compile(text, "quick_link.py", "exec")


def test_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "quick_link.py").write_text("mine")
    with pytest.raises(DefinitionError, match="there already"):
        list(write_crd_modules(CRDS / "quicklinks.yaml", tmp_path))
    assert (tmp_path / "quick_link.py").read_text() == "mine"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"absent\.yaml cannot be read"):
        list(write_crd_modules(tmp_path / "absent.yaml", tmp_path))
