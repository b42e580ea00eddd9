"""From a router class to procedures that can be called: everything checked, once, at start."""

from __future__ import annotations

import collections.abc
import types
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Union, get_args, get_origin

from fairlead.access.policy import ChecksFields
from fairlead.calling import CompiledProcedure, Middleware
from fairlead.errors import DefinitionError
from fairlead.router import (
    RESERVED_NAMES,
    DeclaredProcedure,
    Router,
    get_context_type_of,
    resolve_hints,
    substitute,
    walk_procedures,
)
from fairlead.schema import OutputSchema, get_wire_name, make_input_schema
from fairlead.tracking import tracked

__all__ = ["CompiledRouter", "compile_router"]

_ITERATORS = (
    collections.abc.AsyncIterator,
    collections.abc.AsyncIterable,
    collections.abc.AsyncGenerator,
)


@dataclass(frozen=True, slots=True)
class CompiledRouter:
    """All procedures of an application.

    Attributes:
        procedures: by dotted wire path, in order of declaration.
        tree: the same by Python attribute names.
    """

    router: type[Router[Any]]
    procedures: Mapping[str, CompiledProcedure]
    tree: Mapping[tuple[str, ...], CompiledProcedure]


def compile_router(
    router: type[Router[Any]], outer: tuple[Middleware, ...] = ()
) -> CompiledRouter:
    """Resolves and checks every procedure below a router class; a second time is free.

    Args:
        outer: middleware around all of them.

    Raises:
        DefinitionError: something is declared wrongly; the message names it and the cure.
    """
    if outer:
        return _compile_router(router, outer)
    compiled = _COMPILED.get(router)
    if compiled is None:
        compiled = _COMPILED[router] = _compile_router(router, ())
    return compiled


_COMPILED: weakref.WeakKeyDictionary[type[Router[Any]], CompiledRouter] = (
    weakref.WeakKeyDictionary()
)


def _compile_router(
    router: type[Router[Any]], outer: tuple[Middleware, ...]
) -> CompiledRouter:
    procedures: dict[str, CompiledProcedure] = {}
    tree: dict[tuple[str, ...], CompiledProcedure] = {}
    for declared in walk_procedures(router):
        compiled = _compile(declared, tree, outer)
        other = procedures.get(compiled.path)
        if other is not None:
            raise DefinitionError(
                f"{_describe(declared)} and {'.'.join(other.attributes)} are both "
                f"{compiled.path!r} on the wire: rename one, or give it name=..."
            )
        procedures[compiled.path] = compiled
        tree[compiled.attributes] = compiled
    _reject_shadowing(procedures)
    return CompiledRouter(router, procedures, tree)


def _compile(
    declared: DeclaredProcedure,
    tree: dict[tuple[str, ...], CompiledProcedure],
    outer: tuple[Middleware, ...],
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
    schema = make_input_schema(procedure.function, hints, owner, path)
    policy: object = procedure.options.access
    if isinstance(policy, ChecksFields):
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
        output=OutputSchema(_strip_tracked(item), owner=owner),
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
