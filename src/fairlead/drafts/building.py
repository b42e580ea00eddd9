"""Nodes and inputs to an object. `codegen/drafts_runtime.js` does the same, step by step."""

from __future__ import annotations

import json
import re
import secrets
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import TypeAlias, assert_never, cast

from pydantic import JsonValue

from fairlead.drafts.nodes import Constant, Input, Owner, Path, Rule, Text, Value

Suffix: TypeAlias = Callable[[int], str]
"""Gives that many characters for the end of a name."""

ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""Without vowels and look-alikes, as the API server's own `generateName`."""

_MARKS = re.compile("[\u0300-\u036f]")
_NOT_NAME = re.compile("[^A-Za-z0-9]+")
_NOT_LABEL = re.compile("[^A-Za-z0-9._-]+")


class DraftError(ValueError):
    """The inputs fit their types, but no object can be made from them; the message says why."""


def make_suffix(length: int) -> str:
    """Random characters for the end of a name."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def build(
    rules: Sequence[Rule],
    inputs: Mapping[str, JsonValue],
    base: Mapping[str, JsonValue],
    suffix: Suffix = make_suffix,
) -> dict[str, JsonValue]:
    """A copy of `base` with every rule applied whose inputs are there.

    Raises:
        DraftError: a name comes out empty, or an owner has not been created.
    """
    outcome: dict[Path, JsonValue] = {}
    for rule in rules:
        if not _names_of(rule) <= inputs.keys():
            continue
        if _is_met(rule, inputs):
            outcome[rule.to] = _evaluate(rule, inputs, suffix)
        elif rule.otherwise is not None:
            outcome[rule.to] = rule.otherwise
        else:  # another rule may have a value for the place
            outcome.setdefault(rule.to, None)
    result = deepcopy(dict(base))
    for path, value in outcome.items():
        _put(result, path, _drop_nulls(value))
    return result


def _names_of(rule: Rule) -> set[str]:
    return {*names_in(rule.value), *(name for name, _ in rule.when)}


def names_in(value: Value) -> set[str]:
    """The inputs that a value reads."""
    match value:
        case Input() | Owner():
            return {value.name}
        case Text():
            return {part.name for part in value.parts if isinstance(part, Input)}
        case Constant():
            return set()
        case _:
            assert_never(value)


def _is_met(rule: Rule, inputs: Mapping[str, JsonValue]) -> bool:
    return all(inputs[name] in values for name, values in rule.when)


def _evaluate(rule: Rule, inputs: Mapping[str, JsonValue], suffix: Suffix) -> JsonValue:
    match rule.value:
        case Input(name):
            value = inputs[name]
        case Constant(value):
            pass
        case Text():
            value = _text(rule.value, inputs, suffix)
        case Owner():
            value = _owner(rule.value, inputs)
        case _:
            assert_never(rule.value)
    return None if value == rule.omit else value


def _text(text: Text, inputs: Mapping[str, JsonValue], suffix: Suffix) -> JsonValue:
    pieces: list[str] = []
    for part in text.parts:
        value = inputs[part.name] if isinstance(part, Input) else part
        if value is None:
            return None
        pieces.append(_written(value))
    joined = "".join(pieces)
    if text.form == "plain":
        return joined
    plain = _MARKS.sub("", unicodedata.normalize("NFD", joined))
    if text.form == "label":
        label = _NOT_LABEL.sub("-", plain)[: text.max_length].strip("._-")
        return label or None
    room = text.max_length - (text.random + 1 if text.random else 0)
    name = _NOT_NAME.sub("-", plain).lower().strip("-")[:room].rstrip("-")
    if not name:
        shown = json.dumps(joined, ensure_ascii=False)
        raise DraftError(f"{shown} has no letter or digit to make a name of")
    return f"{name}-{suffix(text.random)}" if text.random else name


def _written(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _owner(owner: Owner, inputs: Mapping[str, JsonValue]) -> JsonValue:
    held = inputs[owner.name]
    if held is None:
        return None
    found = cast("Mapping[str, JsonValue]", held)
    metadata = cast("Mapping[str, JsonValue]", found.get("metadata", {}))
    reference: dict[str, JsonValue] = {
        "apiVersion": found.get("apiVersion"),
        "kind": found.get("kind"),
        "name": metadata.get("name"),
        "uid": metadata.get("uid"),
    }
    missing = next((name for name, value in reference.items() if not value), None)
    if missing is not None:
        raise DraftError(f"the owner has no {missing}: it must have been created first")
    if owner.controller:
        reference["controller"] = True
    if owner.block_owner_deletion:
        reference["blockOwnerDeletion"] = True
    return [reference]


def _drop_nulls(value: JsonValue) -> JsonValue:
    """An API server takes an absent field for its default, and `null` for a mistake."""
    if isinstance(value, dict):
        return {k: _drop_nulls(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_drop_nulls(item) for item in value]
    return value


def _put(target: dict[str, JsonValue], path: Path, value: JsonValue) -> None:
    *above, last = path
    for name in above:
        below = target.get(name)
        if not isinstance(below, dict):
            if value is None:
                return
            below = target[name] = {}
        target = below
    if value is None:
        target.pop(last, None)
    else:
        target[last] = value
