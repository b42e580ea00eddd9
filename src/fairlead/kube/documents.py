"""YAML documents as Kubernetes reads them, with the line of every field.

Read by PyYAML's own composer, so that a refusal of the cluster can be shown where it belongs.
Differences from PyYAML's safe loader are those of Kubernetes: dates and times stay text, a key
given twice is an error, and aliases and merges count as often as they are used, so that a small
text cannot become a huge object.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import yaml
from pydantic import JsonValue

from fairlead.errors import TRPCError

__all__ = ["Document", "read_documents"]

MAX_VALUES = 50_000
"""Values in one document, aliases counted as often as they are used."""
_MAX_DEPTH = 100
_EXACT = 2**53
_MAP = "tag:yaml.org,2002:map"
_SEQ = "tag:yaml.org,2002:seq"
_MERGE = "tag:yaml.org,2002:merge"
_INT = "tag:yaml.org,2002:int"
_FLOAT = "tag:yaml.org,2002:float"
_STEP = re.compile(r"\[(\d+)\]|\[([^\]]+)\]|([^.\[\]]+)")
_NOT_OF_KUBERNETES = (":timestamp", ":value", ":int", ":float")
_INTEGER = re.compile(
    r"[-+]?(0b[01][01_]*|0x[0-9a-fA-F][0-9a-fA-F_]*|0[0-7_]*|[1-9][0-9_]*)$"
)
_NUMBER = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$"
    r"|[-+]?\.(inf|Inf|INF)$|\.(nan|NaN|NAN)$"
)


class _Loader(yaml.SafeLoader):
    """Dates stay text, and so does `12:30:00`; bounds are kept while it reads."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._left = MAX_VALUES
        self._depth = 0

    def compose_document(self) -> yaml.Node | None:
        self._left = MAX_VALUES
        return super().compose_document()

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self._left -= 1
        if self._left < 0:
            raise _too_many(self.line + 1)
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise _too_deep(self.line + 1)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern) for tag, pattern in found if not tag.endswith(_NOT_OF_KUBERNETES)
    ]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _tag, _pattern, _first in (
    (_INT, _INTEGER, "-+0123456789"),
    (_FLOAT, _NUMBER, "-+0123456789."),
):
    _Loader.add_implicit_resolver(_tag, _pattern, list(_first))  # pyright: ignore[reportUnknownMemberType]  its stub has no types


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a text.

    Attributes:
        line: where it begins, from 1.
        lines: the line of each field by its path, such as `spec.containers[0].name`.
        within: where it stands in a `List`.
    """

    line: int
    value: dict[str, JsonValue]
    lines: dict[str, int]
    within: tuple[str, ...] = ()

    def find_line(self, path: str) -> int:
        """Where a field is, or what stands nearest above it: a field that is missing has no line."""
        steps = [
            f"[{number}]" if number else (key or name)
            for number, key, name in _STEP.findall(path)
        ]
        for length in range(len(steps), 0, -1):
            line = self.lines.get(_join((*self.within, *steps[:length])))
            if line is not None:
                return line
        return self.line


def read_documents(text: str, *, limit: int) -> list[Document]:
    """The documents of a text, without the empty ones.

    Args:
        limit: more documents are refused.

    Raises:
        TRPCError: BAD_REQUEST, with the line; the text is no YAML, or no Kubernetes objects.
    """
    try:
        found: list[Document] = []
        for document in _read(text):
            found.append(document)
            if len(found) > limit:
                raise _wrong(document.line, f"there are more than {limit} documents")
        return found
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        raise _wrong(line, error.problem or "this is no YAML") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _wrong(
            line, f"no YAML may hold the character {error.character!r}"
        ) from error
    except yaml.YAMLError as error:
        raise TRPCError("BAD_REQUEST", f"This is no YAML: {error}") from error
    except RecursionError as error:
        raise TRPCError("BAD_REQUEST", "The YAML is nested too deeply") from error


def _read(text: str) -> Iterator[Document]:
    loader = _Loader(text)
    while (node := _compose(loader)) is not None:
        if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null"):
            continue
        reader = _Reader(loader)
        line = node.start_mark.line + 1
        value = reader.read(node, ())
        if not isinstance(value, dict):
            raise _wrong(line, "a document must be a mapping: an object of Kubernetes")
        yield from _flatten(Document(line, value, reader.lines))


def _compose(loader: _Loader) -> yaml.Node | None:
    """The next document; None after the last."""
    try:
        if not loader.check_node():
            return None
        return loader.get_node()
    except (ValueError, OverflowError) as error:
        # Of `\\U` with a number that no character has.
        problem = "an escape stands for no character"
        raise _wrong(loader.line + 1, problem) from error


def _flatten(document: Document) -> Iterator[Document]:
    """The objects of a `List`, which kubectl writes for several; else the object itself."""
    value = document.value
    kind, items = value.get("kind"), value.get("items")
    if not (
        isinstance(kind, str) and kind.endswith("List") and isinstance(items, list)
    ):
        yield document
        return
    # Lists of one kind leave it out of their items.
    own_kind = kind.removesuffix("List")
    told: dict[str, JsonValue] = (
        {"apiVersion": value.get("apiVersion"), "kind": own_kind} if own_kind else {}
    )
    for index, item in enumerate(items):
        within = (*document.within, "items", f"[{index}]")
        line = document.lines.get(_join(within), document.line)
        if not isinstance(item, dict):
            raise _wrong(line, f"an item of a {kind} must be an object of Kubernetes")
        found = Document(line, {**told, **item}, document.lines, within)
        yield from _flatten(found)


class _Reader:
    """Turns nodes into values, and remembers their lines."""

    def __init__(self, loader: _Loader) -> None:
        self._loader = loader
        self._left = MAX_VALUES
        self.lines: dict[str, int] = {}

    def read(self, node: yaml.Node, path: tuple[str, ...]) -> JsonValue:
        line = node.start_mark.line + 1
        self._left -= 1
        if self._left < 0:
            raise _too_many(line)
        if len(path) > _MAX_DEPTH:
            raise _too_deep(line)
        if path:
            self.lines.setdefault(_join(path), line)
        if isinstance(node, yaml.MappingNode) and node.tag == _MAP:
            return self._read_mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == _SEQ:
            items = cast("list[yaml.Node]", node.value)
            return [
                self.read(item, (*path, f"[{index}]"))
                for index, item in enumerate(items)
            ]
        if not isinstance(node, yaml.ScalarNode):
            raise _wrong(line, f"{node.tag} has no counterpart in JSON")
        return self._read_scalar(node, line)

    def _read_scalar(self, node: yaml.ScalarNode, line: int) -> JsonValue:
        try:
            value: object = self._loader.construct_object(node)  # pyright: ignore[reportUnknownMemberType]  its stub leaves the node open
        except (ValueError, LookupError, AttributeError) as error:
            # PyYAML takes it for granted that a value fits its tag.
            shown, tag = str(node.value)[:50], node.tag.rpartition(":")[2]
            raise _wrong(line, f"{shown!r} cannot be read as {tag}") from error
        if isinstance(value, float) and not math.isfinite(value):
            if node.value[-3:].lower() in ("inf", "nan"):
                raise _wrong(line, f"{node.value} has no counterpart in JSON")
            return str(node.value)  # no number is as large: it is a name
        if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
            return int(value)  # as Kubernetes writes it
        if isinstance(value, str):
            _check_text(value, line)
        if value is None or isinstance(value, bool | int | float | str):
            return value
        raise _wrong(line, f"{node.tag} has no counterpart in JSON")

    def _read_mapping(
        self, node: yaml.MappingNode, path: tuple[str, ...]
    ) -> dict[str, JsonValue]:
        found: dict[str, JsonValue] = {}
        merged: list[yaml.Node] = []
        for key_node, value_node in cast(
            "list[tuple[yaml.Node, yaml.Node]]", node.value
        ):
            line = key_node.start_mark.line + 1
            if key_node.tag == _MERGE:
                merged.append(value_node)
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                raise _wrong(line, "a key must be text")
            key = str(key_node.value)
            _check_text(key, line)
            if key in found:
                raise _wrong(line, f"the key {key!r} is given twice")
            self.lines.setdefault(_join((*path, key)), line)
            found[key] = self.read(value_node, (*path, key))
        for source in merged:
            for part in self._read_merged(source, path):
                found = part | found  # what is said first holds
        return found

    def _read_merged(
        self, source: yaml.Node, path: tuple[str, ...]
    ) -> Iterator[dict[str, JsonValue]]:
        """The mappings that a `<<` stands for."""
        is_list = isinstance(source, yaml.SequenceNode)
        for node in cast("list[yaml.Node]", source.value) if is_list else [source]:
            if not isinstance(node, yaml.MappingNode):
                line = node.start_mark.line + 1
                raise _wrong(line, "only mappings can be merged")
            yield self._read_merge_source(node, path)

    def _read_merge_source(
        self, node: yaml.MappingNode, path: tuple[str, ...]
    ) -> dict[str, JsonValue]:
        self._left -= 1
        if self._left < 0:
            raise _too_many(node.start_mark.line + 1)
        return self._read_mapping(node, path)


def _join(path: list[str] | tuple[str, ...]) -> str:
    return "".join(
        step if step.startswith("[") or not index else f".{step}"
        for index, step in enumerate(path)
    )


def _wrong(line: int, problem: str) -> TRPCError:
    return TRPCError("BAD_REQUEST", f"Line {line}: {problem}")


def _too_many(line: int) -> TRPCError:
    return _wrong(line, f"a document has more than {MAX_VALUES} values")


def _too_deep(line: int) -> TRPCError:
    return _wrong(line, f"the document is nested deeper than {_MAX_DEPTH}")


def _check_text(text: str, line: int) -> None:
    """Refuses what no UTF-8 can say."""
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise _wrong(line, "an escape stands for half a character")
