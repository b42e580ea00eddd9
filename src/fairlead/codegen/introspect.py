"""A compiled router to the intermediate representation: the only module that knows both."""

import hashlib
import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from pydantic import BaseModel, TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema
from pydantic_core import CoreSchema

from fairlead.calling import CompiledProcedure
from fairlead.codegen.annotate import HINTS, AnnotatedJsonSchema
from fairlead.codegen.graph import references
from fairlead.codegen.lower import FieldFact, Lowering, Problem, Schema, doc_of
from fairlead.codegen.names import type_names
from fairlead.codegen.nodes import (
    Application,
    Constant,
    Declaration,
    Doc,
    ErrorCase,
    Mode,
    Procedure,
    Record,
    RouterNode,
    Scalar,
    Source,
    Type,
)
from fairlead.codegen.resource_nodes import (
    ResourcePlace,
    find_resource_routers,
    find_resources,
)
from fairlead.codegen.sources import SourceIndex
from fairlead.compiling import CompiledRouter
from fairlead.errors import ERROR_CODES, DefinitionError, TypedError
from fairlead.router import Router, get_nested, get_router_class
from fairlead.schema import get_wire_name

_MODES: Mapping[Mode, Any] = {"input": "validation", "output": "serialization"}
_Key = tuple[str, Mode]


