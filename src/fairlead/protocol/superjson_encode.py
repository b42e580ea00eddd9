"""Python values to JSON and the tree of annotations beside it."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from msgspec import Struct
from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from fairlead._missing import MISSING
from fairlead.protocol.javascript import (
    INVALID_DATE,
    MAX_SAFE_INTEGER,
    NO_CAUSE,
    REGEXP_FLAGS,
    BigInt,
    JsError,
    JsMap,
    Url,
)
from fairlead.protocol.superjson_paths import FORBIDDEN_KEYS, escape, join_path
from fairlead.structs import get_struct_fields

__all__ = ["Tree", "Walker"]

Tree = list[object] | dict[str, object] | None


_SHARED: tuple[type[object], ...] = (re.Pattern, bytes)
"""Python itself makes one object of equal ones."""


class Walker:
    """Encodes one value, and remembers where the same object stands twice."""

    def __init__(self) -> None:
        self._paths: dict[object, list[tuple[str, ...]]] = {}
        self._kept: list[object] = []  # so that no id is reused while we walk
        self._open: set[int] = set()
        self._seen: dict[int, tuple[object, Tree]] = {}

    def walk(self, value: object, path: tuple[str, ...]) -> tuple[object, Tree]:
        """A value as JSON and its annotations; `path` is where it stands."""
        match value:
            case None | bool() | str() if type(value) is not Url:
                return value, None
            case int() if type(value) is not BigInt and abs(value) <= MAX_SAFE_INTEGER:
                return value, None
            case float() if math.isfinite(value):
                return (
                    ("-0", ["number"])
                    if value == 0.0 and math.copysign(1, value) < 0
                    else (value, None)
                )
            case _:
                return self._walk_special(value, path)

    def _walk_special(
        self, value: object, path: tuple[str, ...]
    ) -> tuple[object, Tree]:
        if value is MISSING:
            return None, ["undefined"]
        if value is INVALID_DATE:
            return None, None
        if isinstance(value, float):
            if math.isnan(value):
                self._note("NaN", path)
                return "NaN", ["number"]
            return ("Infinity" if value > 0 else "-Infinity"), ["number"]
        if isinstance(value, int):
            self._note(("bigint", int(value)), path)
            return str(int(value)), ["bigint"]
        key = id(value)
        if not isinstance(value, _SHARED):
            self._note(key, path)
        seen = self._seen.get(key)
        if seen is None:
            self._kept.append(value)
            seen = _encode_simple(value) or self._walk_container(value, path)
            if key not in self._open:
                self._seen[key] = seen
        return seen

    def _walk_container(
        self, value: object, path: tuple[str, ...]
    ) -> tuple[object, Tree]:
        whole: Any = value  # the checks below narrow `value` to what nobody knows
        key = id(value)
        if key in self._open:
            return None, None  # a circle; the equalities say what belongs here
        self._open.add(key)
        try:
            if isinstance(value, JsMap):
                pairs: list[object] = [
                    list(pair) for pair in cast("JsMap[object, object]", value).items()
                ]
                return self._walk_items(pairs, path, "map")
            if isinstance(value, Mapping):
                return self._walk_object(cast("Mapping[str, object]", value), path)
            if isinstance(value, set | frozenset):
                members: Any = whole
                return self._walk_items(list(members), path, "set")
            if isinstance(value, list | tuple):
                return self._walk_items(list(cast("list[object]", value)), path, None)
            return self._walk_other(whole, path)
        finally:
            self._open.discard(key)

    def _walk_object(
        self, value: Mapping[str, object], path: tuple[str, ...]
    ) -> tuple[object, Tree]:
        children: dict[str, object] = {}
        encoded: dict[str, object] = {}
        for key, item in value.items():
            if key in FORBIDDEN_KEYS:
                # In superjson's words, which clients see.
                raise ValueError(
                    f"Detected property {key}. This is a prototype pollution risk, "
                    "please remove it from your object."
                )
            encoded[key], tree = self.walk(item, (*path, str(key)))
            _graft(children, str(key), tree)
        return encoded, children or None

    def _walk_other(self, value: Any, path: tuple[str, ...]) -> tuple[object, Tree]:
        if isinstance(value, JsError):
            return self._walk_error(value, path)
        return self.walk(_get_plain(value), path)

    def _walk_error(self, error: JsError, path: tuple[str, ...]) -> tuple[object, Tree]:
        fields: dict[str, object] = {"name": error.name, "message": error.message}
        if error.cause is not NO_CAUSE:
            fields["cause"] = error.cause
        encoded, children = self._walk_object(fields, path)
        return encoded, ["Error", children] if children else ["Error"]

    def _walk_items(
        self, items: list[object], path: tuple[str, ...], annotation: str | None
    ) -> tuple[object, Tree]:
        children: dict[str, object] = {}
        encoded: list[object] = []
        for index, item in enumerate(items):
            value, tree = self.walk(item, (*path, str(index)))
            encoded.append(value)
            _graft(children, str(index), tree)
        if annotation is None:
            return encoded, children or None
        return encoded, [annotation, children] if children else [annotation]

    def _note(self, identity: object, path: tuple[str, ...]) -> None:
        self._paths.setdefault(identity, []).append(path)

    def get_equalities(self) -> object:
        """Where else each shared object stands, by the shortest of its paths."""
        shared: dict[str, list[str]] = {}
        at_root: list[str] | None = None
        for paths in self._paths.values():
            if len(paths) > 1:
                first, *others = sorted(paths, key=len)
                if first:
                    shared[join_path(first)] = [join_path(other) for other in others]
                else:
                    at_root = [join_path(other) for other in others]
        if at_root is not None:
            return [at_root, shared] if shared else [at_root]
        return shared or None


def _get_plain(value: Any) -> object:
    """What stands for a model or another object: its fields as they are, else its JSON."""
    if isinstance(value, BaseModel):
        fields = type(value).model_fields.items()
        return {
            info.serialization_alias or info.alias or name: getattr(value, name)
            for name, info in fields
        }
    if isinstance(value, Struct):
        return get_struct_fields(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            item.name: getattr(value, item.name) for item in dataclasses.fields(value)
        }
    return to_jsonable_python(value, by_alias=True, serialize_unknown=True)


def _graft(children: dict[str, object], key: str, tree: Tree) -> None:
    """Hangs a child's annotations under its key, joining paths of plain containers."""
    if isinstance(tree, list):
        children[escape(key)] = tree
    elif tree:
        for below, subtree in tree.items():
            children[f"{escape(key)}.{below}"] = subtree


def _encode_simple(value: object) -> tuple[object, Tree] | None:
    if isinstance(value, datetime):
        return format_date(value), ["Date"]
    if isinstance(value, re.Pattern):
        pattern = cast("re.Pattern[str]", value)
        flags = "".join(
            letter for letter, flag in REGEXP_FLAGS.items() if pattern.flags & flag
        )
        return f"/{pattern.pattern}/{flags}", ["regexp"]
    if isinstance(value, Url):
        return str(value), ["URL"]
    if isinstance(value, bytes | bytearray):
        return list(value), [["typed-array", "Uint8Array"]]
    return None


def format_date(value: datetime) -> str:
    """A date as JavaScript's toISOString writes it; a naive one counts as UTC."""
    moment = (
        value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    )
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z".rjust(
        24, "0"
    )
