"""superjson, both directions: dates, maps, sets, bigints, undefined and the rest, in plain JSON.

A payload is `{"json": ..., "meta": {"values": tree, "referentialEqualities": ..., "v": 1}}`. The
tree of annotations follows the JSON value: a list is a node (its annotation, then its children),
an object maps dotted paths to trees. Python has fewer kinds of values than JavaScript, so those
it lacks have types here: `JsMap`, `OrderedSet`, `BigInt`, `Url`, `JsError`.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from fairlead._missing import MISSING

__all__ = ["BigInt", "JsError", "JsMap", "OrderedSet", "SuperJson", "Url"]

K = TypeVar("K")
V = TypeVar("V")

MAX_SAFE_INTEGER = 2**53 - 1
FORBIDDEN_KEYS = frozenset({"__proto__", "constructor", "prototype"})
REGEXP_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}


class BigInt(int):
    """A JavaScript bigint; a plain int beyond 2**53 travels as one too."""


class JsMap(dict[K, V]):
    """A JavaScript Map; a plain dict is an object."""


class OrderedSet(set[V]):
    """A set that keeps the order of insertion, as JavaScript's does."""

    def __init__(self, items: Iterable[V] = ()) -> None:
        self._order = dict.fromkeys(items)
        super().__init__(self._order)

    def __iter__(self) -> Iterator[V]:
        return iter(self._order)


class Url(str):
    """A JavaScript URL object."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class JsError:
    """A JavaScript Error that travelled as a value."""

    name: str
    message: str


@dataclass(frozen=True, slots=True)
class SuperJson:
    """The superjson transformer: `WireOptions(transformer=SuperJson())`."""

    def serialize(self, value: object) -> object:
        """The payload for a value."""
        walker = _Walker()
        encoded, tree = walker.walk(value, ())
        meta: dict[str, object] = {}
        if tree:
            meta["values"] = tree
        if equalities := walker.get_equalities():
            meta["referentialEqualities"] = equalities
        if not meta:
            return {"json": encoded}
        return {"json": encoded, "meta": {**meta, "v": 1}}

    def deserialize(self, payload: object) -> object:
        """The value of a payload.

        Raises:
            ValueError: not a superjson payload, or one with unknown types.
        """
        if payload is None or payload is MISSING:
            raise ValueError('a superjson payload is an object with the key "json"')
        if not isinstance(payload, dict):
            return MISSING  # as in JavaScript, where "text".json is undefined
        parts = cast("dict[str, object]", payload)
        value = parts.get("json", MISSING)
        meta = parts.get("meta")
        if not isinstance(meta, dict):
            return value
        try:
            return _apply_meta(value, cast("dict[str, object]", meta))
        except (
            KeyError,
            IndexError,
            TypeError,
            AttributeError,
            OverflowError,
            RecursionError,
        ) as error:
            raise ValueError(
                f"the superjson meta does not fit its value: {error!r}"
            ) from error


Tree = list[object] | dict[str, object] | None


class _Walker:
    """Encodes one value, and remembers where the same object stands twice."""

    def __init__(self) -> None:
        self._paths: dict[object, list[tuple[str, ...]]] = {}
        self._kept: list[object] = []  # so that no id is reused while we walk
        self._open: set[int] = set()

    def walk(self, value: object, path: tuple[str, ...]) -> tuple[object, Tree]:
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
        if isinstance(value, float):
            if math.isnan(value):
                self._note("NaN", path)
                return "NaN", ["number"]
            return ("Infinity" if value > 0 else "-Infinity"), ["number"]
        if isinstance(value, int):
            self._note(("bigint", int(value)), path)
            return str(int(value)), ["bigint"]
        self._kept.append(value)
        self._note(id(value), path)
        simple = _encode_simple(value)
        if simple is not None:
            return simple
        return self._walk_container(value, path)

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
            return self.walk(_get_plain(whole), path)
        finally:
            self._open.discard(key)

    def _walk_object(
        self, value: Mapping[str, object], path: tuple[str, ...]
    ) -> tuple[object, Tree]:
        children: dict[str, object] = {}
        encoded: dict[str, object] = {}
        for key, item in value.items():
            if key in FORBIDDEN_KEYS:
                raise ValueError(
                    f"superjson sends no property named {key!r}: rename it"
                )
            encoded[key], tree = self.walk(item, (*path, str(key)))
            _graft(children, str(key), tree)
        return encoded, children or None

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
                    shared[_join_path(first)] = [_join_path(other) for other in others]
                else:
                    at_root = [_join_path(other) for other in others]
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
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            item.name: getattr(value, item.name) for item in dataclasses.fields(value)
        }
    return to_jsonable_python(value, by_alias=True, serialize_unknown=True)


def _graft(children: dict[str, object], key: str, tree: Tree) -> None:
    """Hangs a child's annotations under its key, joining paths of plain containers."""
    if isinstance(tree, list):
        children[_escape(key)] = tree
    elif tree:
        for below, subtree in tree.items():
            children[f"{_escape(key)}.{below}"] = subtree


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
    if isinstance(value, JsError):
        return {"name": value.name, "message": value.message}, ["Error"]
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


def _escape(key: str) -> str:
    return key.replace("\\", "\\\\").replace(".", "\\.")


def _join_path(path: tuple[str, ...]) -> str:
    return ".".join(_escape(part) for part in path)


def _split_path(path: str, *, legacy: bool) -> list[str]:
    parts, part, escaped = [""], "", False
    for char in path:
        if escaped:
            if char != "." and (legacy or char != "\\"):
                if not legacy:
                    raise ValueError(f"{path!r} is no superjson path")
                part = "\\"
            parts[-1] += part + char
            part, escaped = "", False
        elif char == "\\":
            escaped = True
        elif char == ".":
            parts.append("")
        else:
            parts[-1] += char
    if escaped:
        parts[-1] += "\\"
    return parts


