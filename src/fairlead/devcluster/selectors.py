"""Label and field selectors: the grammar, and matching."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from fairlead.devcluster.errors import ApiError, bad_request
from fairlead.devcluster.names import label_value_problem, qualified_name_problem

_TOKEN = re.compile(r"\s*(==|!=|[=!<>(),]|[^\s=!<>(),]+)")
_STRAY = {",", "=", "==", "!=", "<", ">", "(", ")"}
_OPERATORS = "in, notin, =, ==, !=, gt, lt"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on one label."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Tell whether a set of labels meets the condition."""
        value = labels.get(self.key)
        match self.operator:
            case "exists":
                return value is not None
            case "!":
                return value is None
            case "in":
                return value is not None and value in self.values
            case "notin":
                return value is None or value not in self.values
            case _:
                return self._compares(value)

    def _compares(self, value: str | None) -> bool:
        if value is None or not re.fullmatch(r"[-+]?\d{1,18}", value):
            return False
        limit = int(self.values[0])
        return int(value) > limit if self.operator == ">" else int(value) < limit


LabelSelector = tuple[Requirement, ...]


def parse_labels(text: str) -> LabelSelector:
    """Parse a `labelSelector`; 400 with the reason when it cannot be understood."""
    return _LabelParser(text).parse()


class _LabelParser:
    """Recursive descent over the label selector grammar."""

    def __init__(self, text: str) -> None:
        self._tokens: list[str] = [found[1] for found in _TOKEN.finditer(text)]
        self._at = 0

    def parse(self) -> LabelSelector:
        found: list[Requirement] = []
        while token := self._peek():
            if token in _STRAY:
                raise bad_request(
                    f"found '{token}', expected: !, identifier, or 'end of string'"
                )
            found.append(self._requirement())
            separator = self._take()
            if not separator:
                break
            if separator != ",":
                raise bad_request(
                    f"found '{separator}', expected: ',' or 'end of string'"
                )
            following = self._peek()
            if not following or following == ",":
                raise bad_request(
                    f"found '{following}', expected: identifier after ','"
                )
        return tuple(found)

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _requirement(self) -> Requirement:
        negated = self._peek() == "!"
        if negated:
            self._at += 1
        key = self._take()
        if not _is_word(key):
            raise _problem(f"found '{key}', expected: identifier")
        if problem := qualified_name_problem(key):
            raise _problem(f'<nil>: Invalid value: "{key}": {problem}')
        if negated:
            return Requirement(key, "!")
        following = self._peek()
        if following in {"", ","}:
            return Requirement(key, "exists")
        return self._operation(key, self._take())

    def _operation(self, key: str, operator: str) -> Requirement:
        if operator in {"in", "notin"}:
            return Requirement(key, operator, self._set(key))
        if operator in {"=", "==", "!="}:
            name = "notin" if operator == "!=" else "in"
            return Requirement(key, name, (self._value(key),))
        if operator in {"<", ">"}:
            value = self._value(key)
            if not re.fullmatch(r"[-+]?\d{1,18}", value):
                raise _problem(
                    f"values[0]: Invalid value: \"{value}\": for 'Gt', 'Lt' operators, "
                    "the value must be an integer"
                )
            return Requirement(key, operator, (value,))
        raise _problem(f"found '{operator}', expected: {_OPERATORS}")

    def _value(self, key: str) -> str:
        following = self._peek()
        if following in {"", ","}:
            return ""
        if not _is_word(following):
            raise _problem(f"found '{following}', expected: identifier")
        self._at += 1
        return _checked(key, following, 0)

    def _set(self, key: str) -> tuple[str, ...]:
        if (opening := self._take()) != "(":
            raise _problem(f"found '{opening}' expected: '('")
        values: list[str] = []
        expect_value = True
        while (token := self._take()) != ")":
            if token == ",":  # noqa: S105 - a lexical token
                if expect_value:
                    values.append("")
                expect_value = True
            elif expect_value and _is_word(token):
                values.append(_checked(key, token, len(values)))
                expect_value = False
            else:
                raise _problem(f"found '{token}', expected: ',', ')' or identifier")
        if expect_value:
            values.append("")
        return tuple(values)


def _is_word(token: str) -> bool:
    return bool(token) and token not in {"=", "==", "!=", "!", "<", ">", "(", ")", ","}


def _checked(key: str, value: str, index: int) -> str:
    if problem := label_value_problem(value):
        raise _problem(f'values[{index}][{key}]: Invalid value: "{value}": {problem}')
    return value


def _problem(text: str) -> ApiError:
    return bad_request(f"unable to parse requirement: {text}")


@dataclass(frozen=True, slots=True)
class FieldRequirement:
    """One condition on one field."""

    path: str
    value: str
    equal: bool


def parse_fields(text: str) -> tuple[FieldRequirement, ...]:
    """Parse a `fieldSelector`; a trailing comma is tolerated."""
    found: list[FieldRequirement] = []
    for term in re.split(r"(?<!\\),", text):
        if not term:
            continue
        parts = re.match(r"([^=!]*?)(==|!=|=)(.*)\Z", term, re.S)
        if parts is None:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{term}'")
        value = parts[3]
        if "=" in re.sub(r"\\.", "", value):
            raise bad_request(
                "invalid field selector: unescaped character in value: 61"
            )
        value = re.sub(r"\\([\\,=])", r"\1", value)
        found.append(FieldRequirement(parts[1], value, parts[2] != "!="))
    return tuple(found)


def match_fields(
    requirements: Iterable[FieldRequirement], read: Callable[[str], str]
) -> bool:
    """Tell whether an object meets all conditions; `read` returns a field as text."""
    return all((read(item.path) == item.value) is item.equal for item in requirements)
