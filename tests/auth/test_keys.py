"""Keys that encrypt sessions, and their rotation."""

from pathlib import Path

import pytest

from fairlead import DefinitionError
from fairlead.auth import KeyRing
from fairlead.auth.keys import make_key


def test_what_is_sealed_opens_at_its_place_only() -> None:
    ring = KeyRing.from_text(make_key())
    sealed = ring.seal(b"secret", "row 1")
    assert b"secret" not in sealed
    assert ring.open(sealed, "row 1") == b"secret"
    assert ring.open(sealed, "row 2") is None, "copied into another row"
    assert ring.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), "row 1") is None
    assert ring.open(b"", "row 1") is None
    assert ring.seal(b"secret", "row 1") != sealed


def test_keys_are_rotated() -> None:
    old, new = make_key(), make_key()
    sealed = KeyRing.from_text(old).seal(b"x", "a")
    both = KeyRing.from_text(f"{new},{old}")
    assert both.open(sealed, "a") == b"x"
    newer = both.seal(b"x", "a")
    assert KeyRing.from_text(new).open(newer, "a") == b"x", "the first encrypts"
    assert KeyRing.from_text(new).open(sealed, "a") is None


def test_a_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "session-keys"
    sealed = KeyRing.from_file(path).seal(b"x", "a")
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["session-keys"]
    assert KeyRing.from_file(path).open(sealed, "a") == b"x"
    path.chmod(0o640)
    with pytest.raises(DefinitionError, match="chmod 600"):
        KeyRing.from_file(path)


@pytest.mark.parametrize("text", ["", "c2hvcnQ=", "not base64 !"])
def test_what_is_no_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(
        DefinitionError, match=r"python -m fairlead\.auth\.keys"
    ) as error:
        KeyRing.from_text(text)
    assert not text or text not in str(error.value)
