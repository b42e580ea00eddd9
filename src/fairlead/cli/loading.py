"""Finds the application that a command names."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from fairlead.errors import FairleadError

__all__ = ["TargetError", "load_target"]


class TargetError(FairleadError):
    """The command line names an application that cannot be loaded; its caller's fault."""


def load_target(target: str, app_dir: Path) -> object:
    """Imports `module:attribute`.

    Args:
        app_dir: folder that is put in front of Python's search path.

    Raises:
        TargetError: the module or the attribute does not exist. An error that the module
            itself raises passes through.
    """
    module_name, _, attribute = target.partition(":")
    if not module_name or not attribute:
        raise TargetError(
            f"{target!r} names no application: write module:attribute, such as app:app"
        )
    folder = str(app_dir.resolve())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise
        raise TargetError(
            f"there is no module {error.name!r} in {app_dir}: "
            "run the command where it lies, or name the folder with --app-dir"
        ) from error
    found: object = module
    for name in attribute.split("."):
        try:
            found = getattr(found, name)
        except AttributeError as error:
            raise TargetError(f"{module_name} has no {attribute!r}") from error
    return found
