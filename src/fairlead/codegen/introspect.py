"""A compiled router to the intermediate representation: the only module that knows both."""

import inspect
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import CoreSchema, to_json

from fairlead.calling import CompiledProcedure
from fairlead.codegen.docstrings import Docstring, read_docstring
from fairlead.codegen.draft_nodes import DraftTable
from fairlead.codegen.fingerprints import fingerprint
from fairlead.codegen.graph import find_uses, reached_by
from fairlead.codegen.nodes import (
    Application,
    Declaration,
    Doc,
    ErrorCase,
    Procedure,
    Record,
    RouterNode,
    Source,
    Type,
)
from fairlead.codegen.problems import GenerationError, Problem
from fairlead.codegen.resource_nodes import (
    ResourcePlace,
    find_resource_routers,
    find_resources,
)
from fairlead.codegen.sources import SourceIndex
from fairlead.codegen.type_table import Entry, TypeTable
from fairlead.collecting import collection_paused
from fairlead.compiling import CompiledRouter
from fairlead.errors import ERROR_CODES, TypedError
from fairlead.router import Router, get_nested, get_router_class
from fairlead.schema import get_wire_name

_INTROSPECTED: weakref.WeakKeyDictionary[type[Router[Any]], Application] = (
    weakref.WeakKeyDictionary()
)


def introspect(compiled: CompiledRouter) -> Application:
    """Everything that is generated from one router; a second time is free.

    Raises:
        GenerationError: some types have no translation.
    """
    found = _INTROSPECTED.get(compiled.router)
    if found is None:
        with collection_paused():
            found = _Introspection(compiled).run()
            found = replace(found, fingerprints=fingerprint(found))
        _INTROSPECTED[compiled.router] = found
    return found


class _Introspection:
    def __init__(self, compiled: CompiledRouter) -> None:
        self._root = compiled.router
        self._procedures = sorted(compiled.procedures.values(), key=_path)
        self._sources = SourceIndex()
        self._drafts = DraftTable()
        self._routed = list(self._routers(self._root, ()))
        try:
            self._types = TypeTable(
                dict(self._entries()), self._sources, more=self._draft_entries
            )
        except GenerationError as error:
            raise GenerationError(self._placed(error.problems, (), ())) from error

    def run(self) -> Application:
        procedures = tuple(self._procedure(p) for p in self._procedures)
        drafts = self._drafts.nodes(self._types)
        outputs = [p.output for p in procedures]
        outputs += [case.data for p in procedures for case in p.errors]
        outputs += [d.result for d in drafts if d.action == "edit"]
        inputs = [p.input for p in procedures if p.input is not None]
        inputs += [d.inputs for d in drafts]
        inputs += [d.result for d in drafts if d.action == "create"]
        declarations = self._types.declarations(inputs, outputs)
        if self._types.problems:
            raise GenerationError(
                self._placed(self._types.problems, procedures, declarations)
            )
        places = [ResourcePlace(node.path, cls) for node, cls in self._routed]
        return Application(
            declarations=declarations,
            procedures=procedures,
            routers=tuple(node for node, _ in self._routed),
            resources=find_resources(self._types.classes, places),
            resource_routers=find_resource_routers(places, procedures),
            drafts=drafts,
        )

    def _placed(
        self,
        problems: Iterable[Problem],
        procedures: Sequence[Procedure],
        declarations: Sequence[Declaration],
    ) -> list[Problem]:
        """The problems with the procedures, as Python calls them, that have them in their types."""
        uses = find_uses(declarations)
        reached = {node.path: reached_by(node, uses) for node in procedures}
        return [
            replace(
                problem,
                users=tuple(
                    f"{p.router.__name__}.{p.attributes[-1]}"
                    for p in self._procedures
                    if problem.where.startswith(f"{p.path} (")
                    or problem.subject in reached.get(p.path, ())
                    or problem.subject in {e.__qualname__ for e in p.options.raises}
                ),
            )
            for problem in problems
        ]

    def _draft_entries(self, classes: Sequence[type]) -> Mapping[Entry, CoreSchema]:
        served = (getattr(cls, "resource", None) for _, cls in self._routed)
        met = dict.fromkeys([*classes, *(c for c in served if isinstance(c, type))])
        return dict(self._drafts.gather(met))

    def _entries(self) -> Iterator[tuple[Entry, CoreSchema]]:
        for procedure in self._procedures:
            if procedure.input is not None:
                yield (procedure.path, "input"), procedure.input.core_schema
            yield (procedure.path, "output"), procedure.output.adapter.core_schema
        errors = {e: None for p in self._procedures for e in p.options.raises}
        for error in sorted(errors, key=_error_key):
            adapter = TypeAdapter(error.data_model)
            yield (_error_key(error), "output"), adapter.core_schema

    def _procedure(self, compiled: CompiledProcedure) -> Procedure:
        schema = compiled.input
        path = compiled.path
        return Procedure(
            path=path,
            kind=compiled.kind,
            input=None if schema is None else self._input(compiled),
            input_optional=schema is not None and schema.optional,
            output=self._types.node((path, "output"), f"{path} (output)"),
            streaming=compiled.streaming,
            tracked=compiled.tracked,
            errors=tuple(
                self._error(error)
                for error in sorted(compiled.options.raises, key=_error_key)
            ),
            doc=Doc(
                text=_docstring(compiled).text,
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

    def _input(self, compiled: CompiledProcedure) -> Type:
        """Parameters are written in place: their record has no name of its own."""
        entry: Entry = (compiled.path, "input")
        where = f"{compiled.path} (input)"
        if compiled.input is None or compiled.input.whole:
            return self._types.node(entry, where)
        return _documented(self._types.record(entry, where), compiled)

    def _error(self, error: type[TypedError]) -> ErrorCase:
        numbers = ERROR_CODES[error.error_code]
        return ErrorCase(
            code=error.error_code,
            number=numbers.rpc,
            http_status=numbers.http,
            data=self._types.record((_error_key(error), "output"), error.__qualname__),
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


def _documented(node: Record, compiled: CompiledProcedure) -> Record:
    """Says in the documentation what a parameter is, and what it becomes when absent."""
    defaults: dict[str, str] = {}
    texts = {
        get_wire_name(name): text
        for name, text in _docstring(compiled).attributes.items()
    }
    for parameter in inspect.signature(compiled.function).parameters.values():
        if parameter.default not in (parameter.empty, None):
            text = to_json(parameter.default, by_alias=True, fallback=repr).decode()
            defaults[get_wire_name(parameter.name)] = text
    if not texts and not defaults:
        return node
    described = (
        replace(
            field.doc,
            default=defaults.get(field.name),
            text=field.doc.text or texts.get(field.name, ""),
        )
        for field in node.fields
    )
    together = zip(node.fields, described, strict=True)
    return replace(node, fields=tuple(replace(f, doc=doc) for f, doc in together))


def _docstring(compiled: CompiledProcedure) -> Docstring:
    return read_docstring(inspect.cleandoc(compiled.function.__doc__ or ""))


def _path(procedure: CompiledProcedure) -> str:
    return procedure.path


def _error_key(error: type[TypedError]) -> str:
    return f"{error.__module__}.{error.__qualname__}"
