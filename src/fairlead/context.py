"""What a procedure knows about its caller: the request, and contexts derived from it.

A context class is a gate. `Router[UserContext]` cannot run without a user, because the only
way to a `UserContext` is its `derive`, which raises UNAUTHORIZED when there is none.
"""

from __future__ import annotations

import asyncio
import inspect
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import (
    Literal,
    Protocol,
    Self,
    TypeVar,
    cast,
    get_type_hints,
    runtime_checkable,
)

from fairlead.errors import DefinitionError, TRPCError

__all__ = [
    "Context",
    "ContextScope",
    "Request",
    "RequestInfo",
    "RequestSession",
    "ServiceChooser",
    "Services",
    "User",
    "UserContext",
    "get_user",
]

T = TypeVar("T")
C = TypeVar("C", bound="Context")


@runtime_checkable
class Provider(Protocol):
    """A part that brings others along, such as a cluster and its answers about rights."""

    @property
    def provides(self) -> Mapping[type, Callable[[], object]]:
        """The others by type, made when first asked for."""
        ...


@runtime_checkable
class ServiceChooser(Protocol):
    """A part that gives some requests other parts, such as another cluster."""

    def choose(self, request: Request) -> Services | None:
        """The services of a request; None for the application's own.

        Raises:
            TRPCError: the request asks for what is not there.
        """
        ...


class Services:
    """The application's long-lived parts (a cluster, a session store), found by type.

    What a `Provider` brings along gives way to a part of that type that was added itself.
    """

    def __init__(self, *parts: object) -> None:
        self._parts: dict[type, object] = {}
        self._provided: dict[type, Callable[[], object]] = {}
        # Checks of protocols take microseconds each, and calls look the same parts up.
        self._found: dict[type, object] = {}
        for part in parts:
            self.add(part)

    def add(self, part: object, *, as_type: type | None = None) -> None:
        """Registers a part under its class (and `as_type`, when given)."""
        self._found.clear()
        for cls in (type(part), as_type):
            if cls is not None:
                self._parts[cls] = part
        if isinstance(part, Provider):
            self._provided.update(part.provides)

    def with_part(self, part: object) -> Services:
        """The same parts with one in the place of its like, and of what that one brought along."""
        twin = Services()
        replaced: set[type] = {type(part)}
        if isinstance(part, Provider):
            replaced.update(part.provides)
        twin._parts = {
            cls: each for cls, each in self._parts.items() if cls not in replaced
        }
        twin._provided = dict(self._provided)
        twin.add(part)
        return twin

    def find(self, cls: type[T]) -> T | None:
        """The part of that type, or None."""
        try:
            return cast("T | None", self._found[cls])
        except KeyError:
            pass
        part = self._look_up(cls)
        found = self._found[cls] = part if isinstance(part, cls) else None
        return found

    def _look_up(self, cls: type) -> object:
        if cls not in self._parts and cls in self._provided:
            self._parts[cls] = self._provided[cls]()
        return self._parts.get(cls)

    def get(self, cls: type[T]) -> T:
        """The part of that type.

        Raises:
            DefinitionError: the application was made without it.
        """
        part = self.find(cls)
        if part is None:
            raise DefinitionError(
                f"the application has no {cls.__name__}: pass one to Fairlead(...)"
            )
        return part


def _do_nothing() -> None:
    """What aborts nothing: a call in process has no connection."""


@dataclass(slots=True)
class RequestInfo:
    """Which calls an HTTP request makes, before any of them runs.

    Attributes:
        accept: `application/jsonl` when the client wants the answers streamed.
    """

    is_batch: bool
    accept: str | None
    type: Literal["query", "mutation", "subscription", "unknown"]
    paths: Sequence[str]


class RequestSession(Protocol):
    """The sign-in that a request belongs to, as far as transports care."""

    def note_use(self) -> None:
        """The user did something: the session is not idle."""
        ...

    def on_end(self, tell: Callable[[TRPCError], None]) -> Callable[[], None]:
        """Calls `tell` once when the session ends; returns what stops that."""
        ...


# Not frozen: one is made for every request, and a frozen dataclass takes three times as long.
@dataclass(kw_only=True, slots=True, eq=False)
class Request:
    """What arrived, whatever the transport: one HTTP request or one WebSocket connection.

    Attributes:
        headers: names in lower case; repeated ones joined by `, `.
        connection_params: tRPC's connection params, None when the client sent none.
        client: host and port of the peer, when known.
        session: the sign-in behind `user`, where there is one that can end.
        info: the calls of an HTTP request (none yet for a WebSocket connection); None in process.
        abort: cuts the connection without an answer.
    """

    transport: Literal["http", "websocket", "local"] = "local"
    method: str = "GET"
    path: str = "/"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    cookies: Mapping[str, str] = field(default_factory=dict[str, str])
    connection_params: Mapping[str, str | None] | None = None
    client: tuple[str, int] | None = None
    user: User | None = None
    session: RequestSession | None = None
    services: Services = field(default_factory=Services)
    info: RequestInfo | None = None
    abort: Callable[[], None] = field(default=_do_nothing, repr=False)
    _id: str = field(default="", repr=False)

    def get_id(self) -> str:
        """What logs and audit records call it: the `X-Request-Id` it came with, else a new one."""
        if not self._id:
            given = self.headers.get("x-request-id", "")
            self._id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        return self._id


