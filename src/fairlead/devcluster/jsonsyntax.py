"""What is wrong with a text that should be JSON, in the words of Go's decoder."""

from __future__ import annotations

import re
from typing import Final

_END: Final = "unexpected end of JSON input"
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?")
_ESCAPES = frozenset('"\\/bfnrt')
_DEPTH = 10_000


class _WrongError(Exception):
    """Where a text stops to be JSON."""


def syntax_error(raw: bytes) -> str:
    """Return what is wrong with a text, or nothing when it is JSON."""
    text = raw.decode(errors="replace") if raw[:1] < b"\x80" else raw.decode("latin-1")
    try:
        end = _skip(text, _value(text, 0, 0))
        if end < len(text):
            _fail(text, end, "after top-level value")
    except _WrongError as exc:
        return str(exc)
    except RecursionError:
        return "exceeded max depth"
    return ""


def _fail(text: str, at: int, where: str) -> None:
    if at >= len(text):
        raise _WrongError(_END)
    sign = {"'": r"'\''", '"': "'\"'"}.get(text[at], f"'{text[at]}'")
    raise _WrongError(f"invalid character {sign} {where}")


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _value(text: str, at: int, depth: int) -> int:
    """Return where the value that begins at a place ends."""
    at = _skip(text, at)
    sign = text[at : at + 1]
    if depth > _DEPTH:
        raise RecursionError
    if sign == "{":
        return _object(text, at + 1, depth)
    if sign == "[":
        return _array(text, at + 1, depth)
    if sign == '"':
        return _string(text, at + 1)
    for word in ("true", "false", "null"):
        if sign == word[0]:
            return _word(text, at, word)
    found = _NUMBER.match(text, at)
    if found is not None:
        return found.end()
    if sign == "-":
        _fail(text, at + 1, "in numeric literal")
    _fail(text, at, "looking for beginning of value")
    return at


def _word(text: str, at: int, word: str) -> int:
    for index, wanted in enumerate(word):
        if text[at + index : at + index + 1] != wanted:
            _fail(text, at + index, f"in literal {word} (expecting '{wanted}')")
    return at + len(word)


def _string(text: str, at: int) -> int:
    while at < len(text):
        sign = text[at]
        if sign == '"':
            return at + 1
        if sign < " ":
            shown = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}.get(
                sign, f"\\x{ord(sign):02x}"
            )
            raise _WrongError(f"invalid character '{shown}' in string literal")
        if sign == "\\":
            at += 1
            if text[at : at + 1] == "u":
                for _ in range(4):
                    at += 1
                    if text[at : at + 1].lower() not in set("0123456789abcdef"):
                        _fail(text, at, r"in \u hexadecimal character escape")
            elif text[at : at + 1] not in _ESCAPES:
                _fail(text, at, "in string escape code")
        at += 1
    raise _WrongError(_END)


def _object(text: str, at: int, depth: int) -> int:
    at = _skip(text, at)
    if text[at : at + 1] == "}":
        return at + 1
    while True:
        if text[at : at + 1] != '"':
            _fail(text, at, "looking for beginning of object key string")
        at = _skip(text, _string(text, at + 1))
        if text[at : at + 1] != ":":
            _fail(text, at, "after object key")
        at = _skip(text, _value(text, at + 1, depth + 1))
        sign = text[at : at + 1]
        if sign == "}":
            return at + 1
        if sign != ",":
            _fail(text, at, "after object key:value pair")
        at = _skip(text, at + 1)


def _array(text: str, at: int, depth: int) -> int:
    at = _skip(text, at)
    if text[at : at + 1] == "]":
        return at + 1
    while True:
        at = _skip(text, _value(text, at, depth + 1))
        sign = text[at : at + 1]
        if sign == "]":
            return at + 1
        if sign != ",":
            _fail(text, at, "after array element")
        at += 1
