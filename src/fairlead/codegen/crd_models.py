"""`fairlead generate --crds`: a package of classes that follow CustomResourceDefinitions.

The definitions are the source; the package is written before the application is loaded, since
the application derives from its classes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fairlead.codegen.crd import (
    CustomResource,
    Overlay,
    crd_module,
    read_crds,
    snake_case,
)
from fairlead.codegen.output import diff_files, write_files
from fairlead.errors import DefinitionError

__all__ = ["FollowedKinds", "check_models", "generate_models", "render_models"]

_PACKAGE = '"""Kinds of CustomResourceDefinitions, by `fairlead generate`. Changes are overwritten."""\n'
_ENDINGS = {".yaml", ".yml", ".json"}
_OVERLAYS = "overlays"


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedKinds:
    """Classes that follow definitions.

    Attributes:
        sources: YAML or JSON files, and folders of them.
        folder: the Python package of the classes.
    """

    sources: Sequence[Path]
    folder: Path

    def get_watched(self) -> set[Path]:
        """The folders, as far as they are there, in which a change may change the classes.

        Never a file: an editor that replaces one takes what watches it along.
        """
        folders = {
            source if source.is_dir() else source.parent for source in self.sources
        }
        return {each.resolve() for each in (*folders, self.folder) if each.is_dir()}

    def reads(self, path: Path) -> bool:
        """Whether the classes are made from this file, or would be if it were there."""
        if path.parent == (self.folder / _OVERLAYS).resolve():
            return path.suffix == ".yaml"
        return any(
            path == source.parent.resolve() / source.name
            or (path.parent == source.resolve() and _is_definition(path))
            for source in self.sources
        )


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

    Raises:
        DefinitionError: a source cannot be read, or has no definition.
    """
    files = {"__init__.py": _PACKAGE}
    for source in sources:
        for path in _expand(source):
            for crd in _read_definitions(path):
                name = snake_case(crd.kind)
                if f"{name}.py" in files:
                    raise DefinitionError(f"{path} defines {crd.kind} a second time")
                overlay = folder / _OVERLAYS / f"{name}.yaml"
                rules = Overlay.read(overlay) if overlay.exists() else None
                text = crd_module(crd, rules, follows=True)
                files[f"{name}.py"] = f"{text.rstrip()}\n"
    return files


def _expand(source: Path) -> list[Path]:
    if not source.is_dir():
        return [source]
    found = sorted(path for path in source.iterdir() if _is_definition(path))
    if not found:
        raise DefinitionError(f"{source} has no YAML files")
    return found


def _is_definition(path: Path) -> bool:
    """Whether a file of a folder counts; what starts with a dot is an editor's own."""
    return path.suffix in _ENDINGS and not path.name.startswith(".")


def _read_definitions(path: Path) -> Sequence[CustomResource]:
    try:
        return read_crds(path.read_text("utf-8"))
    except OSError as error:
        raise DefinitionError(f"{path} cannot be read: {error.strerror}") from error
    except DefinitionError as error:
        raise DefinitionError(f"{path}: {error}") from error
