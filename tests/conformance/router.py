"""The kit's conformance router (kit/ROUTER.md) in Python."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import Annotated, NotRequired

from pydantic import ConfigDict, Field, FiniteFloat
from tests.conformance.kit_context import (
    CONNECTIONS,
    HITS,
    LOGS,
    KitContext,
    KitError,
    guard,
)
from tests.conformance.streams import StreamRouter
from tests.conformance.subscriptions import SubRouter
from tests.conformance.types import TypesRouter
from tests.conformance.values import Int
from typing_extensions import TypedDict

from fairlead import MISSING, Call, Next, Router, TRPCError, mutation, public, query
from fairlead.asgi.connections import Connections
from fairlead.errors import ErrorCode
from fairlead.uploads import ByteStream, FormData

ABSENT = "\0absent"  # no client sends this for a message


class Named(TypedDict):
    name: NotRequired[str]


class Kept(TypedDict):
    keep: str


class KeptStrictly(TypedDict):
    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]  # Pydantic's way to configure a TypedDict

    keep: str


class Merged(TypedDict):
    a: Int
    b: str


class Identified(TypedDict):
    id: int


class Quotient(TypedDict):
    quotient: float


class Text(Router[KitContext]):
    @query(access=public)
    async def upper(self, text: str, /) -> str:
        return text.upper()

    @query(access=public)
    async def repeat(
        self, text: str, times: Annotated[Int, Field(ge=1, le=20)] = 2
    ) -> str:
        return text * times

    @mutation(access=public)
    async def length(self, text: str, /) -> int:
        return len(text)


class Math(Router[KitContext]):
    @query(access=public)
    async def add(self, a: FiniteFloat, b: FiniteFloat) -> float:
        return a + b

    @query(access=public)
    async def div(self, a: FiniteFloat, b: FiniteFloat) -> Quotient:
        if b == 0:
            raise TRPCError("BAD_REQUEST", "Division by zero")
        return {"quotient": a / b}

    @mutation(access=public)
    async def sum(self, numbers: list[FiniteFloat], /) -> float:
        return sum(numbers)


class Logic(Router[KitContext]):
    @query(access=public)
    async def not_(self, value: bool, /) -> bool:
        return not value


class Shape(Router[KitContext]):
    @query(access=public)
    async def user(self, id: Annotated[Int, Field(ge=1)]) -> dict[str, object]:  # noqa: A002  the wire's name
        return {
            "id": id,
            "name": f"user-{id}",
            "tags": ["t1", "t2"],
            "address": {"city": "Oslo", "zip": None},
            "manager": {"id": id - 1, "name": f"user-{id - 1}"} if id > 1 else None,
        }

    @mutation(access=public)
    async def pick(self, value: Kept, /) -> Kept:
        return value

    @mutation(access=public)
    async def strict(self, value: KeptStrictly, /) -> KeptStrictly:
        return value

    @query(access=public)
    async def merged(self, value: Merged, /) -> Merged:
        return value


class DeepTwo(Router[KitContext]):
    @query(access=public)
    async def three(self) -> str:
        return "deep"


class DeepOne(Router[KitContext]):
    two: DeepTwo

    @query(access=public)
    async def ping(self) -> str:
        return "deep pong"


class Deep(Router[KitContext]):
    one: DeepOne


class Out(Router[KitContext]):
    @query(access=public)
    async def filtered(self) -> Identified:
        return {"id": 1, "secret": "hidden"}  # type: ignore[typeddict-unknown-key]  # the output schema's work

    @query(access=public)
    async def invalid(self) -> Identified:
        return {"id": "x"}  # type: ignore[typeddict-item]  # the output schema's work

    @mutation(access=public)
    async def checked(self, value: object = MISSING, /) -> str:
        return value  # type: ignore[return-value]  # the output schema's work


class Errors(Router[KitContext]):
    @query(access=public)
    async def fail(self, code: ErrorCode, message: str = ABSENT) -> None:
        raise TRPCError(code, None if message == ABSENT else message)

    @mutation(access=public)
    async def fail_mut(self, code: ErrorCode, message: str = ABSENT) -> None:
        raise TRPCError(code, None if message == ABSENT else message)

    @query(access=public)
    async def plain(self) -> None:
        raise RuntimeError("plain boom")

    @query(access=public)
    async def with_cause(self) -> None:
        raise TRPCError("CONFLICT", "outer", cause=KitError("inner", "db"))

    @query(access=public)
    async def cause_only(self) -> None:
        raise TRPCError("FORBIDDEN", cause=KitError("inner only", "acl"))

    @query(access=public)
    async def kit(self) -> None:
        raise KitError("raw kit", "raw")


class Ctx(Router[KitContext]):
    @query(access=public)
    async def whoami(self) -> str | None:
        return self.ctx.user

    @query(access=public)
    async def params(self) -> dict[str, str | None] | None:
        params = self.ctx.request.connection_params
        return None if params is None else dict(params)

    @query(access=public, name="self")
    async def this_call(self) -> dict[str, object]:
        return {
            "path": self.call.path,
            "type": self.call.kind,
            "batchIndex": self.call.batch_index,
        }

    @query(access=public)
    async def request(self) -> dict[str, object] | None:
        info = self.ctx.request.info
        if info is None:
            return None
        return {
            "isBatchCall": info.is_batch,
            "accept": info.accept,
            "type": info.type,
            "paths": list(info.paths),
        }


TRAIL: ContextVar[tuple[str, ...]] = ContextVar("TRAIL", default=())


async def first_step(call: Call, call_next: Next) -> object:
    del call
    TRAIL.set(("first",))
    return await call_next()


async def second_step(call: Call, call_next: Next) -> object:
    await call.parse_input()
    TRAIL.set((*TRAIL.get(), "second"))
    return await call_next()


class Guarded(Router[KitContext]):
    @query(access=public, use=(guard,))
    async def secret(self) -> str:
        return f"secret of {self.ctx.user}"

    @mutation(access=public, use=(guard,))
    async def admin(self) -> str:
        if self.ctx.user != "root":
            raise TRPCError("FORBIDDEN", "admins only")
        return "welcome"

    @query(access=public, use=(guard,))
    async def typed(self, n: Int) -> int:
        return n

    @mutation(access=public, use=(first_step, second_step))
    async def trail(self, text: str, /) -> dict[str, object]:
        return {"trail": list(TRAIL.get()), "input": text}


class Upload(Router[KitContext]):
    @mutation(access=public)
    async def form(self, form: FormData, /) -> dict[str, object]:
        fields: list[list[object]] = []
        files: list[list[object]] = []
        for name, value in form.entries:
            if isinstance(value, str):
                fields.append([name, value])
            else:
                files.append(
                    [
                        name,
                        value.filename,
                        value.content_type,
                        len(value.data),
                        value.data.decode(),
                    ]
                )
        return {"fields": fields, "files": files}

    @mutation(access=public)
    async def bytes(self, body: ByteStream, /) -> dict[str, int]:
        data = await body.read()
        return {"size": len(data), "sum": sum(data) % 65536}


async def wait(ms: int, key: str) -> dict[str, int]:
    outcome = "aborted"
    try:
        await asyncio.sleep(ms / 1000)
        outcome = "finished"
    finally:
        if key:
            LOGS[key].append(outcome)
    return {"waited": ms}


class Slow(Router[KitContext]):
    @query(access=public)
    async def wait(
        self, ms: Annotated[Int, Field(ge=0)], key: str = ""
    ) -> dict[str, int]:
        return await wait(ms, key)

    @mutation(access=public)
    async def wait_mut(
        self, ms: Annotated[Int, Field(ge=0)], key: str = ""
    ) -> dict[str, int]:
        return await wait(ms, key)


class Side(Router[KitContext]):
    @query(access=public)
    async def log(self, key: str) -> list[str]:
        return LOGS[key]

    @mutation(access=public)
    async def hit(self, key: str) -> int:
        HITS[key] += 1
        return HITS[key]

    @query(access=public)
    async def flaky(self, key: str, failures: Int) -> dict[str, int]:
        HITS[key] += 1
        if HITS[key] <= failures:
            raise TRPCError("SERVICE_UNAVAILABLE", f"attempt {HITS[key]}")
        return {"attempt": HITS[key]}

    @mutation(access=public)
    async def drop(self, key: str) -> int:
        cuts = CONNECTIONS.pop(key, [])
        for cut in cuts:
            cut()
        return len(cuts)

    @mutation(access=public)
    async def broadcast_reconnect(self) -> str:
        self.ctx.request.services.get(Connections).broadcast_reconnect()
        return "sent"


class App(Router[KitContext]):
    text: Text
    math: Math
    logic: Logic
    shape: Shape
    deep: Deep
    out: Out
    errors: Errors
    ctx_: Ctx
    guarded: Guarded
    upload: Upload
    slow: Slow
    side: Side
    stream: StreamRouter
    sub: SubRouter
    types: TypesRouter

    @query(access=public)
    async def ping(self) -> str:
        return "pong"

    @query(access=public)
    async def nothing(self) -> object:
        return MISSING

    @query(access=public)
    async def nil(self) -> None:
        return None

    @query(access=public)
    async def echo(self, value: object = MISSING, /) -> object:
        return value

    @mutation(access=public)
    async def echo_mut(self, value: object = MISSING, /) -> object:
        return value

    @mutation(access=public)
    async def touch(self) -> str:
        return "touched"

    @mutation(access=public)
    async def noop(self) -> object:
        return MISSING

    @query(access=public)
    async def greet(self, value: Named = {}, /) -> str:  # noqa: B006  never changed
        return f"Hello, {value.get('name', 'world')}"

    @query(access=public)
    async def nickname(self, name: str = "anon", /) -> str:
        return name

    @mutation(access=public)
    async def nickname_mut(self, name: str = "anon", /) -> str:
        return name
