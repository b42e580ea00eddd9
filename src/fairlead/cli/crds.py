"""`fairlead add crd` and `fairlead generate --crds`: Python modules from CustomResourceDefinitions."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from fairlead.cli.crd_sources import read_definitions
from fairlead.codegen.crd import Overlay, crd_module, read_crds, snake_case
from fairlead.codegen.crd_models import FollowedKinds, check_models, generate_models
from fairlead.errors import DefinitionError

__all__ = ["find_followed_kinds", "follow_crds", "write_crd_modules"]


def write_crd_modules(
    source: str, out: Path, *, overlay: Path | None = None, version: str | None = None
) -> Iterator[Path]:
    """Writes one module per definition, named after its kind; yields each path.

    Args:
        source: a file, an address, or the name of a kind that the cluster has.

    Raises:
        DefinitionError: the source cannot be read, or a module of that name is there already.
    """
    text = read_definitions(source)
    rules = Overlay.read(overlay) if overlay is not None else None
    for crd in read_crds(text, version=version):
        target = out / f"{snake_case(crd.kind)}.py"
        if target.exists():
            raise DefinitionError(f"{target} is there already: move it away first")
        module = crd_module(crd, rules)
        out.mkdir(parents=True, exist_ok=True)
        target.write_text(module, "utf-8")
        yield target


def find_followed_kinds(
    crds: Sequence[Path], models: Path | None
) -> FollowedKinds | None:
    """What `--crds` and `--models` say, if they are given.

    Raises:
        DefinitionError: one of both is missing.
    """
    if models is None and not crds:
        return None
    if models is None or not crds:
        raise DefinitionError("--crds and --models go together: from where, to where")
    return FollowedKinds(sources=crds, folder=models)


def follow_crds(
    kinds: FollowedKinds,
    say: Callable[[str], None],
    fail: Callable[[str], None] | None = None,
) -> None:
    """Writes the classes, or, given `fail`, only says what differs.

    Raises:
        DefinitionError: a definition cannot be read.
    """
    if fail is None:
        changed = generate_models(kinds.sources, kinds.folder)
        say(f"{len(changed)} files changed in {kinds.folder}")
    elif difference := check_models(kinds.sources, kinds.folder):
        sys.stdout.write(f"{difference}\n")
        fail(f"{kinds.folder} is out of date: run fairlead generate without --check")