_REQUEST_ID = re.compile(r"[\w.:/=+-]{1,128}", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """Who is calling, as authentication established it.

    Attributes:
        name: the stable user name that authorization and audit use.
        groups: the groups that authorization uses.
    """

    name: str
    groups: tuple[str, ...] = ()
    display_name: str | None = None
    email: str | None = None


@dataclass(frozen=True, kw_only=True)
class Context:
    """The root context: made once per HTTP request or WebSocket connection.

    Subclass it and override `create` for a root of your own, or define
    `async def derive(cls, parent: Parent) -> Self` to narrow another context.
    """

    request: Request

    @classmethod
    async def create(cls, request: Request) -> Self:
        """Makes the root context. Raise TRPCError to refuse the whole request."""
        return cls(request=request)


@dataclass(frozen=True, kw_only=True)
class UserContext(Context):
    """A context that has a user; without one, calls end with UNAUTHORIZED."""

    user: User

    @classmethod
    async def derive(cls, parent: Context) -> Self:
        """Takes the user that authentication found."""
        return cls(request=parent.request, user=get_user(parent.request))


def get_user(request: Request) -> User:
    """Who signed in.

    Raises:
        TRPCError: UNAUTHORIZED; nobody did.
    """
    if request.user is None:
        raise TRPCError("UNAUTHORIZED", "Sign in first: this needs a user")
    return request.user


def get_derive(cls: type[C]) -> Callable[[Context], Awaitable[C]]:
    """The `derive` that a context class has; only ask for it when it has a parent."""
    derive: Callable[[Context], Awaitable[C]] = getattr(cls, "derive")  # noqa: B009
    return derive


def get_parent_type(cls: type[Context]) -> type[Context] | None:
    """The context that `cls` is derived from; None for a root.

    Raises:
        DefinitionError: `derive` does not say what it is derived from.
    """
    return _find_parent_type(cls)  # type: ignore[arg-type]  # classes are hashable


@lru_cache(maxsize=1024)  # asked for every request, and found by inspection
def _find_parent_type(cls: type[Context]) -> type[Context] | None:
    derive = getattr(cls, "derive", None)
    if derive is None:
        return None
    parameters = list(inspect.signature(derive).parameters)
    hint = get_type_hints(derive).get(parameters[0]) if parameters else None
    if not (isinstance(hint, type) and issubclass(hint, Context)):
        raise DefinitionError(
            f"{cls.__qualname__}.derive must say what it is derived from: "
            "async def derive(cls, parent: Context) -> Self"
        )
    if issubclass(hint, cls):
        raise DefinitionError(f"{cls.__qualname__}.derive is derived from itself")
    return hint


class ContextScope:
    """The contexts of one request: the root and each derived one are made once.

    A failure is remembered too, so ten calls of a batch check the user once.

    Args:
        request: what they are made from, or what makes it when somebody first asks for it.
        services: those of the request, where they are known before it is made.
    """

    __slots__ = ("_is_making", "_made", "_request", "_services", "_waiters")

    def __init__(
        self,
        request: Request | Callable[[], Request],
        *contexts: Context,
        services: Services | None = None,
    ) -> None:
        self._request = request
        self._services = services
        self._made: dict[type[Context], Context | Exception] = (
            {type(context): context for context in contexts} if contexts else {}
        )
        self._is_making = False
        self._waiters: list[asyncio.Future[None]] | None = None

    @property
    def request(self) -> Request:
        """The request or connection that the contexts belong to."""
        found = self._request
        if not isinstance(found, Request):
            found = self._request = found()
        return found

    @property
    def services(self) -> Services:
        """The application's parts."""
        return self.request.services if self._services is None else self._services

    def get_plain(self) -> Context:
        """The plain root context, which is made without waiting."""
        made = self.find(Context)
        if made is None:
            made = self._made[Context] = Context(request=self.request)
        return made

    def find(self, cls: type[C]) -> C | None:
        """The context if it was made already, else None; raises what its making raised."""
        made = self._made.get(cls)
        if made is None:
            return None
        if isinstance(made, Exception):
            raise made.with_traceback(None)
        return made if isinstance(made, cls) else None

    async def get(self, cls: type[C]) -> C:
        """The context of that class, derived now if need be.

        Raises:
            TRPCError: a `create` or `derive` on the way refused.
        """
        made = self.find(cls)
        if made is not None:
            return made
        if cls is Context:  # no lock needed
            return cast("C", self.get_plain())
        while self._is_making:  # one after the other: a lock that costs nothing alone
            await self._wait()
        self._is_making = True
        try:
            return await self._make(cls)
        finally:
            self._is_making = False
            waiters, self._waiters = self._waiters, None
            for waiter in waiters or ():
                if not waiter.done():
                    waiter.set_result(None)

    async def _wait(self) -> None:
        if self._waiters is None:
            self._waiters = []
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await waiter

    async def _make(self, cls: type[C]) -> C:
        made = self.find(cls)
        if made is not None:
            return made
        parent = get_parent_type(cls)
        try:
            if parent is None:
                context = await cls.create(self.request)
            else:
                context = await get_derive(cls)(await self._make(parent))
        except Exception as error:
            self._made[cls] = error
            raise
        self._made[cls] = context
        return context
