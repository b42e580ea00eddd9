"""`fairlead add crd`: Python modules from CustomResourceDefinitions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from fairlead.codegen.crd import Overlay, crd_module, read_crds
from fairlead.errors import DefinitionError

__all__ = ["write_crd_modules"]


def write_crd_modules(
    file: Path, out: Path, *, overlay: Path | None = None, version: str | None = None
) -> Iterator[Path]:
    """Writes one module per definition, named after its kind; yields each path.

    Raises:
        DefinitionError: the file cannot be read, or a module of that name is there already.
    """
    try:
        text = file.read_text("utf-8")
    except OSError as error:
        raise DefinitionError(f"{file} cannot be read: {error.strerror}") from error
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
