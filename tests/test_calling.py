"""The call pipeline: contexts, access, input, middleware, body, output."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import pytest
from pydantic import BaseModel

from fairlead import (
    Call,
    Context,
    Next,
    Request,
    Router,
    TRPCError,
    TypedError,
    User,
    UserContext,
    authenticated,
    compile_router,
    create_caller,
    mutation,
    public,
    query,
    raw_json,
    subscription,
    tracked,
)
from fairlead.context import ContextScope


class Item(BaseModel):
    size: int


class LockHeldError(TypedError, code="CONFLICT"):
    """Somebody else holds the lock."""

    held_by: str


@dataclass(frozen=True, kw_only=True)
class CountedContext(Context):
    number: int
    made: ClassVar[list[int]] = []

    @classmethod
    async def derive(cls, parent: Context) -> Self:
        cls.made.append(len(cls.made))
        return cls(request=parent.request, number=len(cls.made))


class Counted(Router[CountedContext]):
    @query(access=public)
    async def number(self) -> int:
        return self.ctx.number


class Account(Router[UserContext]):
    @query(access=authenticated)
    async def name(self) -> str:
        return self.ctx.user.name


async def add_trail(call: Call, call_next: Next) -> object:
    result = await call_next()
    return f"{call.path}:{result}"


class Wrapped(Router[Context]):
    middleware = (add_trail,)

    @query(access=public, use=(add_trail,))
    async def twice(self) -> str:
        return "x"


class App(Router[Context]):
    counted: Counted
    account: Account
    wrapped: Wrapped

    @query(access=public)
    async def double(self, value: int = 21) -> int:
        return value * 2

    @query(access=public)
    async def whole(self, item: Item, /) -> int:
        return item.size

    @query(access=public)
    async def by_way_of_another(self) -> int:
        return await self.double(5) + await self.counted.number()

    @mutation(access=public, raises=(LockHeldError,))
    async def lock(self) -> None:
        raise LockHeldError(held_by="ann")

    @query(access=public)
    async def broken(self) -> Item:
        return {"size": "large"}  # type: ignore[return-value]  # pyright: ignore[reportReturnType]

    @query(access=public)
    async def ready(self) -> list[Item]:
        return raw_json(b'[{"size":3}]', list[Item])

    @query(access=public)
    async def numbers(self, to: int) -> AsyncIterator[int]:
        for number in range(to):
            yield number

    @subscription(access=public)
    async def ticks(
        self, last_event_id: str | None = None
    ) -> AsyncIterator[tracked[int]]:
        start = int(last_event_id or 0)
        for number in range(start + 1, start + 3):
            yield tracked(str(number), number)


def connect(user: User | None = None) -> App:
    return create_caller(App, Context(request=Request(user=user)))


async def test_defaults_fill_an_absent_input() -> None:
    app = connect()
    assert await app.double() == 42
    assert await app.double(value=4) == 8


async def test_positional_only_parameter_is_the_whole_input() -> None:
    assert await connect().whole(Item(size=7)) == 7


async def test_a_procedure_calls_its_siblings_through_the_pipeline() -> None:
    assert await connect().by_way_of_another() > 10


async def test_derived_context_is_made_once_per_request() -> None:
    app = connect()
    assert await app.counted.number() == await app.counted.number()
    assert await connect().counted.number() != await app.counted.number()


async def test_context_that_needs_a_user_is_unauthorized_without_one() -> None:
    with pytest.raises(TRPCError) as caught:
        await connect().account.name()
    assert caught.value.code == "UNAUTHORIZED"
    assert await connect(User(name="ann")).account.name() == "ann"


async def test_a_context_that_failed_is_not_tried_again() -> None:
    tries: list[int] = []

    class Refusing(Context):
        @classmethod
        async def derive(cls, parent: Context) -> Self:
            tries.append(1)
            raise TRPCError("FORBIDDEN", "no")

    scope = ContextScope(Request(), Context(request=Request()))
    for _ in range(3):
        with pytest.raises(TRPCError, match="no"):
            await scope.get(Refusing)
    assert tries == [1]


async def test_middleware_wraps_outermost_first() -> None:
    assert await connect().wrapped.twice() == "wrapped.twice:wrapped.twice:x"


async def test_typed_error_carries_its_fields_and_its_docstring() -> None:
    with pytest.raises(LockHeldError) as caught:
        await connect().lock()
    assert caught.value.code == "CONFLICT"
    assert caught.value.message == "Somebody else holds the lock."
    assert caught.value.data == {"heldBy": "ann"}
    assert caught.value.held_by == "ann"


async def test_result_that_breaks_its_type_is_an_internal_error() -> None:
    with pytest.raises(TRPCError, match="Output validation failed") as caught:
        await connect().broken()
    assert caught.value.code == "INTERNAL_SERVER_ERROR"


async def test_ready_json_is_sent_as_it_is_and_parsed_in_process() -> None:
    assert await connect().ready() == [Item(size=3)]
    procedure = compile_router(App).procedures["ready"]
    result = await procedure.call(Call(procedure, ContextScope(Request())))
    assert procedure.output.to_json(result) == b'[{"size":3}]'


async def test_streamed_query_and_subscription() -> None:
    app = connect()
    assert [number async for number in await app.numbers(3)] == [0, 1, 2]
    assert [event async for event in app.ticks()] == [tracked("1", 1), tracked("2", 2)]


async def test_last_event_id_reaches_the_parameter_of_that_name() -> None:
    procedure = compile_router(App).procedures["ticks"]
    call = Call(procedure, ContextScope(Request()), last_event_id="5")
    events: Any = await procedure.call(call)
    assert [event.id async for event in events] == ["6", "7"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b'{"value":"1"}', "BAD_REQUEST"),
        (b'{"value":true}', "BAD_REQUEST"),
        (b'{"value":null}', "BAD_REQUEST"),
        (b"{", "BAD_REQUEST"),
        (b"[]", "BAD_REQUEST"),
    ],
)
async def test_input_is_validated_strictly(raw: bytes, code: str) -> None:
    procedure = compile_router(App).procedures["double"]
    with pytest.raises(TRPCError) as caught:
        await procedure.call(Call(procedure, ContextScope(Request()), raw))
    assert caught.value.code == code


async def stamp(call: Call, call_next: Next) -> object:
    return f"{call.procedure.options.meta}: {await call_next()}"


class Documented(Router[Context]):
    @query(access=public, meta={"cost": 3}, use=(stamp,))
    async def expensive(self) -> str:
        return "done"


async def test_middleware_reads_a_procedures_metadata() -> None:
    caller = create_caller(Documented, Context(request=Request()))

    assert await caller.expensive() == "{'cost': 3}: done"
