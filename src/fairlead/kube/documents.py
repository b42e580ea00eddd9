"""YAML documents as Kubernetes reads them, with the line of every field.

Read by PyYAML's own composer, so that a refusal of the cluster can be shown where it belongs.
Differences from PyYAML's safe loader are those of Kubernetes: dates stay text, a key given twice
is an error, and aliases count as often as they are used, so that a small text cannot become a
huge object.
"""

from __future__ import annotations

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
_MAP = "tag:yaml.org,2002:map"
_SEQ = "tag:yaml.org,2002:seq"
_STEP = re.compile(r"\[(\d+)\]|\[([^\]]+)\]|([^.\[\]]+)")


class _Loader(yaml.SafeLoader):
    """Dates stay text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith(":timestamp")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a text.

    Attributes:
        line: where it begins, from 1.
        lines: the line of each field by its path, such as `spec.containers[0].name`.
    """

    line: int
    value: dict[str, JsonValue]
    lines: dict[str, int]

    def find_line(self, path: str) -> int:
        """Where a field is, or what stands nearest above it: a field that is missing has no line."""
        steps = [
            f"[{number}]" if number else (key or name)
            for number, key, name in _STEP.findall(path)
        ]
        for length in range(len(steps), 0, -1):
            line = self.lines.get(_join(steps[:length]))
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
    except yaml.YAMLError as error:
        raise TRPCError("BAD_REQUEST", f"This is no YAML: {error}") from error
    except RecursionError as error:
        raise TRPCError("BAD_REQUEST", "The YAML is nested too deeply") from error


def _read(text: str) -> Iterator[Document]:
    loader = _Loader(text)
    while loader.check_node():
        node = loader.get_node()
        if node is None or node.tag.endswith(":null"):
            continue
        reader = _Reader(loader)
        line = node.start_mark.line + 1
        value = reader.read(node, ())
        if not isinstance(value, dict):
            raise _wrong(line, "a document must be a mapping: an object of Kubernetes")
        for item in _flatten(value):
            yield Document(line, item, reader.lines)


def _flatten(value: dict[str, JsonValue]) -> list[dict[str, JsonValue]]:
    """The objects of a `List`, which kubectl writes for several; else the object itself."""
    items = value.get("items")
    if value.get("kind") != "List" or not isinstance(items, list):
        return [value]
    return [item for item in items if isinstance(item, dict)]


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
            raise _wrong(line, f"a document has more than {MAX_VALUES} values")
        if len(path) > _MAX_DEPTH:
            raise _wrong(line, f"the document is nested deeper than {_MAX_DEPTH}")
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
        value: object = self._loader.construct_object(node)  # pyright: ignore[reportUnknownMemberType]  its stub leaves the node open
        if value is None or isinstance(value, bool | int | float | str):
            return value
        raise _wrong(line, f"{node.tag} has no counterpart in JSON")

    def _read_mapping(
        self, node: yaml.MappingNode, path: tuple[str, ...]
    ) -> dict[str, JsonValue]:
        self._loader.flatten_mapping(node)
        found: dict[str, JsonValue] = {}
        for key_node, value_node in cast(
            "list[tuple[yaml.Node, yaml.Node]]", node.value
        ):
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise _wrong(line, "a key must be text")
            key = str(key_node.value)
            if key in found:
                raise _wrong(line, f"the key {key!r} is given twice")
            self.lines.setdefault(_join((*path, key)), line)
            found[key] = self.read(value_node, (*path, key))
        return found


def _join(path: list[str] | tuple[str, ...]) -> str:
    return "".join(
        step if step.startswith("[") or not index else f".{step}"
        for index, step in enumerate(path)
    )


def _wrong(line: int, problem: str) -> TRPCError:
    return TRPCError("BAD_REQUEST", f"Line {line}: {problem}")