class GenerationError(DefinitionError):
    """Nothing was generated; every problem is listed with its cure."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        listed = "".join(f"\n  {problem}" for problem in problems)
        super().__init__(f"cannot generate, {len(problems)} problem(s):{listed}")
        self.problems = tuple(problems)


def introspect(compiled: CompiledRouter) -> Application:
    """Everything that is generated from one router.

    Raises:
        GenerationError: some types have no translation.
    """
    return _Introspection(compiled).run()


class _Introspection:
    def __init__(self, compiled: CompiledRouter) -> None:
        self._compiled = compiled
        self._procedures = sorted(compiled.procedures.values(), key=lambda p: p.path)
        self._sources = SourceIndex()
        self._generator = AnnotatedJsonSchema()
        self._problems: list[Problem] = []

    def run(self) -> Application:
        schemas, definitions = self._schemas()
        self._names = type_names(definitions)
        self._definitions = definitions
        self._lowerings = {mode: self._lowering(mode) for mode in _MODES}
        procedures = tuple(self._procedure(p, schemas) for p in self._procedures)
        routers = tuple(self._routers(self._compiled.router, ()))
        declarations = self._declarations(procedures)
        problems = [*self._problems]
        for lowering in self._lowerings.values():
            problems += lowering.problems
        if problems:
            raise GenerationError(list(dict.fromkeys(problems)))
        places = [ResourcePlace(n.path, cls) for n, cls in routers]
        found = find_resources(self._generator.classes.values(), places)
        return Application(
            declarations=declarations,
            procedures=procedures,
            routers=tuple(node for node, _ in routers),
            resources=found,
            resource_routers=find_resource_routers(places, procedures),
        )

    # schemas

    def _schemas(self) -> tuple[Mapping[_Key, Schema], Mapping[str, Schema]]:
        inputs = list(self._entries())
        try:
            found, definitions = self._generator.generate_definitions(
                [(key[0], _MODES[key[1]], schema) for key, schema in inputs]
            )
        except PydanticInvalidForJsonSchema as error:
            raise GenerationError(list(self._culprits(error))) from error
        schemas: dict[_Key, Schema] = {
            (key, mode): found[key, pydantic]
            for mode, pydantic in _MODES.items()
            for (key, own), _ in inputs
            if own == mode
        }
        return schemas, cast("Mapping[str, Schema]", definitions)

    def _entries(self) -> Iterator[tuple[_Key, CoreSchema]]:
        for procedure in self._procedures:
            if procedure.input is not None:
                yield (procedure.path, "input"), procedure.input.adapter.core_schema
            yield (procedure.path, "output"), procedure.output.adapter.core_schema
        for error in self._errors():
            adapter = TypeAdapter(error.data_model)
            yield (_error_key(error), "output"), adapter.core_schema

    def _errors(self) -> list[type[TypedError]]:
        unique = {e: None for p in self._procedures for e in p.options.raises}
        return sorted(unique, key=_error_key)

    def _culprits(self, error: PydanticInvalidForJsonSchema) -> Iterator[Problem]:
        """Which procedures fail: Pydantic's error names the type, not the place."""
        found = False
        for (path, mode), schema in self._entries():
            try:
                AnnotatedJsonSchema().generate(schema, _MODES[mode])
            except PydanticInvalidForJsonSchema as own:
                found = True
                yield _no_json_form(f"{path} ({mode})", own)
        if not found:
            yield _no_json_form(self._compiled.router.__qualname__, error)

    # types

    def _lowering(self, mode: Mode) -> Lowering:
        return Lowering(
            names=self._names,
            definitions=self._definitions,
            facts=self._field_fact,
            mode=mode,
        )

    def _field_fact(self, class_name: str, name: str) -> FieldFact | None:
        cls = self._generator.classes.get(class_name)
        if cls is None:
            return None
        attribute = _attribute_of(cls, name)
        info = getattr(cls, "model_fields", {}).get(attribute)
        message = getattr(info, "deprecated", None)
        source = None
        for base in cls.__mro__:
            source = self._sources.find(
                base.__module__, f"{base.__qualname__}.{attribute}"
            )
            if source is not None:
                break
        return FieldFact(
            deprecated=message if isinstance(message, str) else None, source=source
        )

    def _declarations(self, procedures: Sequence[Procedure]) -> tuple[Declaration, ...]:
        inputs = self._reachable("input", [p.input for p in procedures if p.input])
        outputs = [p.output for p in procedures]
        outputs += [case.data for p in procedures for case in p.errors]
        # A name in both has one definition that serves both; there the output's form wins.
        reached = {**inputs, **self._reachable("output", outputs)}
        return tuple(reached[name] for name in sorted(reached))

    def _reachable(self, mode: Mode, roots: Sequence[Type]) -> dict[str, Declaration]:
        keys = {name: key for key, name in self._names.items()}
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
            doc=replace(doc_of(schema), default=None),
            source=source,
            members=members,
        )

    # procedures

    def _procedure(
        self, compiled: CompiledProcedure, schemas: Mapping[_Key, Schema]
    ) -> Procedure:
        schema = compiled.input
        return Procedure(
            path=compiled.path,
            kind=compiled.kind,
            input=None
            if schema is None
            else self._input(compiled, schemas[compiled.path, "input"]),
            input_optional=schema is not None and schema.optional,
            output=self._lowerings["output"].type(
                schemas[compiled.path, "output"], f"{compiled.path} (output)"
            ),
            streaming=compiled.streaming,
            tracked=compiled.tracked,
            errors=tuple(
                self._error(error, schemas)
                for error in sorted(compiled.options.raises, key=_error_key)
            ),
            doc=Doc(
                text=inspect.cleandoc(compiled.function.__doc__ or ""),
                deprecated=compiled.options.deprecated,
            ),
            source=self._source(compiled),
        )

    def _source(self, compiled: CompiledProcedure) -> Source | None:
        """The method, or the router class for a method of an installed package."""
        function, router = compiled.function, compiled.router
        return self._sources.find_in(
            function.__code__.co_filename, function.__qualname__
        ) or self._sources.find(router.__module__, router.__qualname__)

    def _input(self, compiled: CompiledProcedure, schema: Schema) -> Type:
        """Parameters are written in place: their record has no name of its own."""
        lowering = self._lowerings["input"]
        where = f"{compiled.path} (input)"
        if compiled.input is not None and not compiled.input.whole:
            node = lowering.type(lowering.resolve(schema), where)
            return _with_defaults(node, compiled) if isinstance(node, Record) else node
        return lowering.type(schema, where)

    def _error(
        self, error: type[TypedError], schemas: Mapping[_Key, Schema]
    ) -> ErrorCase:
        lowering = self._lowerings["output"]
        schema = lowering.resolve(schemas[_error_key(error), "output"])
        data = lowering.type(schema, error.__qualname__)
        numbers = ERROR_CODES[error.error_code]
        return ErrorCase(
            code=error.error_code,
            number=numbers.rpc,
            http_status=numbers.http,
            message=None,
            data=data if isinstance(data, Record) else Record(fields=()),
        )

    def _routers(
        self, declared: type[Router[Any]], path: tuple[str, ...]
    ) -> Iterator[tuple[RouterNode, type[Router[Any]]]]:
        cls = get_router_class(declared)
        doc = cls.__dict__.get("__doc__")
        node = RouterNode(
            path=".".join(path),
            doc=Doc(text=inspect.cleandoc(doc or "")),
            source=self._sources.find(cls.__module__, cls.__qualname__),
        )
        yield node, cls
        for name, nested in sorted(get_nested(cls).items()):
            yield from self._routers(nested, (*path, get_wire_name(name)))


def application_hash(app: Application) -> str:
    """A digest of the types alone: comments, places and order do not count."""
    text = re.sub(r"(?:doc=Doc|source=Source)\([^()]*\)", "", repr(app))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _with_defaults(node: Record, compiled: CompiledProcedure) -> Record:
    return node


def _attribute_of(cls: type, name: str) -> str:
    if not issubclass(cls, BaseModel):
        return name
    for attribute, info in cls.model_fields.items():
        if name in (info.validation_alias, info.serialization_alias, info.alias):
            return attribute
    return name


def _error_key(error: type[TypedError]) -> str:
    return f"{error.__module__}.{error.__qualname__}"


def _no_json_form(where: str, error: Exception) -> Problem:
    return Problem(
        where=where,
        what=str(error).partition("\n")[0],
        cure="use a type that has a JSON form, such as a Pydantic model",
    )
