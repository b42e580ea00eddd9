"""From a router class to procedures that can be called: everything checked, once, at start."""

from __future__ import annotations

import collections.abc
import types
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Union, get_args, get_origin

from fairlead.access.policy import ChecksFields, public
from fairlead.calling import CompiledProcedure, Middleware
from fairlead.collecting import collection_paused
from fairlead.errors import DefinitionError
from fairlead.lazy_router import LazyRouter, Once
from fairlead.router import (
    RESERVED_NAMES,
    DeclaredProcedure,
    Place,
    Router,
    get_context_type_of,
    resolve_hints,
    substitute,
    walk_procedures,
)
from fairlead.schema import OutputSchema, get_wire_name, make_input_schema
from fairlead.tracking import tracked
from fairlead.type_schemas import TypeSchemas

__all__ = ["CompiledRouter", "LazyBranch", "compile_router"]

_ITERATORS = (
    collections.abc.AsyncIterator,
    collections.abc.AsyncIterable,
    collections.abc.AsyncGenerator,
)


class _Tree(dict[tuple[str, ...], CompiledProcedure]):
    """Procedures by attribute names; who looks for one of a lazy router gets it loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.branches: list[LazyBranch] = []

    def __missing__(self, attributes: tuple[str, ...]) -> CompiledProcedure:
        for branch in self.branches:
            if attributes[: len(branch.place.path)] == branch.place.path:
                branch.load()
                return self[attributes]
        raise KeyError(attributes)


class LazyBranch:
    """A lazy router at its place in an application.

    Attributes:
        path: where it stands on the wire.
    """

    def __init__(
        self,
        later: LazyRouter,
        place: Place,
        outer: tuple[Middleware, ...],
        compiled: CompiledRouter,
    ) -> None:
        self.place = place
        self.path = ".".join(get_wire_name(name) for name in place.path)
        self._later = later
        self._outer = outer
        self._compiled = compiled
        self._once = Once(self._compile, self.path)

    def holds(self, path: str) -> bool:
        """Does this wire path lead into it?"""
        return path.startswith(f"{self.path}.")

    def load(self) -> None:
        """Imports it and adds its procedures to the application's, once, from any thread.

        Raises:
            DefinitionError: it cannot be imported, or is declared wrongly.
        """
        self._once.get()

    def _compile(self) -> None:
        cls = self._later.get_class()
        _add_procedures(cls, self.place, self._outer, self._compiled)
        self._compiled.branches.remove(self)


@dataclass(frozen=True, slots=True)
class CompiledRouter:
    """All procedures of an application.

    Attributes:
        procedures: by dotted wire path, in order of declaration.
        tree: the same by Python attribute names.
    """

    router: type[Router[Any]]
    procedures: dict[str, CompiledProcedure] = field(
        default_factory=dict[str, CompiledProcedure]
    )
    tree: _Tree = field(default_factory=_Tree)

    @property
    def branches(self) -> list[LazyBranch]:
        """The lazy routers that nobody has called yet."""
        return self.tree.branches

    def find_branch(self, path: str) -> LazyBranch | None:
        """The lazy router that a wire path leads into, if it is not loaded yet."""
        return next((each for each in self.branches if each.holds(path)), None)


def compile_router(
    router: type[Router[Any]],
    outer: tuple[Middleware, ...] = (),
    *,
    lazily: bool = False,
) -> CompiledRouter:
    """Resolves and checks every procedure below a router class; a second time is free.

    Args:
        outer: middleware around all of them.
        lazily: leave lazy routers for later; without it they are loaded now.

    Raises:
        DefinitionError: something is declared wrongly; the message names it and the cure.
    """
    if outer:
        return _compile_router(router, outer, lazily)
    known = _COMPILED.setdefault(router, {})
    compiled = known.get(lazily)
    if compiled is None:
        compiled = known[lazily] = _compile_router(router, (), lazily)
    return compiled


_COMPILED: weakref.WeakKeyDictionary[type[Router[Any]], dict[bool, CompiledRouter]] = (
    weakref.WeakKeyDictionary()
)


def _compile_router(
    router: type[Router[Any]], outer: tuple[Middleware, ...], lazily: bool
) -> CompiledRouter:
    compiled = CompiledRouter(router)
    with collection_paused():
        _add_procedures(router, Place(), outer, compiled, lazily=lazily)
    return compiled


def _add_procedures(
    router: type[Router[Any]],
    place: Place,
    outer: tuple[Middleware, ...],
    compiled: CompiledRouter,
    *,
    lazily: bool = True,
) -> None:
    branches: list[LazyBranch] = []
    found: dict[str, CompiledProcedure] = {}
    schemas = TypeSchemas()

    def postpone(later: LazyRouter, below: Place) -> None:
        branches.append(LazyBranch(later, below, outer, compiled))

    for declared in walk_procedures(router, place, postpone if lazily else None):
        procedure = _compile(declared, compiled.tree, outer, schemas)
        path = procedure.path
        other = found.get(path) or compiled.procedures.get(path)
        if other is not None:
            raise DefinitionError(
                f"{_describe(declared)} and {'.'.join(other.attributes)} are both "
                f"{path!r} on the wire: rename one, or give it name=..."
            )
        found[path] = procedure
    _reject_shadowing({**compiled.procedures, **found})
    compiled.procedures.update(found)
    compiled.tree.update({each.attributes: each for each in found.values()})
    compiled.branches.extend(branches)


def _compile(
    declared: DeclaredProcedure,
    tree: Mapping[tuple[str, ...], CompiledProcedure],
    outer: tuple[Middleware, ...],
    schemas: TypeSchemas,
) -> CompiledProcedure:
    procedure = declared.procedure
    owner = _describe(declared)
    hints = {
        name: substitute(hint, declared.type_arguments)
        for name, hint in resolve_hints(procedure.function, declared.router).items()
    }
    if "return" not in hints or hints["return"] is Any:
        raise DefinitionError(
            f"{owner} does not say what it returns: annotate it, clients get their types "
            "from it (None is null; pydantic.JsonValue is any JSON)"
        )
    streaming, item = _get_item_type(procedure.kind, hints["return"], owner)
    path = _get_path(declared, owner)
    schema = make_input_schema(procedure.function, hints, owner, path, schemas)
    policy: object = procedure.options.access
    if policy is not public and isinstance(policy, ChecksFields):
        fields = frozenset[str]() if schema is None else schema.find_fields()
        if fields is not None:
            policy.check_fields(fields, owner)
    return CompiledProcedure(
        path=path,
        attributes=declared.attributes,
        procedure=procedure,
        router=declared.router,
        context_type=get_context_type_of(declared.router, declared.type_arguments),
        input_schema=schema,
        output=OutputSchema(_strip_tracked(item), owner=owner, schemas=schemas),
        streaming=streaming,
        tracked=_is_tracked(item),
        middleware=(*outer, *declared.middleware),
        tree=tree,
    )


def _describe(declared: DeclaredProcedure) -> str:
    return f"{declared.router.__name__}.{declared.attributes[-1]}"


def _get_path(declared: DeclaredProcedure, owner: str) -> str:
    names = [get_wire_name(name) for name in declared.attributes]
    if declared.procedure.options.name is not None:
        names[-1] = declared.procedure.options.name
    for name in names:
        if name in RESERVED_NAMES:
            raise DefinitionError(
                f"{owner}: {name!r} is taken by tRPC itself: rename it or give it name=..."
            )
        if not name.isidentifier() or name.startswith("__"):
            raise DefinitionError(
                f"{owner}: {name!r} is no name for the wire: use letters, digits and _"
            )
    return ".".join(names)


def _reject_shadowing(procedures: Mapping[str, CompiledProcedure]) -> None:
    for path, procedure in procedures.items():
        router, _, _ = path.rpartition(".")
        if router in procedures:
            raise DefinitionError(
                f"{'.'.join(procedure.attributes)}: {router!r} is a procedure and a router: "
                "rename one"
            )


def _get_item_type(kind: str, result: Any, owner: str) -> tuple[bool, Any]:
    is_iterator = get_origin(result) in _ITERATORS
    if kind == "subscription" and not is_iterator:
        raise DefinitionError(
            f"{owner} is a subscription: annotate it -> AsyncIterator[...] of its events"
        )
    if not is_iterator:
        return False, result
    return kind != "subscription", get_args(result)[0]


def _is_tracked(item: Any) -> bool:
    return get_origin(item) is tracked


def _strip_tracked(item: Any) -> Any:
    """The type of the data of events: `tracked[A] | B` is `A | B`."""
    if get_origin(item) is tracked:
        return get_args(item)[0]
    if get_origin(item) in (Union, types.UnionType):
        members = tuple(_strip_tracked(member) for member in get_args(item))
        return Union[members]  # noqa: UP007  made at run time
    return item
