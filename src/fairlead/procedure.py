"""Procedures: methods of a router class that clients can call.

The decorated method becomes a descriptor. On the class it is the declaration; on an instance
it is a bound procedure, called in process or over the wire, with the method's own signature.
Both type checkers infer that from `ParamSpec` and the result type, so a router class is its
client's type too.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Concatenate,
    Generic,
    Literal,
    ParamSpec,
    Protocol,
    Required,
    Self,
    TypedDict,
    TypeVar,
    Unpack,
    cast,
    overload,
)

from fairlead.access.policy import Policy
from fairlead.errors import DefinitionError, TypedError

if TYPE_CHECKING:
    from fairlead.calling import Middleware
    from fairlead.router import Router

__all__ = [
    "BoundSubscription",
    "BoundUnary",
    "Executor",
    "Mutation",
    "Procedure",
    "ProcedureKind",
    "ProcedureOptions",
    "Query",
    "Subscription",
    "mutation",
    "query",
    "subscription",
]

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
S = TypeVar("S")

ProcedureKind = Literal["query", "mutation", "subscription"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcedureOptions:
    """What a procedure declares beside its signature.

    Attributes:
        access: who may call it; None is refused when the router class is made.
        name: wire name; by default the method's name in camelCase without a trailing `_`.
        raises: typed errors that clients see in the procedure's type.
        use: middleware of this procedure, outermost first.
        meta: anything middleware wants to know of it.
        deprecated: why, and what to use instead; shown in editors.
        timeout: seconds a call may take; None for the application's limit.
    """

    access: Policy | None = None
    name: str | None = None
    raises: tuple[type[TypedError], ...] = ()
    use: tuple[Middleware, ...] = ()
    meta: object = None
    deprecated: str | None = None
    timeout: float | None = None


class _Arguments(TypedDict, total=False):
    """`ProcedureOptions` as keyword arguments; `access` must be there."""

    access: Required[Policy]
    name: str | None
    raises: tuple[type[TypedError], ...]
    use: tuple[Middleware, ...]
    meta: object
    deprecated: str | None


class _UnaryArguments(_Arguments, total=False):
    timeout: float | None


class Executor(Protocol):
    """Runs bound procedures: in process, or over the wire."""

    async def call(
        self,
        path: tuple[str, ...],
        procedure: Procedure[..., Any],
        arguments: Mapping[str, object],
    ) -> object:
        """Calls a query or mutation; `arguments` are by parameter name."""
        ...

    def stream(
        self,
        path: tuple[str, ...],
        procedure: Procedure[..., Any],
        arguments: Mapping[str, object],
    ) -> AsyncIterator[object]:
        """Opens a subscription."""
        ...


class Procedure(Generic[P, R]):
    """A declared procedure; see `query`, `mutation` and `subscription`."""

    kind: ClassVar[ProcedureKind]

    def __init__(self, function: Callable[..., object], options: ProcedureOptions):
        self.function = function
        self.options = options
        self.name = function.__name__
        self.__doc__ = function.__doc__
        self.__wrapped__ = function

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def bind_arguments(
        self, args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> Mapping[str, object]:
        """The arguments of one call by parameter name, without the defaults.

        Raises:
            TypeError: they do not fit the signature.
        """
        signature = inspect.signature(self.function)
        bound = signature.bind(None, *args, **kwargs)
        arguments = dict(bound.arguments)
        arguments.pop(next(iter(signature.parameters)))
        return arguments


class _Unary(Procedure[P, R]):
    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: Router[Any], owner: type) -> BoundUnary[P, R]: ...
    def __get__(
        self, instance: Router[Any] | None, owner: type
    ) -> Self | BoundUnary[P, R]:
        return self if instance is None else BoundUnary(self, instance)


class Query(_Unary[P, R]):
    """A declared query: reads, changes nothing, may be repeated."""

    kind = "query"


class Mutation(_Unary[P, R]):
    """A declared mutation: changes something, is never repeated by itself."""

    kind = "mutation"


class Subscription(Procedure[P, T]):
    """A declared subscription: a stream of events."""

    kind = "subscription"

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(
        self, instance: Router[Any], owner: type
    ) -> BoundSubscription[P, T]: ...
    def __get__(
        self, instance: Router[Any] | None, owner: type
    ) -> Self | BoundSubscription[P, T]:
        return self if instance is None else BoundSubscription(self, instance)


class BoundUnary(Generic[P, R]):
    """A query or mutation of one router instance: await it with the method's arguments."""

    __slots__ = ("procedure", "router")

    def __init__(self, procedure: Procedure[P, R], router: Router[Any]) -> None:
        self.procedure = procedure
        self.router = router

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Calls it."""
        arguments = self.procedure.bind_arguments(args, kwargs)
        path = (*self.router.router_path, self.procedure.name)
        result = await self.router.get_executor().call(path, self.procedure, arguments)
        return cast("R", result)


class BoundSubscription(Generic[P, T]):
    """A subscription of one router instance: iterate over what calling it returns."""

    __slots__ = ("procedure", "router")

    def __init__(self, procedure: Procedure[P, T], router: Router[Any]) -> None:
        self.procedure = procedure
        self.router = router

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
        """Opens it; the work starts when it is iterated."""
        arguments = self.procedure.bind_arguments(args, kwargs)
        path = (*self.router.router_path, self.procedure.name)
        stream = self.router.get_executor().stream(path, self.procedure, arguments)
        return cast("AsyncIterator[T]", stream)


class _QueryDecorator(Protocol):
    @overload
    def __call__(
        self, function: Callable[Concatenate[S, P], Awaitable[R]], /
    ) -> Query[P, R]: ...
    @overload
    def __call__(
        self, function: Callable[Concatenate[S, P], AsyncIterator[T]], /
    ) -> Query[P, AsyncIterator[T]]: ...


class _MutationDecorator(Protocol):
    @overload
    def __call__(
        self, function: Callable[Concatenate[S, P], Awaitable[R]], /
    ) -> Mutation[P, R]: ...
    @overload
    def __call__(
        self, function: Callable[Concatenate[S, P], AsyncIterator[T]], /
    ) -> Mutation[P, AsyncIterator[T]]: ...


class _SubscriptionDecorator(Protocol):
    def __call__(
        self, function: Callable[Concatenate[S, P], AsyncIterator[T]], /
    ) -> Subscription[P, T]: ...


def query(**options: Unpack[_UnaryArguments]) -> _QueryDecorator:
    """Declares a method as a query; see `ProcedureOptions` for the arguments.

    The method is `async def`; as an async generator its results are streamed.
    """
    decorator: _QueryDecorator = _declare(
        Query[..., Any], ProcedureOptions(**options), "query"
    )
    return decorator


def mutation(**options: Unpack[_UnaryArguments]) -> _MutationDecorator:
    """Declares a method as a mutation; see `ProcedureOptions` for the arguments."""
    decorator: _MutationDecorator = _declare(
        Mutation[..., Any], ProcedureOptions(**options), "mutation"
    )
    return decorator


def subscription(**options: Unpack[_Arguments]) -> _SubscriptionDecorator:
    """Declares an async generator method as a subscription.

    Yield `tracked(id, data)` to make it resumable: a parameter `last_event_id: str | None`
    then receives the last id that the client has seen.
    """
    decorator: _SubscriptionDecorator = _declare(
        Subscription[..., Any], ProcedureOptions(**options), "subscription"
    )
    return decorator


def _declare(
    make: Callable[[Callable[..., object], ProcedureOptions], Procedure[..., Any]],
    options: ProcedureOptions,
    kind: ProcedureKind,
) -> Any:
    """The decorator itself; its precise type is what the caller declares to return."""

    def decorate(function: Callable[..., object]) -> Procedure[..., Any]:
        _reject_wrong_function(function, kind)
        return make(function, options)

    return decorate


def _reject_wrong_function(function: Callable[..., object], kind: str) -> None:
    name = getattr(function, "__qualname__", repr(function))
    if inspect.isasyncgenfunction(function):
        return
    if kind == "subscription":
        # A plain `def` may hand on another's iterator; a coroutine can not.
        if inspect.iscoroutinefunction(function):
            raise DefinitionError(
                f"{name} is a subscription, but an `async def` without `yield`: "
                "yield its events"
            )
        return
    if not inspect.iscoroutinefunction(function):
        raise DefinitionError(
            f"{name} is not `async def`: Fairlead is async only. Declare it "
            f"`async def` and run blocking work with `asyncio.to_thread`"
        )
