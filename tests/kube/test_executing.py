"""Commands in containers through the dev cluster: streams, input in order, resume, the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from typing import cast

import pytest
from tests.kube.cluster import RBAC, grant, make_context, opened, prepare, send

from fairlead import Context, Router, TRPCError, create_caller
from fairlead.devcluster import DevCluster
from fairlead.devcluster.echoing import run_command
from fairlead.devcluster.execution import ExecSession
from fairlead.kube import Kube, PodRouter, Resource
from fairlead.kube.executing import ExecEvent, ExecExit, ExecOpened, ExecOutput
from fairlead.kube.reviews import ReviewOptions
from fairlead.kube.terminals import TerminalOptions
from fairlead.tracking import tracked


class Pod(Resource, group="", version="v1", plural="pods"):
    """What runs."""


class Pods(PodRouter[Pod]):
    """With commands."""


class App(Router[Context]):
    pods: Pods


Events = AsyncIterator[tracked[ExecEvent]]


async def run(session: ExecSession) -> int:
    """The dev cluster's shell, and a command that sends each byte by itself."""
    name, *words = session.request.command
    if name == "flood":
        for number in range(int(words[0])):
            await session.write(f"{number}\n" * 1000)
        return 0
    if name == "count-input":
        count = 0
        while data := await session.read():
            count += len(data)
        await session.write(f"{count} bytes\n")
        return 0
    if name != "by-bytes":
        return await run_command(session, time.time)
    for byte in words[0].encode():
        await session.write(bytes((byte,)))
    return 5


@pytest.fixture
async def kube() -> AsyncIterator[Kube]:
    options = TerminalOptions(per_user=2, linger=0.2, waiting_input=3, kept=100_000)
    async with (
        DevCluster(on_exec=run) as cluster,
        Kube.from_kubeconfig(
            cluster.kubeconfig_path,
            identity="impersonate",
            terminals=options,
            recheck_seconds=0.05,
            reviews=ReviewOptions(seconds=0),
        ) as kube,
    ):
        await prepare(kube.client)
        for user in ("ann", "bob"):
            await grant(kube.client, user, ["create", "get"], None, ("", "pods/exec"))
            await grant(kube.client, user, ["create", "get"], None, ("", "pods/attach"))
        await send(
            kube.client,
            "POST",
            "/api/v1/namespaces/team-a/pods",
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": "web"},
                "spec": {"containers": [{"name": "main", "image": "x"}]},
            },
        )
        yield kube


@pytest.fixture
def app(kube: Kube) -> App:
    return create_caller(App, make_context(kube, "ann"))


async def read_until(events: Events, text: str) -> str:
    """What a command wrote until a text came."""
    shown = ""
    async with asyncio.timeout(20):
        async for event in events:
            if isinstance(event.data, ExecOutput):
                shown += event.data.text
            if text in shown:
                return shown
    raise AssertionError(shown)


async def read_exit(events: Events) -> ExecExit:
    async with asyncio.timeout(20):
        async for event in events:
            if isinstance(event.data, ExecExit):
                return event.data
    raise AssertionError("it ended without saying how")


async def start(events: Events) -> str:
    first = (await anext(events)).data
    assert isinstance(first, ExecOpened)
    return first.id


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
