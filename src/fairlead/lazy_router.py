"""Routers whose modules are imported when something of theirs is called for the first time.

    if TYPE_CHECKING:
        from shop.reports import Reports

    def load_reports() -> type[Reports]:
        from shop.reports import Reports
        return Reports

    class App(Router[Context]):
        reports = lazy(load_reports)

Type checkers see a nested `Reports`; generated code has it in full, since generating loads all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from fairlead.errors import DefinitionError

if TYPE_CHECKING:
    from fairlead.router import Router

__all__ = ["LazyRouter", "Once", "lazy"]

R = TypeVar("R", bound="Router[Any]")
T = TypeVar("T")


def lazy(load: Callable[[], type[R]]) -> R:
    """A nested router that `load` imports; see the module's description.

    The import happens in a thread, once for all calls that wait for it. When it fails, those
    calls are answered with an error, and the next one tries again.
    """
    return cast("R", LazyRouter(load))


class Once:
    """Makes something once, whichever thread asks first; a failure is everybody's who waited.

    Raises:
        DefinitionError: making it failed, for whatever reason.
    """

    def __init__(self, make: Callable[[], T], name: str) -> None:
        self._make = make
        self._name = name
        self._lock = threading.Lock()
        self._made: list[object] = []
        self._failures = 0
        self._failure: DefinitionError | None = None

    def get(self) -> object:
        """What was made."""
        seen = self._failures
        with self._lock:
            if self._made:
                return self._made[0]
            if self._failure is not None and self._failures != seen:
                raise self._failure.with_traceback(None)
            try:
                self._made.append(self._make())
            # SystemExit would stop the server, and no future can carry a StopIteration.
            except (Exception, SystemExit) as error:
                self._failures += 1
                self._failure = DefinitionError(
                    f"the lazy router {self._name} could not be loaded: {error!r}"
                )
                raise self._failure from error
            return self._made[0]


class LazyRouter:
    """What stands in a router class for one that is not imported yet."""

    def __init__(self, load: Callable[[], object]) -> None:
        self._load = load
        self._name = getattr(load, "__name__", repr(load))
        self._once = Once(self._import, self._name)

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name
        self._once = Once(self._import, f"{owner.__qualname__}.{name}")

    def _import(self) -> type[Router[Any]]:
        from fairlead.router import is_router  # noqa: PLC0415

        found: Any = self._load()
        if not is_router(found):
            raise DefinitionError(f"it gave {found!r}: return a router class")
        return cast("type[Router[Any]]", found)

    def get_class(self) -> type[Router[Any]]:
        """The router class, imported now if need be.

        Raises:
            DefinitionError: that failed.
        """
        return cast("type[Router[Any]]", self._once.get())

    def __get__(self, instance: Router[Any] | None, owner: type) -> object:
        """In process: the nested router itself."""
        if instance is None:
            return self
        child = instance.nest(self._name, self.get_class())
        instance.__dict__[self._name] = child
        return child
