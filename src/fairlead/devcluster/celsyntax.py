"""CEL syntax that the library does not read, written with what it does read.

Optional fields (`a.?b`, `a[?k]`, `[?x]`, `{?k: v}`, `optMap`, `optFlatMap`) become calls of the
functions of celfunctions.py, and functions with a dotted name (`sets.contains`) get one without a dot.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+|//[^\n]*)
      | (?P<text>[rRbB]{0,2}(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
      | (?P<name>[A-Za-z_]\w*|`[^`]+`)
      | (?P<number>\d[\w.]*|\.\d\w*)
      | (?P<sign>\.\?|\[\?|&&|\|\||[<>=!]=|.)""",
    re.VERBOSE | re.DOTALL,
)
_NAMESPACES = {"sets", "format", "ip", "strings"}
_GIVES_OPTIONAL = {"or", "optMap", "optFlatMap", "of", "none", "ofNonZeroValue"}
_CLOSING = {"(": ")", "[": "]", "[?": "]", "{": "}"}
SUGAR: Final = re.compile(
    r"\.\?|\[\s*\?|[{,]\s*\?|\bopt(Flat)?Map\b|\b(sets|format|ip|strings)\s*\."
)


@dataclass(slots=True)
class _Reader:
    """Goes through the tokens of one expression and writes it anew."""

    tokens: list[tuple[str, str]]
    at: int = 0
    paths: list[list[str]] = field(default_factory=list[list[str]])

    def peek(self, ahead: int = 0) -> str:
        place = self.at + ahead
        return self.tokens[place][1] if place < len(self.tokens) else ""

    def kind(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        found = self.peek()
        self.at += 1
        return found

    def until(self, *ends: str) -> str:
        """Return everything up to one of the signs, which is not taken."""
        parts: list[str] = []
        while self.at < len(self.tokens) and self.peek() not in ends:
            kind, text = self.tokens[self.at]
            is_operand = kind in {"text", "name", "number"} or text in {"(", "[", "{", "[?"}  # fmt: skip
            parts.append(self.operand() if is_operand and text != "in" else self.take())
        return " ".join(parts)

    def items(self, end: str) -> list[tuple[bool, str]]:
        """Return the parts between commas, each with whether it is optional; the end is taken."""
        found: list[tuple[bool, str]] = []
        while self.at < len(self.tokens) and self.peek() != end:
            optional = self.peek() == "?"
            if optional:
                self.take()
            found.append((optional, self.until(",", end)))
            if self.peek() == ",":
                self.take()
        self.take()
        return found

    def operand(self) -> str:
        """Return a value with all that is selected from it and called on it."""
        begun = self.at
        text, optional = self.primary()
        path = [self.tokens[begun][1]] if self.tokens[begun][0] == "name" else []
        while True:
            sign = self.peek()
            if sign == "." and self.peek(2) == "(":
                self.take()
                text, optional = self.call(text, self.take())
                self._note(path)
                path = []
            elif sign in {".", ".?"}:
                self.take()
                name = self.take()
                optional = optional or sign == ".?"
                text = (
                    f'optional_get({text}, "{name}")' if optional else f"{text}.{name}"
                )
                path = [*path, name] if path else []
            elif sign in {"[", "[?"}:
                self.take()
                key = self.until("]")
                self.take()
                optional = optional or sign == "[?"
                text = f"optional_get({text}, {key})" if optional else f"{text}[{key}]"
                self._note(path)
                path = []
            else:
                self._note(path)
                return text

    def _note(self, path: list[str]) -> None:
        if len(path) > 1:
            self.paths.append(path)

    def primary(self) -> tuple[str, bool]:
        """Return a literal, a name, a call or what stands in brackets; and whether it is optional."""
        sign = self.take()
        if sign == "(":
            inner = self.until(")")
            self.take()
            return f"({inner})", "optional_get(" in inner and inner.count("(") == 1
        if sign in {"[", "[?"}:
            return self.listed(first=sign == "[?"), False
        if sign == "{":
            return self.mapped(), False
        if sign in _NAMESPACES and self.peek() == "." and self.peek(2) == "(":
            self.take()
            sign = f"{sign}_{self.take()}"
        if self.peek() == "(":
            self.take()
            return f"{sign}({', '.join(each for _, each in self.items(')'))})", False
        return sign, False

    def listed(self, *, first: bool) -> str:
        items = self.items("]")
        if first and items:
            items[0] = (True, items[0][1])
        if not any(optional for optional, _ in items):
            return f"[{', '.join(each for _, each in items)}]"
        parts = (f"[{str(optional).lower()}, {each}]" for optional, each in items)
        return f"optional_list([{', '.join(parts)}])"

    def mapped(self) -> str:
        entries: list[tuple[bool, str, str]] = []
        while self.at < len(self.tokens) and self.peek() != "}":
            optional = self.peek() == "?"
            if optional:
                self.take()
            key = self.until(":", "}")
            self.take()
            entries.append((optional, key, self.until(",", "}")))
            if self.peek() == ",":
                self.take()
        self.take()
        if not any(optional for optional, _, _ in entries):
            return f"{{{', '.join(f'{key}: {each}' for _, key, each in entries)}}}"
        parts = (f"[{str(optional).lower()}, {key}, {each}]" for optional, key, each in entries)  # fmt: skip
        return f"optional_map([{', '.join(parts)}])"

    def call(self, text: str, name: str) -> tuple[str, bool]:
        """Return a call of a method, and whether it gives an optional value."""
        self.take()
        arguments = [each for _, each in self.items(")")]
        if name in {"optMap", "optFlatMap"} and len(arguments) == 2:
            variable, inner = arguments
            if name == "optFlatMap":  # the library keeps no optional values in lists
                inner = f"optional_list([[true, {inner}]])"
            given = f"[{text}.value()].map({variable}, {inner})[0]"
            given = f"optional.of({given})" if name == "optMap" else f"optional_only({given})"  # fmt: skip
            return f"({text}.hasValue() ? {given} : optional.none())", True
        return f"{text}.{name}({', '.join(arguments)})", name in _GIVES_OPTIONAL


def _read(text: str) -> _Reader:
    tokens = [
        (found.lastgroup or "", found[0])
        for found in _TOKEN.finditer(text)
        if found.lastgroup != "space"
    ]
    return _Reader(tokens)


def without_sugar(text: str) -> str:
    """Return an expression as the library reads it; unchanged when there is nothing to change."""
    if not SUGAR.search(text):
        return text
    reader = _read(text)
    parts: list[str] = []
    while reader.at < len(reader.tokens):
        parts.append(reader.until())
    return " ".join(parts)


def selected_paths(text: str) -> list[list[str]]:
    """Return the chains of fields that an expression selects, each from its first name on."""
    reader = _read(text)
    while reader.at < len(reader.tokens):
        reader.until()
        reader.at += 1
    return reader.paths
