"""The server-side caller: an application's procedures as typed Python calls."""

from __future__ import annotations

from typing import Any, TypeVar

from fairlead.compiling import compile_router
from fairlead.context import Context, ContextScope
from fairlead.local import LocalExecutor
from fairlead.router import Router

__all__ = ["create_caller"]

RouterT = TypeVar("RouterT", bound=Router[Any])


def create_caller(router: type[RouterT], context: Context) -> RouterT:
    """The router in process: every procedure callable with its own signature.

    Calls go through access, validation and middleware exactly as over the wire.

    Args:
        context: the root context, or the one that the procedures need.
    """
    caller = router()
    scope = ContextScope(context.request, context)
    caller.bind(LocalExecutor(compile_router(router, lazily=True).tree, scope))
    return caller
