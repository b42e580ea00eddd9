"""The creators and editors that resource classes declare, as nodes."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, cast

from pydantic import BaseModel, TypeAdapter
from pydantic_core import CoreSchema

from fairlead.codegen.docstrings import read_docstring
from fairlead.codegen.nodes import Doc, DraftNode
from fairlead.codegen.problems import GenerationError, Problem
from fairlead.codegen.type_table import Entry, TypeTable

if TYPE_CHECKING:  # loaded by those who declare some
    from fairlead.drafts.creators import Declared
    from fairlead.drafts.nodes import DraftSpec


class DraftTable:
    """Every creator and editor of an application's resources, gathered while types are met."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[type[BaseModel], DraftSpec]] = {}

    def gather(self, classes: Iterable[type]) -> Iterator[tuple[Entry, CoreSchema]]:
        """The types that the creators and editors of these classes add.

        Raises:
            DefinitionError: one is declared wrongly.
            GenerationError: two would have the same name.
        """
        for cls in classes:
            declared = cast(
                "Mapping[str, Declared]", cls.__dict__.get("__drafts__", {})
            )
            for each in declared.values():
                spec = each.get_spec(cast("type[BaseModel]", cls))
                yield from self._add(cast("type[BaseModel]", cls), spec)

    def _add(
        self, cls: type[BaseModel], spec: DraftSpec
    ) -> Iterator[tuple[Entry, CoreSchema]]:
        key = spec.action + spec.name
        other = self._found.setdefault(key, (cls, spec))
        if other[0] is not cls:
            what = f"{other[0].__module__}.{other[0].__qualname__} makes {key!r} too"
            place = f"{cls.__module__}.{cls.__qualname__}"
            raise GenerationError(
                [Problem(where=place, what=what, cure="rename one of the classes")]
            )
        yield _inputs(key), TypeAdapter(spec.inputs).core_schema
        yield _result(key, spec), TypeAdapter(_made(cls, spec)).core_schema

    def nodes(self, types: TypeTable) -> tuple[DraftNode, ...]:
        """One node each, by name."""
        return tuple(
            DraftNode(
                function=key,
                action=spec.action,
                inputs=types.node(_inputs(key), f"{key} (inputs)"),
                result=types.node(_result(key, spec), f"{key} (result)"),
                rules=spec.rules,
                defaults=tuple(spec.defaults.items()),
                base=tuple(spec.base.items()),
                doc=Doc(
                    text=read_docstring(
                        inspect.cleandoc(spec.inputs.__doc__ or "")
                    ).text
                ),
            )
            for key, (_, spec) in sorted(self._found.items())
        )


def _inputs(key: str) -> Entry:
    return f"{key} inputs", "input"


def _result(key: str, spec: DraftSpec) -> Entry:
    return f"{key} result", "input" if spec.action == "create" else "output"


def _made(cls: type[BaseModel], spec: DraftSpec) -> type[BaseModel]:
    return spec.draft if spec.action == "create" else cls
