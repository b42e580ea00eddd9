"""What the kit's hooks and contexts do, over the public API."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self, cast
from urllib.parse import quote

from fairlead import Call, Context, Next, Request, TRPCError
from fairlead.protocol import ErrorInfo, MetaInfo, ResponseMeta
from fairlead.schema import InputError

LOGS: dict[str, list[str]] = defaultdict(list)
HITS: dict[str, int] = defaultdict(int)
CONNECTIONS: dict[str, list[Callable[[], None]]] = defaultdict(list)


class KitError(Exception):
    """An application error; `kind` shows up in `error.data.cause`."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, kw_only=True)
class KitContext(Context):
    user: str | None

    @classmethod
    async def create(cls, request: Request) -> Self:
        params = request.connection_params or {}
        if request.headers.get("x-kit-ctx-fail") or params.get("fail"):
            raise TRPCError("UNAUTHORIZED", "context refused")
        drop_key = params.get("dropKey")
        if drop_key:
            CONNECTIONS[drop_key].append(request.abort)
        user = request.headers.get("x-user", params.get("user"))
        return cls(request=request, user=user)


def format_error(shape: dict[str, object], info: ErrorInfo) -> Mapping[str, object]:
    cause = info.error.__cause__
    context = info.context
    data = cast("dict[str, object]", shape["data"])
    return {
        **shape,
        "data": {
            **data,
            "type": info.type,
            "user": context.user if isinstance(context, KitContext) else None,
            "validation": isinstance(info.error, InputError),
            "cause": cause.kind if isinstance(cause, KitError) else None,
        },
    }


def response_meta(info: MetaInfo) -> ResponseMeta:
    paths = (
        "-"
        if info.paths is None
        else ",".join(quote(path, safe="!*'()~-_.") for path in info.paths)
    )
    headers = [
        ("x-kit-paths", paths),
        ("x-kit-type", info.type),
        ("x-kit-errors", "eager" if info.eager else str(len(info.errors))),
    ]
    if info.context is None:
        return ResponseMeta(headers=headers)
    asked = info.context.request.headers
    if asked.get("x-kit-vary"):
        headers.append(("vary", asked["x-kit-vary"]))
    count = _to_number(asked.get("x-kit-cookies", "0"))
    headers += [("set-cookie", f"kit{n}={n}; Path=/") for n in range(1, count + 1)]
    return ResponseMeta(
        headers=headers, status=_to_number(asked.get("x-kit-status", "0")) or None
    )


def _to_number(text: str) -> int:
    """As JavaScript's Number where a status or a count is asked for; 0 for what is none."""
    try:
        return int(float(text))
    except ValueError:
        return 0


async def guard(call: Call, call_next: Next) -> object:
    context = await call.scope.get(KitContext)
    if not context.user:
        raise TRPCError("UNAUTHORIZED", "login required")
    return await call_next()
