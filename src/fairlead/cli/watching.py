"""`fairlead generate --watch`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

from fairlead.cli.loading import load_target
from fairlead.codegen.generating import GenerationSource
from fairlead.codegen.watching import Generation, Load, watch_and_generate

__all__ = ["make_load", "watch_package"]


def watch_package(
    generation: Generation, app_dir: Path, say: Callable[[str], None]
) -> None:
    """Generates now and on every save, until Ctrl-C."""
    kinds = generation.kinds
    watched = [app_dir, *(kinds.sources if kinds is not None else ())]
    say(
        f"Watching {', '.join(str(w.resolve()) for w in watched)}; press Ctrl-C to stop"
    )
    with contextlib.suppress(KeyboardInterrupt):
        for run in watch_and_generate(generation, sources=[app_dir]):
            if run.generated is None:
                say(f"not written: {run.error}")
            else:
                written = [*(run.classes or ()), *run.generated.changed]
                say(f"{run.seconds:.2f} s: {', '.join(written) or 'nothing changed'}")


def make_load(target: str, app_dir: Path) -> Load:
    """What imports the application that a command names, in another process."""
    return partial(_load, target, app_dir)


def _load(target: str, app_dir: Path) -> GenerationSource:
    return cast("GenerationSource", load_target(target, app_dir))
