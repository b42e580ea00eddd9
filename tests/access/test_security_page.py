"""The tests that docs/security.md names are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.findall(
    r"`(?:tests/)?([\w/]+\.py)(?:::(\w+))?`", (ROOT / "docs/security.md").read_text()
)


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_a_test_that_the_security_page_names_is_there(file: str, name: str) -> None:
    text = (ROOT / "tests" / file).read_text()
    assert not name or f"def {name}(" in text
