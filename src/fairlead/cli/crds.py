"""`fairlead add crd`: Python modules from CustomResourceDefinitions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from fairlead.cli.crd_sources import read_definitions
from fairlead.codegen.crd import Overlay, crd_module, read_crds
from fairlead.errors import DefinitionError

__all__ = ["write_crd_modules"]


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
        target = out / f"{_snake_case(crd.kind)}.py"
        if target.exists():
            raise DefinitionError(f"{target} is there already: move it away first")
        module = crd_module(crd, rules)
        out.mkdir(parents=True, exist_ok=True)
        target.write_text(module, "utf-8")
        yield target


def _snake_case(kind: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", kind).lower()
