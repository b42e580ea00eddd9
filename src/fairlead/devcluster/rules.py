"""CEL rules of custom resources (`x-kubernetes-validations`): compiled, and evaluated on writes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from fairlead.devcluster.celsyntax import without_sugar
from fairlead.devcluster.errors import FieldError
from fairlead.devcluster.jsontypes import (
    NO_ITEMS,
    JsonArray,
    JsonObject,
    JsonValue,
    is_array,
    is_object,
)
from fairlead.devcluster.schema import Schema

if TYPE_CHECKING:
    import cel

_OLD: Final = re.compile(r"\boldSelf\b")
_UNKNOWN: Final = ("Undefined variable or function", "unsupported syntax")
_LABELS: Final = {
    "FieldValueInvalid": 'Invalid value: "{type}": {message}',
    "FieldValueForbidden": "Forbidden: {message}",
    "FieldValueRequired": "Required value: {message}",
    "FieldValueDuplicate": 'Duplicate value: "{type}"',
}
_ESCAPES: Final = (("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__"))  # fmt: skip
_RESERVED: Final = {
    "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function",
    "if", "import", "let", "loop", "package", "namespace", "return",
}  # fmt: skip


class RuleError(Exception):
    """A rule cannot be compiled."""


@dataclass(frozen=True, slots=True)
class Unchecked:
    """A rule that could not be evaluated here, and why."""

    rule: str
    reason: str

    def __str__(self) -> str:
        return f"the rule {self.rule!r} was not checked: {self.reason}"


@lru_cache(maxsize=2048)
def compile_rule(text: str) -> cel.Program | Unchecked:
    """Compile a rule; syntax that this library lacks makes it unchecked.

    Raises:
        RuleError: It is no CEL.
    """
    import cel  # noqa: PLC0415 - most clusters have no rules; keeps the start fast

    try:
        return cel.compile(without_sugar(text))
    except ValueError as exc:
        if any(part in str(exc) for part in _UNKNOWN):
            return Unchecked(text, str(exc).splitlines()[0])
        raise RuleError(str(exc)) from exc


def check_rules(
    value: JsonValue, old: JsonValue, schema: Schema, path: str = ""
) -> Iterator[FieldError | Unchecked]:
    """Yield the rules that a valid value breaks, its parts' rules included.

    Args:
        value: The new value.
        old: The value before; None when there was none: transition rules then hold.
        schema: The value's schema.
        path: Where the value is.
    """
    if not schema.ruled or value is None:
        return
    for rule in schema.source.get("x-kubernetes-validations") or NO_ITEMS:
        found = _check(rule, value, old, schema, path)
        if found is not None:
            yield found
    if is_object(value):
        before = old if is_object(old) else {}
        for name, item in value.items():
            child = schema.child(name)
            if child is not None:
                place = f"{path}.{name}" if path else name
                yield from check_rules(item, before.get(name), child, place)
    elif is_array(value) and schema.items is not None:
        for index, item in enumerate(value):
            yield from check_rules(
                item, _counterpart(item, old, schema), schema.items, f"{path}[{index}]"
            )


def _counterpart(item: JsonValue, old: JsonValue, schema: Schema) -> JsonValue:
    """Return the item with the same keys before; only lists of type map have one."""
    if schema.list_type != "map" or not is_array(old) or not is_object(item):
        return None
    for before in old:
        if is_object(before) and all(
            before.get(key) == item.get(key) for key in schema.list_keys
        ):
            return before
    return None


def _check(
    rule: JsonObject, value: JsonValue, old: JsonValue, schema: Schema, path: str
) -> FieldError | Unchecked | None:
    text = str(rule.get("rule", ""))
    optional = bool(rule.get("optionalOldSelf"))
    if old is None and not optional and _OLD.search(text):
        return None
    variables = {"self": _prepared(value, schema)}
    if optional:
        variables["oldSelf"] = _optional(old, schema)
    elif old is not None:
        variables["oldSelf"] = _prepared(old, schema)
    outcome = _evaluate(text, variables)
    if isinstance(outcome, Unchecked):
        return outcome
    if outcome is True:
        return None
    message = _message(rule, text, variables)
    if isinstance(outcome, RuleError):
        message = f"rule evaluation error: {outcome} evaluating rule: {message}"
    reason = str(rule.get("reason") or "FieldValueInvalid")
    shape = _LABELS.get(reason, _LABELS["FieldValueInvalid"])
    place = f"{path}{rule.get('fieldPath') or ''}".removeprefix(".") or "<nil>"
    return FieldError(place, reason, shape.format(type=schema.type or "object", message=message))  # fmt: skip


def _optional(old: JsonValue, schema: Schema) -> cel.OptionalValue:
    import cel  # noqa: PLC0415 - see compile_rule

    if old is None:
        return cel.OptionalValue.none()
    return cel.OptionalValue.of(_prepared(old, schema))


def _message(rule: JsonObject, text: str, variables: dict[str, JsonValue]) -> str:
    expression = rule.get("messageExpression")
    if expression:
        found = _evaluate(str(expression), variables)
        if isinstance(found, str) and found.strip() and "\n" not in found:
            return found
    return str(rule.get("message") or f"failed rule: {text}").strip()


def _evaluate(text: str, variables: dict[str, JsonValue]) -> object:
    """Return what an expression gives: a value, Unchecked, or RuleError for its own mistakes."""
    import cel  # noqa: PLC0415 - see compile_rule

    from fairlead.devcluster.celfunctions import FUNCTIONS  # noqa: PLC0415

    program = compile_rule(text)
    if isinstance(program, Unchecked):
        return program
    try:
        return program.execute(cel.Context(variables=variables, functions=dict(FUNCTIONS)))  # fmt: skip
    except Exception as exc:
        first = str(exc).splitlines()[0] if str(exc) else type(exc).__name__
        if any(part in first for part in _UNKNOWN):
            return Unchecked(text, first)
        shown = f"no such key: {exc.args[0]}" if isinstance(exc, KeyError) else first
        return RuleError(shown)


def _prepared(value: JsonValue, schema: Schema | None) -> JsonValue:
    """Return a value as rules see it: numbers by their declared type, names escaped."""
    if schema is None:
        return value
    if isinstance(value, int) and not isinstance(value, bool) and schema.type == "number":  # fmt: skip
        return float(value)
    if isinstance(value, float) and schema.type == "integer" and value.is_integer():
        return int(value)
    if is_object(value):
        return {
            escape(name) if name in schema.properties else name: _prepared(
                item, schema.child(name)
            )
            for name, item in value.items()
        }
    if is_array(value):
        items: JsonArray = [_prepared(item, schema.items) for item in value]
        return items
    return value


def escape(name: str) -> str:
    """Return a field's name as rules write it."""
    if name in _RESERVED:
        return f"__{name}__"
    for sign, written in _ESCAPES:
        name = name.replace(sign, written)
    return name
