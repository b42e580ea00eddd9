"""`fairlead generate --watch`: generates again on every save.

Each run is a process of its own, so that every module is imported afresh; it is forked from a
server that has Fairlead and Pydantic loaded already, which saves most of the time. Classes that
follow definitions are written when a definition has changed, and before the application is
loaded.
"""

import gc
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, SpawnContext
from pathlib import Path

from watchfiles import Change, PythonFilter, watch

from fairlead.codegen.crd_models import FollowedKinds, generate_models
from fairlead.codegen.generating import Generated, GenerationSource, generate

Load = Callable[[], GenerationSource]
"""Imports the application; must be importable itself, since it runs in another process."""

_PRELOADED = ["fairlead.codegen.watching", "fairlead.kube", "fairlead.asgi"]
_PRELOADED_FOR_KINDS = [*_PRELOADED, "datamodel_code_generator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRun:
    """One generation while watching; either `generated` or `error` is there.

    Attributes:
        classes: modules of classes that changed with their definitions; None when these were
            not read, or could not be.
    """

    generated: Generated | None
    error: str | None
    seconds: float
    classes: Sequence[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """What is generated.

    Attributes:
        folder: the TypeScript package.
        kinds: classes that are written first.
    """

    load: Load
    folder: Path
    package_name: str | None = None
    kinds: FollowedKinds | None = None


def watch_and_generate(
    generation: Generation,
    *,
    sources: Sequence[Path],
    stop: threading.Event | None = None,
) -> Iterator[WatchRun]:
    """Generates now, and again whenever a Python file under `sources`, or a definition, changes.

    A broken application or definition ends no watching: its error is in the run, and the
    package stays as it was.

    Args:
        stop: ends the iteration when set.
    """
    kinds = generation.kinds
    context = _context(_PRELOADED if kinds is None else _PRELOADED_FOR_KINDS)
    run = _run(context, generation)
    yield run
    folders = {source.resolve() for source in sources}
    if kinds is not None:
        folders |= kinds.get_watched()
    due = True
    for changes in watch(
        *folders, watch_filter=_Saves(kinds), stop_event=stop, raise_interrupt=False
    ):
        # Classes that could not be written stay due, lest the next save hides it.
        due = (due and run.classes is None) or _has_definition(changes, kinds)
        run = _run(context, replace(generation, kinds=kinds if due else None))
        yield run


class _Saves(PythonFilter):
    """Python files, and what classes are made from wherever it lies."""

    def __init__(self, kinds: FollowedKinds | None) -> None:
        super().__init__()
        self._kinds = kinds

    def __call__(self, change: Change, path: str) -> bool:
        if self._kinds is not None and self._kinds.reads(Path(path)):
            return True
        return super().__call__(change, path)


def _has_definition(
    changes: Iterable[tuple[Change, str]], kinds: FollowedKinds | None
) -> bool:
    return kinds is not None and any(kinds.reads(Path(path)) for _, path in changes)


def _context(preloaded: list[str]) -> ForkServerContext | SpawnContext:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(preloaded)
    return context


def _run(context: ForkServerContext | SpawnContext, job: Generation) -> WatchRun:
    started = time.perf_counter()
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_generate, args=(job, sending))
    process.start()
    sending.close()
    try:
        answer: object = receiving.recv()
    except EOFError:
        answer = None
    process.join()
    receiving.close()
    if not isinstance(answer, WatchRun):
        answer = _failed("the application ended the process while it was imported")
    return replace(answer, seconds=time.perf_counter() - started)


def _failed(error: str, classes: Sequence[str] | None = None) -> WatchRun:
    return WatchRun(generated=None, error=error, seconds=0, classes=classes)


def _generate(job: Generation, sending: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    gc.disable()  # the process ends before its garbage matters
    classes: Sequence[str] | None = None
    try:
        if job.kinds is not None:
            classes = generate_models(job.kinds.sources, job.kinds.folder)
        done = generate(job.load(), job.folder, package_name=job.package_name)
        sending.send(WatchRun(generated=done, error=None, seconds=0, classes=classes))
    except Exception as error:  # whatever the application's modules raise
        sending.send(_failed(f"{type(error).__name__}: {error}", classes))
