"""pods/exec and pods/attach: from the request to the session that answers it."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial

from fairlead.devcluster.channels import Channels, choose_protocol
from fairlead.devcluster.echoing import run_command
from fairlead.devcluster.errors import bad_request
from fairlead.devcluster.execution import (
    Exchange,
    ExecHandler,
    ExecRequest,
    ExecSession,
)
from fairlead.devcluster.jsontypes import NO_FIELDS, NO_ITEMS, JsonObject, is_object
from fairlead.devcluster.logs import choose_container, follow_log
from fairlead.devcluster.reads import find_record
from fairlead.devcluster.request import Request
from fairlead.devcluster.state import State
from fairlead.devcluster.target import Target

_KILLED = 137
_ENDED = {"Succeeded", "Failed"}
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def answer_interactive(target: Target) -> Exchange:
    """Answer exec or attach; 400 when the request is not one to be upgraded."""
    request, state = target.request, target.state
    record = find_record(target)
    body = record.decode()
    spec: JsonObject = body.get("spec") or NO_FIELDS
    attach = request.subresource == "attach"
    container = choose_container(request, spec, record.name)
    wanted = _read_streams(request, attach=attach)
    phase = (body.get("status") or NO_FIELDS).get("phase")
    if phase in _ENDED:
        raise bad_request(
            f"cannot exec into a container in a completed pod; current phase is {phase}"
        )
    if request.upgrade != "websocket":
        raise bad_request("Upgrade request required: this server speaks WebSocket")
    asked = ExecRequest(
        record.namespace,
        record.name,
        container,
        tuple(request.query.get("command", ())),
        environment=_environment(spec, container, record.name, tty=wanted["tty"]),
        folder=str(_container_spec(spec, container).get("workingDir") or "/"),
        **wanted,
    )
    channels = Channels(choose_protocol(request.protocols))
    if attach:
        return Exchange(asked, channels, partial(_attach, state))
    handler = state.on_exec or partial(run_command, clock=state.clock)
    return Exchange(asked, channels, partial(_run, state, handler))


async def _run(state: State, handler: ExecHandler, session: ExecSession) -> int:
    """Run a command until it ends, or its container does: then it is killed."""
    command = asyncio.ensure_future(handler(session))
    gone = asyncio.create_task(_wait_gone(state, session.request))
    try:
        await asyncio.wait({command, gone}, return_when=asyncio.FIRST_COMPLETED)
        return command.result() if command.done() else _KILLED
    finally:
        for task in (command, gone):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task


async def _wait_gone(state: State, request: ExecRequest) -> None:
    key = (request.namespace, request.pod, request.container)
    async with contextlib.aclosing(follow_log(state, key)) as pieces:
        async for _ in pieces:
            pass


def _read_streams(request: Request, *, attach: bool) -> dict[str, bool]:
    names = ("stdin", "stdout", "stderr", "tty")
    found = {name: request.flag(name) for name in names}
    if not (found["stdin"] or found["stdout"] or found["stderr"]):
        raise bad_request("you must specify at least 1 of stdin, stdout, stderr")
    if found["tty"] and found["stderr"]:
        found["stderr"] = False  # a terminal has one output
    if not attach and not any(request.query.get("command", ())):
        raise bad_request("you must specify at least one command for the container")
    return found


def _container_spec(spec: JsonObject, name: str) -> JsonObject:
    for item in [*(spec.get("containers") or NO_ITEMS), *(spec.get("initContainers") or NO_ITEMS)]:  # fmt: skip
        if item.get("name") == name:
            found: JsonObject = item
            return found
    return NO_FIELDS


def _environment(
    spec: JsonObject, container: str, pod: str, *, tty: bool
) -> dict[str, str]:
    found = {
        "PATH": _PATH,
        "HOME": "/root",
        "HOSTNAME": pod,
        "KUBERNETES_SERVICE_HOST": "127.0.0.1",
    }
    if tty:
        found["TERM"] = "xterm"
    for item in _container_spec(spec, container).get("env") or NO_ITEMS:
        if is_object(item) and "value" in item:
            found[str(item.get("name"))] = str(item["value"])
    return found


async def _attach(state: State, session: ExecSession) -> int:
    """Show what the container logs from now on; echo what is typed."""
    request = session.request
    key = (request.namespace, request.pod, request.container)
    echo = asyncio.create_task(_echo(session))
    try:
        async with contextlib.aclosing(follow_log(state, key)) as pieces:
            async for piece in pieces:
                await session.write(piece)
    finally:
        echo.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await echo
    return 0


async def _echo(session: ExecSession) -> None:
    while data := await session.read():
        await session.write(data)
