"""Procedures that run commands in containers: exec and attach, with their terminal.

    class Pods(PodRouter[Pod]): ...

The output is a subscription; input, resize and the end of input are mutations that name it. A
client sends them over the WebSocket that carries the subscription, so that they reach the same
process: `splitLink` by `operation.path`, see docs/kube.md.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from functools import partial
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

from fairlead.access import ResourceAttributes, authenticated, can
from fairlead.kube.channels import Output
from fairlead.kube.client import KubeRequest
from fairlead.kube.guard import guard_events
from fairlead.kube.resource import Resource, get_info
from fairlead.kube.routers import ResourceRouter
from fairlead.kube.terminals import Terminal, Terminals
from fairlead.kube.urls import get_object_path
from fairlead.kube.watching import set_guard
from fairlead.procedure import mutation, subscription
from fairlead.tracking import tracked

__all__ = ["ExecEvent", "ExecExit", "ExecOpened", "ExecOutput", "ExecRouter"]

R = TypeVar("R", bound=Resource)

SHELL = ("sh",)
"""What nearly every container has."""

Options = Mapping[str, bool | tuple[str, ...]]
Size = Annotated[int, Field(ge=1, le=1000)]
Id = Annotated[str, Field(max_length=64)]


class ExecOpened(BaseModel):
    """The command runs; `id` names it to the mutations."""

    type: Literal["opened"]
    id: str


class ExecOutput(BaseModel):
    """Text that the command wrote; with a terminal all of it is `stdout`."""

    type: Literal["output"]
    stream: Literal["stdout", "stderr"]
    text: str


class ExecExit(BaseModel):
    """The command has ended.

    Attributes:
        code: its exit code; None where it did not end by itself, and `message` says why.
    """

    type: Literal["exit"]
    code: int | None
    message: str


ExecEvent = Annotated[ExecOpened | ExecOutput | ExecExit, Field(discriminator="type")]


class ExecRouter(ResourceRouter[R], Generic[R]):
    """A resource router for pods that can run commands in their containers."""

    @subscription(access=can("create", subresource="exec"))
    async def exec(  # noqa: PLR0913, PLR0917  the options of kubectl exec
        self,
        name: str,
        namespace: str | None = None,
        container: str | None = None,
        command: Annotated[list[str], Field(min_length=1, max_length=100)]
        | None = None,
        tty: bool = True,
        last_event_id: str | None = None,
    ) -> AsyncIterator[tracked[ExecEvent]]:
        """Runs a command (by default `sh`) and gives its output.

        Who comes back with the last event's id gets what was missed of the same command.
        """
        options: Options = {
            "command": tuple(command or SHELL),
            "stdin": True,
            "tty": tty,
        }
        async for event in self._run(
            "exec", name, namespace, container, options, last_event_id
        ):
            yield event

    @subscription(access=can("create", subresource="attach"))
    async def attach(  # noqa: PLR0913, PLR0917  the options of kubectl attach
        self,
        name: str,
        namespace: str | None = None,
        container: str | None = None,
        stdin: bool = False,
        tty: bool = False,
        last_event_id: str | None = None,
    ) -> AsyncIterator[tracked[ExecEvent]]:
        """Gives the output of what the container runs anyway."""
        options: Options = {"stdin": stdin, "tty": tty}
        async for event in self._run(
            "attach", name, namespace, container, options, last_event_id
        ):
            yield event

    @mutation(access=authenticated, name="execInput")
    async def exec_input(
        self,
        id_: Id,
        number: Annotated[int, Field(ge=0)],
        text: Annotated[str, Field(max_length=1_000_000)],
        end: bool = False,
    ) -> None:
        """Types into a command of one's own; `number` counts from 0 and keeps the order.

        Args:
            end: there is no input after it: what reads to the end of its input goes on.
        """
        limit = self._terminals.options.waiting_input
        await self._find(id_).write(number, text, limit, end=end)

    @mutation(access=authenticated, name="execResize")
    async def exec_resize(self, id_: Id, columns: Size, rows: Size) -> None:
        """Tells a command of one's own how large its terminal is."""
        await self._find(id_).resize(columns, rows)

    @mutation(access=authenticated, name="execEnd")
    async def exec_end(self, id_: Id) -> None:
        """Ends a command of one's own."""
        await self._find(id_).aclose()

    @property
    def _terminals(self) -> Terminals:
        return self.ctx.request.services.get(Terminals)

    def _find(self, id_: str) -> Terminal:
        return self._terminals.find(id_, self.ctx.user.name)

    async def _run(  # noqa: PLR0913, PLR0917  what both procedures have in common
        self,
        subresource: Literal["exec", "attach"],
        name: str,
        namespace: str | None,
        container: str | None,
        options: Options,
        last_event_id: str | None,
    ) -> AsyncIterator[tracked[ExecEvent]]:
        terminals = self._terminals
        if last_event_id is not None:
            id_, _, seen = last_event_id.rpartition("/")
            terminal = self._find(id_)  # never a second command
            after = int(seen) if seen.isdecimal() else 0
        else:
            after = 0
            terminal = await self._open(
                subresource, name, namespace, container, options
            )
        place = self.ctx.kube.place(self.resource, namespace)
        right = ResourceAttributes.of(
            get_info(self.resource),
            "create",
            subresource=subresource,
            namespace=place,
            name=name,
        )
        # Whose right is taken away sees no more of the command, and it ends.
        guard = partial(set_guard, self.ctx, self.call, right, terminal.end_soon)
        events = _show(terminal, after, opened=last_event_id is None)
        with terminals.viewing(terminal):
            async with aclosing(guard_events(events, guard)) as guarded:
                async for event in guarded:
                    yield event

    async def _open(
        self,
        subresource: Literal["exec", "attach"],
        name: str,
        namespace: str | None,
        container: str | None,
        options: Options,
    ) -> Terminal:
        kube = self.ctx.kube
        place = kube.place(self.resource, namespace)
        request = KubeRequest(
            method="GET",
            path=get_object_path(get_info(self.resource), name, place, subresource),
            credentials=kube.credentials,
            query={
                "container": container,
                "stdout": True,
                # A terminal has one stream; a cluster refuses both.
                "stderr": not options["tty"],
                **options,
            },
        )
        return await self._terminals.open(kube.raw.client, request, self.ctx.user.name)


async def _show(
    terminal: Terminal, after: int, *, opened: bool
) -> AsyncIterator[tracked[ExecEvent]]:
    """What a command writes, as clients get it."""
    if opened:
        began = ExecOpened(type="opened", id=terminal.id)
        yield tracked(f"{terminal.id}/0", began)
    async for number, event in terminal.read(after):
        if isinstance(event, Output):
            shown: ExecOutput | ExecExit = ExecOutput(
                type="output", stream=event.stream, text=event.text
            )
        else:
            shown = ExecExit(type="exit", code=event.code, message=event.message)
        yield tracked(f"{terminal.id}/{number}", shown)
