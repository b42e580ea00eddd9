"""Many Pydantic types at once: their nodes, and the declarations they share."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal, cast

from pydantic import BaseModel
from pydantic.errors import PydanticInvalidForJsonSchema
from pydantic_core import CoreSchema

from fairlead.codegen.annotate import HINTS, AnnotatedJsonSchema
from fairlead.codegen.definitions import name_definitions
from fairlead.codegen.docstrings import read_docstring
from fairlead.codegen.field_docs import FieldFact, doc_of
from fairlead.codegen.graph import references
from fairlead.codegen.lower import Lowering, Schema
from fairlead.codegen.nodes import (
    Constant,
    Declaration,
    Mode,
    Record,
    Scalar,
    Type,
)
from fairlead.codegen.problems import GenerationError, Problem
from fairlead.codegen.sources import SourceIndex

Entry = tuple[str, Mode]

_MODES: Mapping[Mode, Literal["validation", "serialization"]] = {
    "input": "validation",
    "output": "serialization",
}


class TypeTable:
    """The types of all entries, translated together so that names are unique.

    Args:
        more: further entries, given the classes that were met.

    Raises:
        GenerationError: Pydantic itself has no JSON form for one of them.
    """

    def __init__(
        self,
        entries: Mapping[Entry, CoreSchema],
        sources: SourceIndex,
        more: Callable[[Sequence[type]], Mapping[Entry, CoreSchema]] | None = None,
    ) -> None:
        self._sources = sources
        self._generator = AnnotatedJsonSchema()
        self._schemas, self._definitions = self._generate(entries)
        if more is not None:
            further, self._definitions = self._generate(more(self.classes))
            self._schemas = {**self._schemas, **further}
        self._names = name_definitions(self._definitions, self._generator.origins)
        self._described: dict[type, Mapping[str, str]] = {}
        self._attributes: dict[type, Mapping[str, str]] = {}
        self._lowerings: Mapping[Mode, Lowering] = {
            mode: Lowering(
                names=self._names,
                definitions=self._definitions,
                facts=self._field_fact,
                mode=mode,
            )
            for mode in _MODES
        }

        self._keys: Mapping[Mode, dict[str, str]] = {"input": {}, "output": {}}
        for key, name in self._names.items():
            for mode, pydantic in _MODES.items():
                own = self._generator.origins[key].mode == pydantic
                if own or name not in self._keys[mode]:
                    self._keys[mode][name] = key

    @property
    def classes(self) -> Sequence[type]:
        """The classes of all models, enums and typed dictionaries met."""
        found = self._generator.classes
        return [found[name] for name in sorted(found)]

    @property
    def problems(self) -> list[Problem]:
        """What could not be translated so far, each once."""
        found = [p for lowering in self._lowerings.values() for p in lowering.problems]
        return sorted(dict.fromkeys(found), key=str)

    @property
    def untranslated_patterns(self) -> list[str]:
        """Patterns that only the server checks."""
        found = (p for low in self._lowerings.values() for p in low.untranslated)
        return sorted(set(found))

    def node(self, entry: Entry, where: str) -> Type:
        """The type of one entry."""
        return self._lowerings[entry[1]].type(self._schemas[entry], where)

    def record(self, entry: Entry, where: str) -> Record:
        """The entry's fields, in place of the name it may have."""
        lowering = self._lowerings[entry[1]]
        node = lowering.type(lowering.resolve(self._schemas[entry]), where)
        return node if isinstance(node, Record) else Record(fields=())

    def declarations(
        self, inputs: Sequence[Type], outputs: Sequence[Type]
    ) -> tuple[Declaration, ...]:
        """Every declaration that the types reach, by name."""
        # A name in both has one definition that serves both; there the output's form wins.
        reached = {
            **self._reachable("input", inputs),
            **self._reachable("output", outputs),
        }
        return tuple(reached[name] for name in sorted(reached))

    def _reachable(self, mode: Mode, roots: Sequence[Type]) -> dict[str, Declaration]:
        keys = self._keys[mode]
        found: dict[str, Declaration] = {}
        waiting = [name for root in roots for name in references(root)]
        while waiting:
            name = waiting.pop()
            if name in found:
                continue
            found[name] = self._declaration(name, keys[name], mode)
            waiting += references(found[name].type)
        return found

    def _declaration(self, name: str, key: str, mode: Mode) -> Declaration:
        schema = self._definitions[key]
        hints = cast("Mapping[str, object]", schema.get(HINTS, {}))
        node = self._lowerings[mode].type(schema, name)
        cls = self._generator.classes.get(str(hints.get("cls")))
        source = (
            None
            if cls is None
            else self._sources.find(cls.__module__, cls.__qualname__)
        )
        members: tuple[tuple[str, Scalar], ...] = ()
        if isinstance(node, Constant) and "members" in hints:
            names = cast("Sequence[str]", hints["members"])
            members = tuple(zip(names, node.values, strict=True))
        return Declaration(
            name=name,
            type=node,
            input=mode == "input",
            doc=replace(
                doc_of(schema),
                default=None,
                text=read_docstring(str(schema.get("description", ""))).text,
            ),
            source=source,
            members=members,
        )

    def _field_fact(self, class_name: str, name: str) -> FieldFact | None:
        cls = self._generator.classes.get(class_name)
        if cls is None:
            return None
        if cls not in self._attributes:
            self._attributes[cls] = _attributes_of(cls)
        attribute = self._attributes[cls].get(name, name)
        info = getattr(cls, "model_fields", {}).get(attribute)
        message = getattr(info, "deprecated", None)
        places = (
            self._sources.find(base.__module__, f"{base.__qualname__}.{attribute}")
            for base in cls.__mro__
        )
        if cls not in self._described:
            text = inspect.cleandoc(cls.__doc__ or "")
            self._described[cls] = read_docstring(text).attributes
        return FieldFact(
            text=self._described[cls].get(attribute, ""),
            deprecated=message if isinstance(message, str) else None,
            source=next((place for place in places if place is not None), None),
        )

    def _generate(
        self, entries: Mapping[Entry, CoreSchema]
    ) -> tuple[Mapping[Entry, Schema], Mapping[str, Schema]]:
        try:
            found, definitions = self._generator.generate_all(
                [(key, _MODES[mode], entries[key, mode]) for key, mode in entries]
            )
        except PydanticInvalidForJsonSchema as error:
            raise GenerationError(list(_culprits(entries))) from error
        schemas: dict[Entry, Schema] = {
            (key, mode): found[key, _MODES[mode]] for key, mode in entries
        }
        return schemas, definitions


def _culprits(entries: Mapping[Entry, CoreSchema]) -> Iterator[Problem]:
    """Which entries fail: Pydantic's error names the type, not the place."""
    for (key, mode), schema in entries.items():
        try:
            AnnotatedJsonSchema().generate(schema, _MODES[mode])
        except PydanticInvalidForJsonSchema as error:
            yield Problem(
                where=f"{key} ({mode})",
                what=str(error).partition("\n")[0],
                cure="use a type that has a JSON form, such as a Pydantic model",
            )


def _attributes_of(cls: type) -> Mapping[str, str]:
    """The attributes of a model by their names on the wire, where these differ."""
    if not issubclass(cls, BaseModel):
        return {}
    return {
        alias: attribute
        for attribute, info in cls.model_fields.items()
        for alias in (info.validation_alias, info.serialization_alias, info.alias)
        if isinstance(alias, str)
    }
