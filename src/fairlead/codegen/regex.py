"""Patterns of Pydantic's Rust engine as JavaScript regular expressions, where they mean the same."""

import re

# Inline flags, POSIX classes, class set operations, lookaround: no equivalent, or (lookaround,
# back-references) not Rust at all and so left to the server.
_UNTRANSLATABLE = re.compile(
    r"\(\?[aiLmsuxU-]+[:)]|\[\[?:|&&|--|~~|\(\?(?:[=!]|<[=!])|\(\?P[=>]"
)
_QUANTIFIER = re.compile(r"\{\d+(?:,\d*)?\}")
_CODE_POINT = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[pP]\{\w+\})")
_WORD = r"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}"
_CLASSES = {
    "d": r"\p{Nd}",
    "D": r"\P{Nd}",
    "s": r"\p{White_Space}",
    "S": r"\P{White_Space}",
}
_OUTSIDE_CLASS = {"w": f"[{_WORD}]", "W": f"[^{_WORD}]", "A": "^", "z": "$"}
_LITERALS = {
    "/": "\\/",
    "\n": "\\n",
    "\r": "\\r",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}
_CONTROLS = frozenset("tnrfv")


def to_javascript(pattern: str) -> str | None:
    """A literal with the `u` flag that accepts what the pattern accepts; None when there is none.

    `\\d`, `\\w` and `\\s` are Unicode classes in Rust and ASCII in JavaScript, and `.` excludes only
    the line feed.
    """
    plain = pattern.replace("(?P<", "(?<")
    if _UNTRANSLATABLE.search(plain):
        return None
    out: list[str] = []
    in_class = False
    position = 0
    while position < len(plain):
        char = plain[position]
        token, width = (
            _escape(plain, position, in_class=in_class)
            if char == "\\"
            else _bare(plain, position, in_class=in_class)
        )
        if token is None:
            return None
        in_class = (in_class or char == "[") and char != "]"
        out.append(token)
        position += width
    return f"/{''.join(out) or '(?:)'}/u"


def _bare(plain: str, position: int, *, in_class: bool) -> tuple[str | None, int]:
    char = plain[position]
    if in_class:
        nested = char == "["  # nested classes are a Rust extension
        return (None if nested else _LITERALS.get(char, char)), 1
    if char == ".":
        return r"[^\n]", 1
    if char in "{}":
        quantifier = _QUANTIFIER.match(plain, position)
        return (quantifier[0], len(quantifier[0])) if quantifier else (f"\\{char}", 1)
    return ("\\]" if char == "]" else _LITERALS.get(char, char)), 1


def _escape(plain: str, position: int, *, in_class: bool) -> tuple[str | None, int]:
    code = _CODE_POINT.match(plain, position)
    if code:
        return code[0], len(code[0])
    char = plain[position + 1 : position + 2]
    if char in _CLASSES:
        return _CLASSES[char], 2
    if char in _OUTSIDE_CLASS:
        inside = _WORD if char == "w" else None
        return (inside if in_class else _OUTSIDE_CLASS[char]), 2
    if char in _CONTROLS or (char and char in "^$\\.*+?()[]{}|/"):
        return f"\\{char}", 2
    if char == "-" and in_class:
        return r"\-", 2
    # `\b` is a Unicode word boundary in Rust, an ASCII one in JavaScript; other letters are unknown.
    return (None if char.isalnum() or not char else char), 2
