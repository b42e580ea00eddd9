import importlib.util
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from fairlead.codegen.generating import GenerationSource
from fairlead.codegen.watching import WatchRun, watch_and_generate

SOURCE = """
from fairlead.access import public
from fairlead.context import Context
from fairlead.procedure import query
from fairlead.router import Router

class App(Router[Context]):
    @query(access=public)
    async def hello(self) -> str:
        return "hello"
"""


def load(path: Path) -> GenerationSource:
    spec = importlib.util.spec_from_file_location("watched", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["watched"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    app: GenerationSource = module.App
    return app


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "watched.py"
    path.write_text(SOURCE)
    return path


@pytest.fixture
def runs(source: Path, tmp_path: Path) -> Iterator[Iterator[WatchRun]]:
    stop = threading.Event()
    yield watch_and_generate(
        partial(load, source), tmp_path / "shared", sources=[tmp_path], stop=stop
    )
    stop.set()


def save_until_seen(source: Path, text: str, runs: Iterator[WatchRun]) -> WatchRun:
    """Saves until the watcher, which starts with its first `next`, has seen it."""
    saved = threading.Event()

    def save() -> None:
        while not saved.wait(0.2):
            source.write_text(text)

    thread = threading.Thread(target=save)
    thread.start()
    try:
        return next(runs)
    finally:
        saved.set()
        thread.join()


def test_watching_generates_now_and_on_every_save(
    source: Path, tmp_path: Path, runs: Iterator[WatchRun]
) -> None:
    first = next(runs)
    assert first.generated is not None
    assert first.generated.procedures == 1
    changed = SOURCE.replace("def hello", "def goodbye")
    second = save_until_seen(source, changed, runs)
    assert second.error is None
    assert (
        "goodbye: $Query<void, string>" in (tmp_path / "shared/router.d.ts").read_text()
    )


def test_watching_survives_a_broken_application(
    source: Path, tmp_path: Path, runs: Iterator[WatchRun]
) -> None:
    assert next(runs).generated is not None
    before = (tmp_path / "shared/router.d.ts").read_text()
    broken = save_until_seen(source, "class App(", runs)
    assert broken.generated is None
    assert broken.error is not None
    assert broken.error.startswith("SyntaxError")
    assert (tmp_path / "shared/router.d.ts").read_text() == before
