"""Mistakes that both type checkers report: each is expected where it stands, and nowhere else."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from tests.typing.client_calls import App, Pod, Pods

from fairlead.client import connect, live


async def call_wrongly() -> None:
    async with connect("https://example.com/trpc", App) as app:
        await app.pods.list_(7)  # type: ignore[arg-type]
        await app.pods.list_(limit="x")  # type: ignore[arg-type]
        await app.pods.list_("x", 3)  # type: ignore[call-arg]
        await app.pods.list_(color="red")  # type: ignore[call-arg]
        await app.pods.rename()  # type: ignore[call-arg]
        await app.pods.rename({"name": "a"})  # type: ignore[arg-type]
        await app.pods.remove()  # type: ignore[attr-defined]


async def use_results_wrongly() -> None:
    async with connect("https://example.com/trpc", App) as app:
        pods = await app.pods.list_()
        number: int = pods[0].name  # type: ignore[assignment]
        pod: Pod = app.pods.rename(Pod(name="a"))  # type: ignore[assignment]
        del number, pod


async def subscribe_wrongly() -> None:
    async with connect("https://example.com/trpc", App) as app:
        await app.pods.watch()  # type: ignore[misc]
        async for event in app.pods.watch():
            del event.name  # type: ignore[attr-defined]
        async for line in app.pods.logs("a"):  # type: ignore[attr-defined]
            del line


async def connect_wrongly() -> None:
    connect("https://example.com/trpc", Pod)  # type: ignore[type-var]
    connect("https://example.com/trpc", App, token=7)  # type: ignore[arg-type]
    async with connect("https://example.com/trpc", Pods) as pods, live(pods):  # type: ignore[arg-type]
        pass
