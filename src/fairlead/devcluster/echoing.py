"""How the echo shell runs in a session: one command, a script, or a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from fairlead.devcluster.execution import ExecSession
from fairlead.devcluster.lineediting import END, INTERRUPT, LineEditor
from fairlead.devcluster.shell import SHELLS, Container, Result, Shell


async def run_command(session: ExecSession, clock: Callable[[], float]) -> int:
    """Run the command of a session; return its exit code.

    Raises:
        UnknownCommandError: There is no such program.
    """
    request = session.request
    container = Container(
        request.namespace,
        request.pod,
        request.container,
        request.environment,
        request.folder,
        partial(_get_size, session),
    )
    shell = Shell(container, clock)
    words = list(request.command)
    program = words[0].rpartition("/")[2]
    if program in SHELLS and "-c" in words[1:-1]:
        return await _run_script(session, shell, words[words.index("-c") + 1])
    if program in SHELLS:
        return await (_run_terminal if request.tty else _run_lines)(session, shell)
    if program == "cat" and len(words) == 1:
        while data := await session.read():
            await session.write(data)
        return 0
    result = shell.run(words)
    await _show(session, result)
    return result.code


def _get_size(session: ExecSession) -> tuple[int, int] | None:
    if not session.request.tty:
        return None
    size = session.terminal
    return (0, 0) if size is None else (size.rows, size.columns)


async def _show(session: ExecSession, result: Result) -> None:
    await session.write(result.output)
    await session.write_error(result.errors)
    if result.seconds:
        await asyncio.sleep(result.seconds)


async def _run_line(session: ExecSession, shell: Shell, line: str) -> bool:
    """Run a line; tell whether it left the shell."""
    for result in shell.run_line(line):
        await _show(session, result)
        if result.exits:
            return True
    return False


async def _run_script(session: ExecSession, shell: Shell, script: str) -> int:
    for line in script.splitlines():
        if await _run_line(session, shell, line):
            break
    return shell.last


async def _run_lines(session: ExecSession, shell: Shell) -> int:
    async for line in session.lines():
        if await _run_line(session, shell, line):
            break
    return shell.last


async def _run_terminal(session: ExecSession, shell: Shell) -> int:
    editor = LineEditor()
    await session.write(_prompt(shell))
    while data := await session.read():
        for line in editor.feed(data):
            await session.write(editor.take_echo())
            if line == END:
                await session.write("exit\n")
                return shell.last
            if line == INTERRUPT:
                shell.last = 130
            elif await _run_line(session, shell, line):
                return shell.last
            await session.write(_prompt(shell))
        await session.write(editor.take_echo())
    return shell.last


def _prompt(shell: Shell) -> str:
    return f"{shell.folder} # "
