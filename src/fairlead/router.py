"""Routers: classes whose decorated methods are procedures.

A router nests another by an annotated attribute. Annotations are resolved late, so a router
may name one that is defined further down.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, get_args, get_origin

from fairlead.calling import Call, Middleware
from fairlead.context import Context
from fairlead.errors import DefinitionError
from fairlead.lazy_router import LazyRouter
from fairlead.local import make_executor
from fairlead.procedure import Executor, Procedure

__all__ = ["DeclaredProcedure", "Router", "walk_procedures"]

C = TypeVar("C", bound=Context)

RESERVED_NAMES = frozenset(
    {"then", "call", "apply", "_def", "createCaller", "pathKey", "pathFilter"}
)
"""Names that tRPC's client or server proxies use themselves."""

OWN_NAMES = frozenset(
    {"bind", "call", "ctx", "get_executor", "middleware", "nest", "router_path"}
)
"""Attributes of every router, which a procedure or a nested router would hide."""


class Router(Generic[C]):
    """Base of all routers; the type argument is the context its procedures need.

    Attributes:
        ctx: the context of the call that is running.
        call: the call that is running: path, abort signal, last event id.
        middleware: wraps every procedure of this router and of those nested in it.
    """

    ctx: C
    call: Call
    middleware: ClassVar[tuple[Middleware, ...]] = ()
    router_path: tuple[str, ...] = ()
    _executor: Executor | None = None
    _scope: ClassVar[Mapping[str, object]] = types.MappingProxyType({})

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        cls._scope = _get_enclosing_names(inspect.currentframe())
        for name, procedure in _own_procedures(cls).items():
            _reject_own_name(cls, name)
            if procedure.options.access is None:
                raise DefinitionError(
                    f"{cls.__name__}.{procedure.name} declares no access, so nobody may "
                    f"call it: say who may, for example @{procedure.kind}(access=public), "
                    f"access=authenticated or access=can('get', Resource)"
                )

    def get_executor(self) -> Executor:
        """What runs this instance's procedures.

        Raises:
            DefinitionError: the instance was made by hand.
        """
        if self._executor is None and "call" in self.__dict__:
            self._executor = make_executor(self.call)
        if self._executor is None:
            name = type(self).__qualname__
            raise DefinitionError(
                f"{name} is not connected: use create_caller({name}, context) in process "
                f"or connect(url, {name}) over the wire"
            )
        return self._executor

    def bind(self, executor: Executor, path: tuple[str, ...] = ()) -> None:
        """Connects the instance to what runs its procedures."""
        self._executor = executor
        self.router_path = path

    def nest(self, name: str, declared: type[Router[Any]]) -> Router[Any]:
        """The router below this one that stands under that name."""
        child = get_router_class(declared)()
        child.bind(self.get_executor(), (*self.router_path, name))
        return child

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """What is made when first used: a plain context, and nested routers."""
            if name == "ctx" and "call" in self.__dict__:
                context = self.__dict__["ctx"] = self.call.scope.get_plain()
                return context
            nested = None
            if not name.startswith("__"):
                nested = _get_annotated(type(self)).get(name)
            if nested is None:
                raise AttributeError(
                    f"{type(self).__qualname__} has no procedure or router {name!r}"
                )
            self.__dict__[name] = child = self.nest(name, nested)
            return child


