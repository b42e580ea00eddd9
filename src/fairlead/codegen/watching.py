"""`fairlead generate --watch`: generates again on every save.

Each run is a process of its own, so that every module is imported afresh; it is forked from a
server that has Fairlead and Pydantic loaded already, which saves most of the time.
"""

import gc
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, SpawnContext
from pathlib import Path

from watchfiles import PythonFilter, watch

from fairlead.codegen.generating import Generated, GenerationSource, generate

Load = Callable[[], GenerationSource]
"""Imports the application; must be importable itself, since it runs in another process."""

_PRELOADED = ["fairlead.codegen.watching", "fairlead.kube", "fairlead.asgi"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRun:
    """One generation while watching; either `generated` or `error` is there."""

    generated: Generated | None
    error: str | None
    seconds: float


def watch_and_generate(
    load: Load,
    folder: Path,
    *,
    sources: Sequence[Path],
    package_name: str | None = None,
    stop: threading.Event | None = None,
) -> Iterator[WatchRun]:
    """Generates now, and again whenever a Python file under `sources` changes.

    A broken application ends no watching: its error is in the run, and the package stays as it
    was.

    Args:
        stop: ends the iteration when set.
    """
    context = _context()
    yield _run(context, load, folder, package_name)
    for _ in watch(
        *sources, watch_filter=PythonFilter(), stop_event=stop, raise_interrupt=False
    ):
        yield _run(context, load, folder, package_name)


def _context() -> ForkServerContext | SpawnContext:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


def _run(
    context: ForkServerContext | SpawnContext,
    load: Load,
    folder: Path,
    package_name: str | None,
) -> WatchRun:
    started = time.perf_counter()
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(
        target=_generate, args=(load, folder, package_name, sending)
    )
    process.start()
    sending.close()
    try:
        answer: object = receiving.recv()
    except EOFError:
        answer = "the application ended the process while it was imported"
    process.join()
    receiving.close()
    return WatchRun(
        generated=answer if isinstance(answer, Generated) else None,
        error=None if isinstance(answer, Generated) else str(answer),
        seconds=time.perf_counter() - started,
    )


def _generate(
    load: Load, folder: Path, package_name: str | None, sending: Connection
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    gc.disable()  # the process ends before its garbage matters
    try:
        sending.send(generate(load(), folder, package_name=package_name))
    except Exception as error:  # whatever the application's modules raise
        sending.send(f"{type(error).__name__}: {error}")
