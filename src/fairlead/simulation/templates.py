"""Values with `{{ expressions }}` in them.

An expression is a path into the scope (`metadata.name`), or a function with arguments, each a path
or, for `ago`, a duration:

    {{ now }}                    this moment
    {{ ago 3h20m }}              a moment in the past
    {{ slug branch }}            as a part of a name: release/1.4 is release-1-4
    {{ lower spec.lang }}
    {{ suffix 5 metadata.uid }}  that many letters and digits, the same for the same values

A text that is one expression takes the value with its type, so `"{{ order }}"` may be a number; a
field whose value is null is left out, so that optional fields need no second template.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from fairlead.simulation.durations import is_duration, parse_duration
from fairlead.simulation.objects import JsonObject, timestamp

__all__ = ["Scope", "TemplateError", "render", "render_object", "slug", "suffix"]

_EXPRESSION = re.compile(r"\{\{\s*(.*?)\s*\}\}")
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


class TemplateError(ValueError):
    """A template names what is not there."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What expressions can see."""

    now: datetime
    values: JsonObject


def slug(written: str) -> str:
    """A text as a part of a Kubernetes name."""
    return re.sub(r"[^a-z0-9]+", "-", written.lower()).strip("-")


def suffix(length: int, *values: str) -> str:
    """Letters and digits that depend on the values alone."""
    found = int.from_bytes(hashlib.sha256("\0".join(values).encode()).digest())
    letters: list[str] = []
    for _ in range(length):
        found, place = divmod(found, len(_ALPHABET))
        letters.append(_ALPHABET[place])
    return "".join(letters)


def render(value: JsonValue, scope: Scope) -> JsonValue:
    """A value with its expressions replaced.

    Raises:
        TemplateError: an expression is unknown.
    """
    if isinstance(value, str):
        return _render_text(value, scope)
    if isinstance(value, list):
        return [render(item, scope) for item in value]
    if isinstance(value, dict):
        return render_object(value, scope)
    return value


def render_object(value: JsonObject, scope: Scope) -> JsonObject:
    """An object with its expressions replaced, in its keys too; null fields are left out.

    Raises:
        TemplateError: an expression is unknown.
    """
    pairs = (
        (str(_render_text(key, scope)), render(item, scope))
        for key, item in value.items()
    )
    return {key: item for key, item in pairs if item is not None}


def _render_text(written: str, scope: Scope) -> JsonValue:
    whole = _EXPRESSION.fullmatch(written)
    if whole and "{{" not in whole[1]:
        return _evaluate(whole[1], scope)
    return _EXPRESSION.sub(lambda found: _as_text(_evaluate(found[1], scope)), written)


def _evaluate(expression: str, scope: Scope) -> JsonValue:
    name, *arguments = expression.split()
    function = _FUNCTIONS.get(name)
    if function is not None:
        return function(arguments, scope)
    if arguments:
        known = ", ".join(sorted(_FUNCTIONS))
        raise TemplateError(
            f"Unknown function {name!r} in {{{{ {expression} }}}}: there are {known}"
        )
    return _look_up(name, scope)


def _look_up(path: str, scope: Scope) -> JsonValue:
    found: JsonValue = scope.values
    for step in path.split("."):
        if not isinstance(found, dict) or step not in found:
            known = ", ".join(sorted(scope.values)) or "nothing"
            raise TemplateError(
                f"{{{{ {path} }}}} names what is not there: the scope has {known}"
            )
        found = found[step]
    return found


def _as_text(value: JsonValue) -> str:
    return "" if value is None else str(value)


def _now(_: list[str], scope: Scope) -> JsonValue:
    return timestamp(scope.now)


def _ago(arguments: list[str], scope: Scope) -> JsonValue:
    (written,) = arguments
    if not is_duration(written):
        written = _as_text(_look_up(written, scope))
    return timestamp(scope.now - parse_duration(written))


def _slug(arguments: list[str], scope: Scope) -> JsonValue:
    return slug("-".join(_as_text(_look_up(path, scope)) for path in arguments))


def _lower(arguments: list[str], scope: Scope) -> JsonValue:
    return " ".join(_as_text(_look_up(path, scope)) for path in arguments).lower()


def _suffix(arguments: list[str], scope: Scope) -> JsonValue:
    length, *paths = arguments
    return suffix(int(length), *(_as_text(_look_up(path, scope)) for path in paths))


_FUNCTIONS: dict[str, Callable[[list[str], Scope], JsonValue]] = {
    "now": _now,
    "ago": _ago,
    "slug": _slug,
    "lower": _lower,
    "suffix": _suffix,
}