def _get_enclosing_names(frame: types.FrameType | None) -> Mapping[str, object]:
    """Names that annotations of a class made inside a function may use."""
    caller = frame.f_back if frame is not None else None
    if caller is None or caller.f_code.co_name == "<module>":
        return {}
    return dict(caller.f_locals)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredProcedure:
    """A procedure at its place in the tree.

    Attributes:
        attributes: the attribute names that lead to it, the last one its own.
        router: the router class it is called on, with `type_arguments` for its type variables.
        middleware: of the routers on the way, outermost first.
    """

    attributes: tuple[str, ...]
    procedure: Procedure[..., Any]
    router: type[Router[Any]]
    type_arguments: Mapping[TypeVar, Any]
    middleware: tuple[Middleware, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a router stands: the attributes that lead there, and what lies on the way."""

    path: tuple[str, ...] = ()
    middleware: tuple[Middleware, ...] = ()
    above: tuple[Any, ...] = ()


def walk_procedures(
    router: type[Router[Any]],
    place: Place = Place(),
    postpone: Callable[[LazyRouter, Place], None] | None = None,
) -> Iterator[DeclaredProcedure]:
    """All procedures below a router, depth first, in order of declaration.

    Args:
        place: where the router stands itself.
        postpone: is given lazy routers; without it, they are loaded and walked like others.

    Raises:
        DefinitionError: routers nest in a circle, or a lazy one cannot be loaded.
    """
    yield from _walk(router, place, postpone)


def _walk(
    declared: Any,
    place: Place,
    postpone: Callable[[LazyRouter, Place], None] | None,
) -> Iterator[DeclaredProcedure]:
    path, outer, above = place.path, place.middleware, place.above
    if declared in above:
        names = " > ".join(get_router_class(router).__qualname__ for router in above)
        raise DefinitionError(f"routers nest in a circle: {names} at {'.'.join(path)}")
    cls = get_router_class(declared)
    middleware = outer + tuple(cls.middleware)
    arguments = get_type_arguments(declared)
    for name, procedure in get_procedures(cls).items():
        yield DeclaredProcedure(
            attributes=(*path, name),
            procedure=procedure,
            router=cls,
            type_arguments=arguments,
            middleware=middleware,
        )
    for name, nested in _get_annotated(cls).items():
        below = Place((*path, name), middleware, (*above, declared))
        yield from _walk(nested, below, postpone)
    for name, later in get_lazy(cls).items():
        below = Place((*path, name), middleware, (*above, declared))
        if postpone is None:
            yield from _walk(later.get_class(), below, None)
        else:
            postpone(later, below)


def get_router_class(declared: Any) -> type[Router[Any]]:
    """The class of a router or of a parametrized one such as `Crud[Pod]`."""
    origin: type[Router[Any]] = get_origin(declared) or declared
    return origin


def _reject_own_name(cls: type, name: str) -> None:
    if name in OWN_NAMES:
        raise DefinitionError(
            f"{cls.__name__}.{name} would hide an attribute that every router has: "
            f"call it {name}_ (clients then see {name!r})"
            if name not in RESERVED_NAMES
            else f"{cls.__name__}.{name}: {name!r} is taken by tRPC itself: rename it"
        )


def _own_procedures(cls: type) -> dict[str, Procedure[..., Any]]:
    return {
        name: value for name, value in vars(cls).items() if isinstance(value, Procedure)
    }


def get_procedures(cls: type[Router[Any]]) -> dict[str, Procedure[..., Any]]:
    """The procedures of a class by attribute name, inherited ones first."""
    found: dict[str, Procedure[..., Any]] = {}
    for base in reversed(cls.__mro__):
        for name in vars(base):
            found.pop(name, None)
        found.update(_own_procedures(base))
    return found


def get_nested(cls: type[Router[Any]]) -> dict[str, Any]:
    """The nested routers of a class by attribute name; lazy ones are loaded.

    Raises:
        DefinitionError: an annotation cannot be resolved, or a lazy router not loaded.
    """
    loaded = {name: later.get_class() for name, later in get_lazy(cls).items()}
    return {**_get_annotated(cls), **loaded}


def get_lazy(cls: type[Router[Any]]) -> dict[str, LazyRouter]:
    """The lazy routers of a class by attribute name."""
    found: dict[str, LazyRouter] = {}
    for base in reversed(cls.__mro__):
        for name, value in vars(base).items():
            found.pop(name, None)
            if isinstance(value, LazyRouter):
                found[name] = value
    return found


def _get_annotated(cls: type[Router[Any]]) -> dict[str, Any]:
    cached = cls.__dict__.get("_nested")
    if cached is None:
        cached = {
            name: hint
            for name, hint in resolve_hints(cls, cls).items()
            if is_router(hint)
        }
        for name in cached:
            _reject_own_name(cls, name)
        cls._nested = cached  # type: ignore[attr-defined]
    return typing.cast("dict[str, Any]", cached)


def is_router(hint: Any) -> bool:
    """Is it a router class, or a parametrized one?"""
    cls = get_origin(hint) or hint
    return isinstance(cls, type) and issubclass(cls, Router)


def resolve_hints(target: Any, cls: type[Router[Any]]) -> dict[str, Any]:
    """Annotations of a router class or of one of its methods, as types.

    Raises:
        DefinitionError: a name in them is not known where the router is defined.
    """
    local: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        local.update(getattr(base, "_scope", {}))
        local.setdefault(base.__name__, base)
    try:
        return typing.get_type_hints(target, localns=local, include_extras=True)
    except NameError as error:
        where = getattr(target, "__qualname__", repr(target))
        raise DefinitionError(
            f"{where} is annotated with {error.name!r}, which is not known in its module: "
            "import it there (not only under TYPE_CHECKING)"
        ) from error


def get_type_arguments(declared: Any) -> dict[TypeVar, Any]:
    """What each type variable of a router class (and of its bases) stands for."""
    cls = get_router_class(declared)
    found: dict[TypeVar, Any] = {}
    parameters: tuple[Any, ...] = getattr(cls, "__parameters__", ())
    found.update(zip(parameters, get_args(declared), strict=False))
    for base in getattr(cls, "__orig_bases__", ()):
        arguments = tuple(substitute(argument, found) for argument in get_args(base))
        generic: Any = get_origin(base) or base
        if generic is Generic:
            continue
        own: tuple[Any, ...] = getattr(generic, "__parameters__", ())
        above = zip(own, arguments, strict=False)
        found = {
            **get_type_arguments(generic[arguments] if arguments else generic),
            **dict(above),
            **found,
        }
    return found


def substitute(type_: Any, arguments: Mapping[TypeVar, Any]) -> Any:
    """A type expression with its type variables replaced, however deep they are."""
    if isinstance(type_, TypeVar):
        return arguments.get(type_, type_)
    metadata = getattr(type_, "__pydantic_generic_metadata__", None)
    if metadata is not None:
        parameters = metadata["parameters"]
        if not parameters:
            return type_
        return type_[tuple(arguments.get(name, name) for name in parameters)]
    inner = get_args(type_)
    replaced = tuple(substitute(argument, arguments) for argument in inner)
    # A union of Pydantic models does not know its own type variables, so all are looked at.
    if all(new is old for new, old in zip(replaced, inner, strict=True)):
        return type_
    return _rebuild(type_, replaced)


def _rebuild(type_: Any, arguments: tuple[Any, ...]) -> Any:
    origin = get_origin(type_)
    if origin is typing.Annotated:
        return typing.Annotated[(arguments[0], *type_.__metadata__)]
    if origin is types.UnionType:
        return typing.Union[arguments]  # noqa: UP007  made at run time
    copy_with = getattr(type_, "copy_with", None)
    return copy_with(arguments) if copy_with else origin[arguments]


def get_context_type_of(
    cls: type[Router[Any]], arguments: Mapping[TypeVar, Any]
) -> type[Context]:
    """The context that a router's procedures need, given its type arguments.

    Raises:
        DefinitionError: the router names none.
    """
    context = arguments.get(C)
    if isinstance(context, type) and issubclass(context, Context):
        return context
    name = cls.__qualname__
    raise DefinitionError(
        f"{name} does not say which context it needs: class {name}(Router[Context])"
    )
