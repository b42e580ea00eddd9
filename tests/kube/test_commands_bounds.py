"""Commands in containers: whose they are, and how many and how much there may be of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from typing import cast

import pytest
from tests.kube.cluster import RBAC, make_context, opened, send
from tests.kube.commands import (
    App,
    make_app,
    open_cluster,
    read_exit,
    read_until,
    start,
)

from fairlead import TRPCError, create_caller
from fairlead.kube import Kube
from fairlead.kube.executing import ExecExit


@pytest.fixture
async def kube() -> AsyncIterator[Kube]:
    async with open_cluster() as kube:
        yield kube


@pytest.fixture
def app(kube: Kube) -> App:
    return make_app(kube)


async def test_other_users_cannot_type_into_it(app: App, kube: Kube) -> None:
    other = create_caller(App, make_context(kube, "bob"))
    async with opened(app.pods.exec("web", "team-a")) as events:
        id_ = await start(events)
        for call in (
            other.pods.exec_input(id_, 0, "exit\n"),
            other.pods.exec_resize(id_, 80, 24),
            other.pods.exec_end(id_),
        ):
            with pytest.raises(TRPCError) as caught:
                await call
            assert caught.value.code == "NOT_FOUND"


async def test_commands_of_one_user_are_bounded(app: App) -> None:
    async with (
        opened(app.pods.exec("web", "team-a")) as first,
        opened(app.pods.exec("web", "team-a")) as second,
    ):
        await start(first)
        await start(second)
        with pytest.raises(TRPCError, match="end one of them") as caught:
            await anext(app.pods.exec("web", "team-a"))
        assert caught.value.code == "TOO_MANY_REQUESTS"


async def test_commands_that_start_together_are_bounded(app: App) -> None:
    started = [app.pods.exec("web", "team-a") for _ in range(6)]
    found = await asyncio.gather(*map(anext, started), return_exceptions=True)
    assert sum(isinstance(each, TRPCError) for each in found) == 4
    for events in started:
        await cast("AsyncGenerator[object]", events).aclose()


async def test_commands_that_have_ended_do_not_count(app: App, kube: Kube) -> None:
    kube.terminals.options = replace(kube.terminals.options, linger=20)
    ids: list[str] = []
    for _ in range(5):
        events = app.pods.exec("web", "team-a", command=["true"])
        async with opened(events):
            ids.append(await start(events))
            assert (await read_exit(events)).code == 0
    # Their ends are kept for who comes back, but not of any number.
    for id_ in ids[-3:]:
        again = app.pods.exec("web", "team-a", last_event_id=f"{id_}/0")
        assert (await read_exit(again)).code == 0
    with pytest.raises(TRPCError, match="no such command"):
        await anext(app.pods.exec("web", "team-a", last_event_id=f"{ids[0]}/0"))


@pytest.mark.parametrize("seen", ["99", "9" * 5000, "x", ""])
async def test_place_in_a_command_that_is_none_ends_with_the_command(
    app: App, kube: Kube, seen: str
) -> None:
    kube.terminals.options = replace(kube.terminals.options, linger=20)
    async with opened(app.pods.exec("web", "team-a", command=["true"])) as events:
        id_ = await start(events)
        await read_exit(events)
    again = app.pods.exec("web", "team-a", last_event_id=f"{id_}/{seen}")
    async with asyncio.timeout(10):
        assert all(isinstance(each.data, ExecExit) for each in [e async for e in again])


async def test_right_to_one_pod_shows_nothing_of_a_command_in_another(app: App) -> None:
    async with opened(app.pods.exec("web", "team-a")) as events:
        id_ = await start(events)
        for name, namespace in (("other", "team-a"), ("web", "team-b")):
            again = app.pods.exec(name, namespace, last_event_id=f"{id_}/0")
            with pytest.raises(TRPCError, match="no such command"):
                await anext(again)
        with pytest.raises(TRPCError, match="no such command"):
            await anext(app.pods.attach("web", "team-a", last_event_id=f"{id_}/0"))


async def test_nobody_types_without_the_right_while_nobody_looks(
    app: App, kube: Kube
) -> None:
    kube.terminals.options = replace(kube.terminals.options, linger=20)
    async with opened(app.pods.exec("web", "team-a")) as events:
        id_ = await start(events)
    terminal = kube.terminals.find(id_, "ann")
    await send(
        kube.client, "DELETE", f"{RBAC}/clusterrolebindings/ann-pods-exec-create-get"
    )
    with pytest.raises(TRPCError, match="pods/exec") as caught:
        await app.pods.exec_input(id_, 0, "x")
    assert caught.value.code == "FORBIDDEN"
    async with asyncio.timeout(10):
        while terminal.exit is None:  # noqa: ASYNC110  nobody looks
            await asyncio.sleep(0.01)


async def test_command_too_long_for_a_url_is_refused(app: App) -> None:
    for command in (["echo", "x" * 40_000], ["x" * 400] * 100, ["é" * 10_000]):
        with pytest.raises(TRPCError) as caught:
            await anext(app.pods.exec("web", "team-a", command=command))
        assert caught.value.code == "BAD_REQUEST"


async def test_input_ahead_of_its_turn_is_bounded(app: App) -> None:
    async with opened(app.pods.exec("web", "team-a")) as events:
        id_ = await start(events)
        for number in (1, 2, 3):
            await app.pods.exec_input(id_, number, "x")
        with pytest.raises(TRPCError, match="Input 0 is missing"):
            await app.pods.exec_input(id_, 4, "x")
        # That one is what all of them wait for.
        await app.pods.exec_input(id_, 0, "echo ")
        await app.pods.exec_input(id_, 4, "\n")
        await read_until(events, "\nxxx\r\n")


async def test_input_ahead_of_its_turn_is_bounded_in_all(app: App, kube: Kube) -> None:
    options = replace(kube.terminals.options, waiting_characters=10)
    kube.terminals.options = options
    async with opened(app.pods.exec("web", "team-a")) as events:
        id_ = await start(events)
        await app.pods.exec_input(id_, 2, "\n")
        with pytest.raises(TRPCError, match="Input 0 is missing"):
            await app.pods.exec_input(id_, 1, "x" * 10)
        await app.pods.exec_input(id_, 0, f"echo {'y' * 20}")
        await app.pods.exec_input(id_, 1, "x" * 10)
        await read_until(events, f"\n{'y' * 20}{'x' * 10}\r\n")
