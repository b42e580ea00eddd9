"""Keys that encrypt sessions at rest, and their rotation."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fairlead.errors import DefinitionError

__all__ = ["KEYS_VARIABLE", "KeyRing", "make_key"]

KEYS_VARIABLE = "FAIRLEAD_SESSION_KEYS"
KEY_BYTES = 32
_NONCE_BYTES = 12
_ID_BYTES = 4


def make_key() -> str:
    """A new key as text, for the environment or the key file."""
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()


class KeyRing:
    """AES-256-GCM keys: the first encrypts, all decrypt.

    To rotate, put a new key in front and keep the old one until the sessions made with it
    have ended (the absolute life of a session at most).
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise DefinitionError(
                f"session keys have {KEY_BYTES} bytes each: make one with "
                "python -m fairlead.auth.keys"
            )
        self._ciphers = {_get_id(key): AESGCM(key) for key in keys}
        self._first = _get_id(keys[0])

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Keys in base64, separated by commas or white space.

        Raises:
            DefinitionError: there is none, or one is no key.
        """
        try:
            keys = [
                base64.b64decode(word, altchars=b"-_", validate=True)
                for word in text.replace(",", " ").split()
            ]
        except (binascii.Error, ValueError):
            raise DefinitionError(
                f"{KEYS_VARIABLE} holds something that is no base64: make a key with "
                "python -m fairlead.auth.keys"
            ) from None
        return cls(keys)

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Keys of a file that only its owner can read; made with a new key if it is not there.

        Raises:
            DefinitionError: others can read it.
        """
        if not path.exists():
            _create(path)
        if path.stat().st_mode & 0o077:
            raise DefinitionError(
                f"{path} can be read by others than its owner: chmod 600 {path}, "
                "and put a new key in front"
            )
        return cls.from_text(path.read_text())

    @classmethod
    def from_env(cls, folder: Path) -> Self:
        """Keys of FAIRLEAD_SESSION_KEYS, else of a file in that folder."""
        text = os.environ.get(KEYS_VARIABLE)
        return cls.from_text(text) if text else cls.from_file(folder / "session-keys")

    def seal(self, data: bytes, place: str) -> bytes:
        """Encrypts; what comes out can only be opened for the same place."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        cipher = self._ciphers[self._first]
        return self._first + nonce + cipher.encrypt(nonce, data, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes | None:
        """Decrypts; None when no key fits, or the bytes were changed or moved."""
        cipher = self._ciphers.get(sealed[:_ID_BYTES])
        if cipher is None:
            return None
        start = _ID_BYTES + _NONCE_BYTES
        try:
            return cipher.decrypt(
                sealed[_ID_BYTES:start], sealed[start:], place.encode()
            )
        except (InvalidTag, ValueError):
            return None


def _get_id(key: bytes) -> bytes:
    return hashlib.sha256(b"fairlead key id" + key).digest()[:_ID_BYTES]


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(
        os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w"
    ) as f:
        f.write(f"{make_key()}\n")
    try:
        os.link(
            draft, path
        )  # whole or not at all, also when two processes start at once
    except FileExistsError:
        pass
    finally:
        draft.unlink()


if __name__ == "__main__":
    print(make_key())
