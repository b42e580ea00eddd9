"""The small JSONPath dialect of printer columns and scale paths.

Kubernetes' dialect differs from the RFC (no `$`, escaped dots, one filter form), so the
general libraries need a translation that is longer than this evaluator.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TypeAlias

from fairlead.devcluster.jsontypes import JsonValue, is_array, is_object

Step: TypeAlias = "str | int | tuple[str, ...]"

_STEP = re.compile(
    r"""\.(?P<field>(?:\\.|[^.\[\]\\])+)
      | \[(?P<index>-?\d+)\]
      | \[['"](?P<quoted>[^'"]+)['"]\]
      | \[(?P<all>\*)\]
      | \[\?\(@\.(?P<key>[\w.]+)\s*==\s*(?P<value>"[^"]*"|'[^']*'|[\w.-]+)\)\]""",
    re.X,
)


@lru_cache(maxsize=1024)
def parse_path(path: str) -> tuple[Step, ...]:
    """Return the steps of a path; ValueError says where it cannot be read."""
    text = path.strip().removeprefix("{").removesuffix("}").removeprefix("$")
    if text and text[0] not in ".[":
        text = f".{text}"
    steps: list[Step] = []
    at = 0
    while at < len(text):
        found = _STEP.match(text, at)
        if found is None:
            raise ValueError(f"cannot read the path {path!r} at {text[at:]!r}")
        steps.append(_step(found))
        at = found.end()
    return tuple(steps)


def _step(found: re.Match[str]) -> Step:
    if found["field"] is not None:
        name = re.sub(r"\\(.)", r"\1", found["field"])
        return ("*",) if name == "*" else name
    if found["index"] is not None:
        return int(found["index"])
    if found["quoted"] is not None:
        return found["quoted"]
    if found["all"] is not None:
        return ("*",)
    return (found["key"], found["value"].strip("\"'"))


def evaluate(value: JsonValue, path: str) -> list[JsonValue]:
    """Return every value that the path selects."""
    found: list[JsonValue] = [value]
    for step in parse_path(path):
        found = [item for parent in found for item in _apply(parent, step)]
    return found


def _apply(parent: JsonValue, step: Step) -> list[JsonValue]:
    if isinstance(step, str):
        return [parent[step]] if is_object(parent) and step in parent else []
    if isinstance(step, int):
        inside = is_array(parent) and -len(parent) <= step < len(parent)
        return [parent[step]] if inside else []
    if step == ("*",):
        if is_object(parent):
            return list(parent.values())
        return list(parent) if is_array(parent) else []
    key, wanted = step
    items = parent if is_array(parent) else []
    return [item for item in items if _text(item, key) == wanted]


def _text(item: JsonValue, key: str) -> str | None:
    for part in key.split("."):
        item = item.get(part) if is_object(item) else None
    if isinstance(item, bool):
        return "true" if item else "false"
    return None if item is None else str(item)


def first(value: JsonValue, path: str) -> JsonValue:
    """Return the first selected value, or None."""
    found = evaluate(value, path)
    return found[0] if found else None


def assign(value: JsonValue, path: str, new: JsonValue) -> None:
    """Set the value at a path of plain fields, making parents as needed."""
    steps = parse_path(path)
    for step in steps[:-1]:
        value = value.setdefault(step, {})
    value[steps[-1]] = new