def _apply_meta(value: object, meta: dict[str, object]) -> object:
    version = meta.get("v", 0)
    legacy = not isinstance(version, int | float) or version < 1
    if "values" in meta:
        value = _apply_tree(value, meta["values"], legacy=legacy)
    equalities = meta.get("referentialEqualities")
    if equalities:
        value = _apply_equalities(value, equalities, legacy=legacy)
    return value


def _apply_tree(value: object, tree: object, *, legacy: bool) -> object:
    """Turns JSON values into what their annotations say, children before parents."""
    if isinstance(tree, list):
        node = cast("list[object]", tree)
        if len(node) > 1 and node[1]:
            value = _apply_children(value, node[1], legacy=legacy)
        return _decode(value, node[0])
    return _apply_children(value, tree, legacy=legacy)


def _apply_children(value: object, tree: object, *, legacy: bool) -> object:
    if not isinstance(tree, dict):
        raise ValueError("superjson annotations are an object or a list")
    for path, subtree in cast("dict[str, object]", tree).items():
        parts = _split_path(path, legacy=legacy)
        if FORBIDDEN_KEYS.intersection(parts):
            raise ValueError(f"superjson allows no property {path!r}")
        *above, last = parts
        parent = value
        for part in above:
            parent = _get_child(parent, part)
        _set_child(
            parent, last, _apply_tree(_get_child(parent, last), subtree, legacy=legacy)
        )
    return value


def _get_child(parent: object, key: str) -> object:
    if isinstance(parent, list):
        return cast("list[object]", parent)[int(key)]
    if isinstance(parent, dict):
        return cast("dict[str, object]", parent)[key]
    raise ValueError(
        f"superjson annotations name {key!r} inside a {type(parent).__name__}"
    )


def _set_child(parent: object, key: str, value: object) -> None:
    if isinstance(parent, list):
        cast("list[object]", parent)[int(key)] = value
    else:
        cast("dict[str, object]", parent)[key] = value


def _decode(value: object, annotation: object) -> object:
    if isinstance(annotation, list):
        kind, *rest = cast("list[object]", annotation)
        if (
            kind == "typed-array"
            and rest
            and rest[0] in ("Uint8Array", "Uint8ClampedArray")
        ):
            return bytes(cast("list[int]", value))
        if kind == "typed-array":
            return value
        raise ValueError(f"this server knows no superjson {kind!r} values")
    if annotation == "undefined":
        return MISSING
    kind, decode = (
        _DECODERS.get(annotation, (object, None))
        if isinstance(annotation, str)
        else (object, None)
    )
    if decode is None or not isinstance(value, kind):
        raise ValueError(
            f"superjson cannot make {annotation!r} of a {type(value).__name__}"
        )
    return decode(value)


def _parse_date(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _parse_number(text: str) -> float:
    special = {
        "NaN": math.nan,
        "Infinity": math.inf,
        "-Infinity": -math.inf,
        "-0": -0.0,
    }
    if text in special:
        return special[text]
    return float(text)


def _parse_regexp(text: str) -> re.Pattern[str]:
    body, _, flags = text[1:].rpartition("/")
    combined = re.RegexFlag(0)
    for letter in flags:
        combined |= REGEXP_FLAGS.get(letter, re.RegexFlag(0))
    try:
        return re.compile(body, combined)
    except re.error as error:
        raise ValueError(
            f"Python cannot read the regular expression {text!r}: {error}"
        ) from error


def _make_map(pairs: list[list[object]]) -> object:
    return JsMap((pair[0], pair[1]) for pair in pairs)


def _make_error(fields: dict[str, object]) -> object:
    return JsError(str(fields.get("name", "Error")), str(fields.get("message", "")))


# By annotation: the JSON type that stands for it, and how it is read.
_DECODERS: dict[str, tuple[type, Callable[[Any], object]]] = {
    "bigint": (str, BigInt),
    "Date": (str, _parse_date),
    "number": (str, _parse_number),
    "map": (list, _make_map),
    "set": (list, OrderedSet),
    "regexp": (str, _parse_regexp),
    "URL": (str, Url),
    "Error": (dict, _make_error),
}


def _apply_equalities(value: object, equalities: object, *, legacy: bool) -> object:
    root_paths: list[str] = []
    shared: object = equalities
    if isinstance(equalities, list):
        root_paths, *rest = cast("list[list[str]]", equalities)
        shared = rest[0] if rest else {}
    for path in root_paths:
        _replace(value, _split_path(path, legacy=legacy), value)
    for path, others in cast("dict[str, list[str]]", shared).items():
        found = _find(value, _split_path(path, legacy=legacy))
        for other in others:
            _replace(value, _split_path(other, legacy=legacy), found)
    return value


def _find(value: object, parts: list[str]) -> object:
    rest = list(parts)
    while rest:
        key = rest.pop(0)
        if isinstance(value, JsMap):
            row = list(cast("JsMap[object, object]", value).items())[int(key)]
            value = row[int(rest.pop(0))] if rest else row
        elif isinstance(value, OrderedSet):
            value = list(cast("OrderedSet[object]", value))[int(key)]
        else:
            value = _get_child(value, key)
    return value


def _replace(value: object, parts: list[str], found: object) -> None:
    """Makes a place refer to the shared object; places inside maps and sets are equal already."""
    *above, last = parts
    parent = _find(value, above)
    if isinstance(parent, list) or (
        isinstance(parent, dict) and not isinstance(parent, JsMap)
    ):
        _set_child(cast("list[object] | dict[str, object]", parent), last, found)
