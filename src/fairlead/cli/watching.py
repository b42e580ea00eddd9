"""`fairlead generate --watch`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

from fairlead.cli.loading import load_target
from fairlead.codegen.generating import GenerationSource
from fairlead.codegen.watching import watch_and_generate

__all__ = ["watch_package"]


def watch_package(
    target: str, app_dir: Path, out: Path, say: Callable[[str], None]
) -> None:
    """Generates now and on every save, until Ctrl-C."""
    load = partial(_load, target, app_dir)
    say(f"Watching {app_dir.resolve()}; press Ctrl-C to stop")
    with contextlib.suppress(KeyboardInterrupt):
        for run in watch_and_generate(load, out, sources=[app_dir]):
            if run.generated is None:
                say(f"not written: {run.error}")
            else:
                changed = ", ".join(run.generated.changed) or "nothing changed"
                say(f"{run.seconds:.2f} s: {changed}")


def _load(target: str, app_dir: Path) -> GenerationSource:
    return cast("GenerationSource", load_target(target, app_dir))
