"""Commands in containers through the dev cluster: streams, input in order, resume, the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

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
from fairlead.kube.executing import ExecOutput


@pytest.fixture
async def kube() -> AsyncIterator[Kube]:
    async with open_cluster() as kube:
        yield kube


@pytest.fixture
def app(kube: Kube) -> App:
    return make_app(kube)


async def test_command_gives_its_output_and_its_exit_code(app: App) -> None:
    command = ["sh", "-c", "echo hello; exit 3"]
    async with opened(
        app.pods.exec("web", "team-a", command=command, tty=False)
    ) as events:
        await start(events)
        assert await read_until(events, "hello") == "hello\n"
        assert (await read_exit(events)).code == 3


async def test_shell_takes_input_in_its_order(app: App) -> None:
    async with opened(app.pods.exec("web", "team-a")) as events:
        id_ = await start(events)
        # The second comes first, and the first twice, as after a lost answer.
        await app.pods.exec_input(id_, 1, "two\n")
        await app.pods.exec_input(id_, 0, "echo one-")
        await app.pods.exec_input(id_, 0, "echo one-")
        assert "one-two" in await read_until(events, "one-two\r\n")
        await app.pods.exec_input(id_, 2, "exit 4\n")
        assert (await read_exit(events)).code == 4


async def test_large_paste_arrives_whole(app: App) -> None:
    async with opened(app.pods.exec("web", "team-a", command=["cat"])) as events:
        id_ = await start(events)
        text = "é" * 60_000 + "END"
        await app.pods.exec_input(id_, 0, f"{text}\n")
        shown = await read_until(events, "END")
        assert shown.count("é") >= 60_000


async def test_who_comes_back_gets_what_was_missed_of_the_same_command(
    app: App,
) -> None:
    async with opened(app.pods.exec("web", "team-a")) as events:
        id_ = await start(events)
        await app.pods.exec_input(id_, 0, "X=kept\n")
        last = (await anext(events)).id
        await app.pods.exec_input(id_, 1, "echo value-$X\n")
    async with opened(app.pods.exec("web", "team-a", last_event_id=last)) as again:
        assert "value-kept" in await read_until(again, "value-kept")


async def test_command_that_is_gone_is_never_started_again(app: App) -> None:
    with pytest.raises(TRPCError, match="no such command") as caught:
        await anext(app.pods.exec("web", "team-a", last_event_id="gone/3"))
    assert caught.value.code == "NOT_FOUND"


async def test_command_nobody_looks_at_ends(app: App, kube: Kube) -> None:
    async with opened(app.pods.exec("web", "team-a")) as events:
        id_ = await start(events)
    async with asyncio.timeout(20):
        while True:
            try:
                kube.terminals.find(id_, "ann")
            except TRPCError:
                break
            await asyncio.sleep(0.02)


async def test_the_container_sees_the_terminal_at_its_size(app: App) -> None:
    async with opened(app.pods.exec("web", "team-a")) as events:
        id_ = await start(events)
        for number, (columns, rows) in enumerate([(100, 30), (132, 43)]):
            await app.pods.exec_resize(id_, columns, rows)
            await app.pods.exec_input(id_, number, "stty size\n")
            await read_until(events, f"\n{rows} {columns}\r\n")
        await app.pods.exec_input(id_, 2, "exit 7\n")
        assert (await read_exit(events)).code == 7


async def test_without_a_terminal_there_is_no_size(app: App) -> None:
    async with opened(
        app.pods.exec("web", "team-a", command=["stty", "size"], tty=False)
    ) as events:
        await start(events)
        assert "Inappropriate ioctl" in await read_until(events, "device\n")
        assert (await read_exit(events)).code == 1


async def test_characters_that_frames_cut_apart_arrive_whole(app: App) -> None:
    command = ["by-bytes", "é€😀"]
    async with opened(
        app.pods.exec("web", "team-a", command=command, tty=False)
    ) as events:
        await start(events)
        assert await read_until(events, "😀") == "é€😀"
        assert (await read_exit(events)).code == 5


async def test_a_command_waits_for_a_slow_reader_and_nothing_is_lost(app: App) -> None:
    rounds = 400  # some megabytes: twenty times what is kept
    command = ["flood", str(rounds)]
    shown = ""
    async with (
        asyncio.timeout(30),
        opened(app.pods.exec("web", "team-a", command=command, tty=False)) as events,
    ):
        async for event in events:
            if isinstance(event.data, ExecOutput):
                shown += event.data.text
                if len(shown) < 50_000:
                    await asyncio.sleep(0.01)
    assert shown == "".join(f"{number}\n" * 1000 for number in range(rounds))


async def test_what_nobody_read_in_time_is_said_to_be_missing(
    app: App, kube: Kube
) -> None:
    kube.terminals.options = replace(kube.terminals.options, linger=20)
    command = ["flood", "100"]
    async with opened(
        app.pods.exec("web", "team-a", command=command, tty=False)
    ) as events:
        id_ = await start(events)
    terminal = kube.terminals.find(id_, "ann")
    async with asyncio.timeout(10):
        while terminal.exit is None:  # noqa: ASYNC110  nobody is told: nobody looks
            await asyncio.sleep(0.01)
    again = app.pods.exec("web", "team-a", last_event_id=f"{id_}/0")
    async with asyncio.timeout(10), opened(again) as events:
        first = (await anext(events)).data
        assert isinstance(first, ExecOutput)
        assert "output was left out here" in first.text
        assert await read_until(events, "99\n")


async def test_input_ends_and_the_command_goes_on(app: App) -> None:
    command = ["count-input"]
    async with opened(
        app.pods.exec("web", "team-a", command=command, tty=False)
    ) as events:
        id_ = await start(events)
        await app.pods.exec_input(id_, 1, "two", end=True)
        await app.pods.exec_input(id_, 0, "one")
        assert await read_until(events, "bytes") == "6 bytes\n"
        assert (await read_exit(events)).code == 0


async def test_a_right_that_is_taken_away_ends_the_command(
    app: App, kube: Kube
) -> None:
    async with opened(app.pods.exec("web", "team-a")) as events:
        id_ = await start(events)
        binding = f"{RBAC}/clusterrolebindings/ann-pods-exec-create-get"
        await send(kube.client, "DELETE", binding)
        with pytest.raises(TRPCError, match="pods/exec") as caught:
            await read_exit(events)
        assert caught.value.code == "FORBIDDEN"
    terminal = kube.terminals.find(id_, "ann")
    async with asyncio.timeout(10):
        while terminal.exit is None:  # noqa: ASYNC110  nobody may look any more
            await asyncio.sleep(0.01)
    with pytest.raises(TRPCError, match="has ended"):
        await app.pods.exec_input(id_, 0, "x")


async def test_resize_and_end(app: App) -> None:
    async with opened(app.pods.exec("web", "team-a")) as events:
        id_ = await start(events)
        await app.pods.exec_resize(id_, 100, 30)
        await app.pods.exec_end(id_)
        assert (await read_exit(events)).code is None
        with pytest.raises(TRPCError, match="has ended"):
            await app.pods.exec_input(id_, 0, "x")


async def test_attach_shows_what_the_container_writes(app: App) -> None:
    async with opened(app.pods.attach("web", "team-a")) as events:
        await start(events)


async def test_without_the_right_nothing_runs(kube: Kube) -> None:
    app = create_caller(App, make_context(kube, "eve"))
    with pytest.raises(TRPCError, match="pods/exec") as caught:
        await anext(app.pods.exec("web", "team-a"))
    assert caught.value.code == "FORBIDDEN"


async def test_pod_that_is_not_there(app: App) -> None:
    with pytest.raises(TRPCError) as caught:
        await anext(app.pods.exec("nowhere", "team-a"))
    assert caught.value.code == "NOT_FOUND"


async def test_pod_that_is_deleted_ends_its_commands(app: App, kube: Kube) -> None:
    async with opened(app.pods.exec("web", "team-a")) as events:
        id_ = await start(events)
        await send(kube.client, "DELETE", "/api/v1/namespaces/team-a/pods/web")
        assert (await read_exit(events)).code == 137
        with pytest.raises(TRPCError, match="has ended"):
            await app.pods.exec_input(id_, 0, "x")
