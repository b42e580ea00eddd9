"""`fairlead generate --crds`: a package of classes that follow CustomResourceDefinitions.

The definitions are the source; the package is written before the application is loaded, since
the application derives from its classes.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from fairlead.codegen.crd import Overlay, crd_module, read_crds, snake_case
from fairlead.codegen.output import diff_files, write_files
from fairlead.errors import DefinitionError

__all__ = ["check_models", "generate_models", "render_models"]

_PACKAGE = '"""Kinds of CustomResourceDefinitions, by `fairlead generate`. Changes are overwritten."""\n'
_ENDINGS = {".yaml", ".yml", ".json"}


def generate_models(sources: Sequence[Path], folder: Path) -> list[str]:
    """Writes one module per definition, named after its kind; returns the names that changed.

    Files are replaced by rename, and only those that differ; a module whose definition is gone
    goes too, and what else stands in the folder stays.

    Raises:
        DefinitionError: a source cannot be read, or has no definition.
    """
    return write_files(folder, render_models(sources, folder))


def check_models(sources: Sequence[Path], folder: Path) -> str:
    """A unified diff of what `generate_models` would change; empty when the folder is up to date."""
    return diff_files(folder, render_models(sources, folder))


def render_models(sources: Sequence[Path], folder: Path) -> Mapping[str, str]:
    """Every file of the package, by name.

    Args:
        sources: YAML or JSON files, and folders of them.
        folder: where `overlays/NAME.yaml` is looked for: what a definition does not say.
    """
    files = {"__init__.py": _PACKAGE}
    for source in sources:
        for path in _expand(source):
            for crd in read_crds(_read(path)):
                name = snake_case(crd.kind)
                if f"{name}.py" in files:
                    raise DefinitionError(f"{path} defines {crd.kind} a second time")
                overlay = folder / "overlays" / f"{name}.yaml"
                rules = Overlay.read(overlay) if overlay.exists() else None
                text = crd_module(crd, rules, follows=True)
                files[f"{name}.py"] = f"{text.rstrip()}\n"
    return files


def _expand(source: Path) -> list[Path]:
    if not source.is_dir():
        return [source]
    found = sorted(path for path in source.iterdir() if path.suffix in _ENDINGS)
    if not found:
        raise DefinitionError(f"{source} has no YAML files")
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise DefinitionError(f"{path} cannot be read: {error.strerror}") from error
