"""What can be said of a CEL rule when its definition is made: names that do not exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from fairlead.devcluster import errors as err
from fairlead.devcluster.celsyntax import selected_paths
from fairlead.devcluster.errors import FieldError
from fairlead.devcluster.jsontypes import NO_ITEMS, JsonObject
from fairlead.devcluster.rules import RuleError, Unchecked, compile_rule, escape
from fairlead.devcluster.schema import Schema, compile_structural
from fairlead.devcluster.validation import show

if TYPE_CHECKING:
    import cel

_OF_OBJECTS: Final = {"apiVersion", "kind", "metadata"}
_OPERATOR: Final = re.compile(r"[_!@-].*")
_VARIABLE: Final = re.compile(r"\.(?:all|exists|exists_one|map|filter|optMap|optFlatMap)\(\s*(\w+)\s*,")  # fmt: skip
_STANDARD: Final = {
    "all", "bool", "bytes", "contains", "double", "duration", "dyn", "endsWith", "exists", "exists_one", "filter",
    "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getFullYear", "getHours", "getMilliseconds",
    "getMinutes", "getMonth", "getSeconds", "has", "hasValue", "int", "map", "matches", "none", "of", "ofNonZeroValue",
    "or", "orValue", "size", "startsWith", "string", "timestamp", "type", "uint", "value",
}  # fmt: skip
_KNOWN: Final = {
    "self", "oldSelf", "optional", "null", "true", "false", "bool", "bytes", "double", "duration", "int", "list",
    "map", "null_type", "string", "timestamp", "type", "uint",
}  # fmt: skip


def check_rules_of(source: JsonObject, path: str) -> Iterator[FieldError]:
    """Yield what is wrong with the rules of one node of a schema."""
    for index, rule in enumerate(source.get("x-kubernetes-validations") or NO_ITEMS):
        place = f"{path}.x-kubernetes-validations[{index}].rule"
        text = str(rule.get("rule", "")).strip()
        if not text:
            yield err.required(place, "rule is not specified")
            continue
        try:
            program = compile_rule(text)
        except RuleError as exc:
            yield err.invalid_value(place, _as_go_prints(rule), f"compilation failed: {exc}")  # fmt: skip
            continue
        optional = bool(rule.get("optionalOldSelf"))
        name = undefined_field(text, compile_structural(source), optional=optional)
        if name:
            problem = _placed(text, f".{name}", f"undefined field '{name}'")
        elif not isinstance(program, Unchecked) and (name := _undeclared(text, program)):  # fmt: skip
            problem = _placed(text, name, f"undeclared reference to '{name}' (in container '')")  # fmt: skip
        else:
            continue
        yield err.invalid_value(place, _as_go_prints(rule), f"compilation failed: {problem}")  # fmt: skip


def _placed(text: str, part: str, problem: str) -> str:
    """Return a problem with the place of the part of the rule that it is about."""
    at = max(0, text.find(part))
    return f"ERROR: <input>:1:{at + 1}: {problem}\n | {text}\n | {'.' * at}^"


def _as_go_prints(rule: JsonObject) -> str:
    texts = [
        f"{name}:{show(rule.get(name[0].lower() + name[1:]) or '')}"
        for name in ("Rule", "Message", "MessageExpression")
    ]
    rest = f"Reason:(*apiextensions.FieldValueErrorReason)(nil), FieldPath:{show(rule.get('fieldPath') or '')}, OptionalOldSelf:(*bool)(nil)"
    return f"apiextensions.ValidationRule{{{', '.join(texts)}, {rest}}}"


def undefined_field(text: str, schema: Schema, *, optional: bool) -> str:
    """Return the first field that a rule names and the schema does not have, or nothing.

    Args:
        text: The rule.
        schema: What `self` is.
        optional: Whether `oldSelf` is an optional value, which has no fields.
    """
    known = {"self"} if optional else {"self", "oldSelf"}
    for first, *names in selected_paths(text):
        node: Schema | None = schema if first in known else None
        for name in names:
            if node is None or not node.properties or node.preserve or node.embedded:
                break
            if node is schema and name in _OF_OBJECTS:
                break
            below = {escape(each): child for each, child in node.properties.items()}
            if name not in below:
                return name
            node = below[name]
    return ""


def _undeclared(text: str, program: cel.Program) -> str:
    """Return a function or variable that does not exist, or nothing."""
    from fairlead.devcluster.celfunctions import FUNCTIONS  # noqa: PLC0415 - loads the library

    called = {name for name in program.functions() if not _OPERATOR.fullmatch(name)}
    wrong = sorted(called - _STANDARD - FUNCTIONS.keys())
    named = set(program.variables()) - _KNOWN - set(_VARIABLE.findall(text))
    return next(iter([*wrong, *sorted(named)]), "")
