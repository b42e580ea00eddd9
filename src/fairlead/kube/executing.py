"""Procedures that run commands in containers: exec and attach, with their terminal.

    class Pods(PodRouter[Pod]): ...

The output is a subscription; input, resize and the end of input are mutations that name it. A
client sends them over the WebSocket that carries the subscription, so that they reach the same
process: `splitLink` by `operation.path`, see docs/kube.md.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from functools import partial
from typing import Annotated, Generic, Literal, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, Field

from fairlead.access import Authorizer, ResourceAttributes, authenticated, can
from fairlead.access.audit import Subject, note_denied
from fairlead.errors import TRPCError
from fairlead.kube.channels import Output
from fairlead.kube.client import KubeRequest
from fairlead.kube.errors import KubeError
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

MAX_COMMAND = 32_000
"""Characters as they stand in the request's URL, which servers bound."""

Options = Mapping[str, bool | tuple[str, ...]]
_NUMBER = re.compile(r"[0-9]{1,15}")
Word = Annotated[str, Field(max_length=MAX_COMMAND)]
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
        command: Annotated[list[Word], Field(min_length=1, max_length=100)]
        | None = None,
        tty: bool = True,
        last_event_id: str | None = None,
    ) -> AsyncIterator[tracked[ExecEvent]]:
        """Runs a command (by default `sh`) and gives its output.

        Who comes back with the last event's id gets what was missed of the same command.
        """
        words = tuple(command or SHELL)
        if sum(len(quote(word)) for word in words) > MAX_COMMAND:
            raise TRPCError(
                "BAD_REQUEST",
                f"The command is longer than {MAX_COMMAND} characters: send it as input",
            )
        options: Options = {
            "command": words,
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
        terminal = await self._find(id_)
        await terminal.write(number, text, self._terminals.options, end=end)

    @mutation(access=authenticated, name="execResize")
    async def exec_resize(self, id_: Id, columns: Size, rows: Size) -> None:
        """Tells a command of one's own how large its terminal is."""
        terminal = await self._find(id_)
        await terminal.resize(columns, rows)

    @mutation(access=authenticated, name="execEnd")
    async def exec_end(self, id_: Id) -> None:
        """Ends a command of one's own."""
        await self._terminals.find(id_, self.ctx.user.name).aclose()

    @property
    def _terminals(self) -> Terminals:
        return self.ctx.request.services.get(Terminals)

    async def _find(self, id_: str) -> Terminal:
        """A command of the caller's, who may still run it: also while nobody looks at it.

        Raises:
            TRPCError: NOT_FOUND, or FORBIDDEN; then the command ends.
        """
        terminal = self._terminals.find(id_, self.ctx.user.name)
        if terminal.exit is not None:
            return terminal  # which says so
        request = self.ctx.request
        authorizer = request.services.get(Authorizer)  # type: ignore[type-abstract]
        try:
            decision = await authorizer.review(request, terminal.right)
        except KubeError:
            return terminal  # a cluster that does not answer takes no rights away
        if not decision.allowed:
            terminal.end_soon()
            error = TRPCError("FORBIDDEN", decision.reason or "You may not do this")
            subject = Subject(request, self.call.path, self.call.kind, {})
            note_denied(subject, error, terminal.right)
            raise error
        return terminal

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
        place = self.ctx.kube.place(self.resource, namespace)
        right = ResourceAttributes.of(
            get_info(self.resource),
            "create",
            subresource=subresource,
            namespace=place,
            name=name,
        )
        after = 0
        if last_event_id is not None:
            # Never a second command, and none but that which the right was asked for.
            id_, _, seen = last_event_id.rpartition("/")
            terminal = terminals.find(id_, self.ctx.user.name, right)
            after = int(seen) if _NUMBER.fullmatch(seen) else 0
        else:
            terminal = await self._open(right, container, options)
        # Whose right is taken away sees no more of the command, and it ends.
        guard = partial(set_guard, self.ctx, self.call, right, terminal.end_soon)
        events = _show(terminal, after, opened=last_event_id is None)
        with terminals.viewing(terminal):
            async with aclosing(guard_events(events, guard)) as guarded:
                async for event in guarded:
                    yield event

    async def _open(
        self, right: ResourceAttributes, container: str | None, options: Options
    ) -> Terminal:
        kube = self.ctx.kube
        request = KubeRequest(
            method="GET",
            path=get_object_path(
                get_info(self.resource),
                right.name or "",
                right.namespace,
                right.subresource,
            ),
            credentials=kube.credentials,
            query={
                "container": container,
                "stdout": True,
                # A terminal has one stream; a cluster refuses both.
                "stderr": not options["tty"],
                **options,
            },
        )
        return await self._terminals.open(
            kube.raw.client, request, self.ctx.user.name, right
        )


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
