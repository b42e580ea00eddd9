import importlib.util
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from fairlead.codegen.crd_models import FollowedKinds
from fairlead.codegen.generating import GenerationSource
from fairlead.codegen.watching import Generation, WatchRun, watch_and_generate

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

CRDS = Path(__file__).parents[2] / "apps/portal/cluster/crds"
STAGES = (CRDS / "stages.yaml").read_text()
FOLLOWING = SOURCE.replace("-> str", "-> StageSpec").replace(
    "from fairlead.access", "from kinds.stage import StageSpec\nfrom fairlead.access"
)


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
    generation = Generation(load=partial(load, source), folder=tmp_path / "shared")
    yield watch_and_generate(generation, sources=[tmp_path], stop=stop)
    stop.set()


def save_until_seen(source: Path, text: str, runs: Iterator[WatchRun]) -> WatchRun:
    return repeat_until_seen(lambda: source.write_text(text), runs)


def repeat_until_seen(
    save: Callable[[], object],
    runs: Iterator[WatchRun],
    seen: Callable[[WatchRun], bool] = lambda _: True,
) -> WatchRun:
    """Saves until the watcher, which starts with its first `next`, has seen it."""
    saved = threading.Event()

    def repeat() -> None:
        while not saved.wait(0.2):
            save()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        return next(run for run in runs if seen(run))
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


def load_following(path: Path) -> GenerationSource:
    sys.path.insert(0, str(path.parent))
    return load(path)


@pytest.fixture
def crd(tmp_path: Path) -> Path:
    path = tmp_path / "crds/stages.yaml"
    path.parent.mkdir()
    path.write_text(STAGES)
    return path


@pytest.fixture
def following(tmp_path: Path, crd: Path) -> Iterator[Iterator[WatchRun]]:
    """Runs of an application in a folder of its own, whose classes follow a definition."""
    server = tmp_path / "server"
    server.mkdir()
    (server / "watched.py").write_text(FOLLOWING)
    stop = threading.Event()
    generation = Generation(
        load=partial(load_following, server / "watched.py"),
        folder=tmp_path / "shared",
        kinds=FollowedKinds(sources=[crd], folder=server / "kinds"),
    )
    yield watch_and_generate(generation, sources=[server], stop=stop)
    stop.set()


def replace_file(path: Path, text: str) -> None:
    """As editors save: a new file takes the place of the old one."""
    (path.parent / ".new").write_text(text)
    (path.parent / ".new").replace(path)


def test_watching_follows_definitions(
    tmp_path: Path, crd: Path, following: Iterator[WatchRun]
) -> None:
    first = next(following)
    assert first.error is None
    assert first.classes == ["__init__.py", "stage.py"]
    changed = STAGES.replace("triggerTemplate:", "startTemplate:")
    second = repeat_until_seen(lambda: replace_file(crd, changed), following)
    assert second.error is None
    assert second.classes == ["stage.py"]
    assert "startTemplate?: " in (tmp_path / "shared/router.d.ts").read_text()


def test_no_save_hides_that_a_definition_is_broken(
    tmp_path: Path, crd: Path, following: Iterator[WatchRun]
) -> None:
    crd.write_text("kind: [")
    broken = next(following)
    assert broken.error is not None
    assert "stages.yaml" in broken.error
    app = tmp_path / "server/watched.py"
    still = save_until_seen(app, SOURCE, following)
    assert still.error == broken.error
    mended = repeat_until_seen(
        lambda: crd.write_text(STAGES), following, lambda run: run.error is None
    )
    assert mended.classes == ["__init__.py", "stage.py"]
