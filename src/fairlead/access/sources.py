"""Where a local engine's roles and bindings are kept: YAML files, or SQLite."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol, cast

import yaml

from fairlead.access.objects import RbacObject, parse_object
from fairlead.errors import DefinitionError

__all__ = ["RbacSource", "SqlSource", "YamlSource"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS rbac (
    kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL,
    PRIMARY KEY (kind, namespace, name)
)
"""


class RbacSource(Protocol):
    """Roles and bindings, and how to notice cheaply that they have changed."""

    def read(self) -> list[RbacObject]:
        """All of them.

        Raises:
            DefinitionError: one cannot be read; the message names it.
        """
        ...

    def get_version(self) -> object:
        """Differs from before when something may have changed."""
        ...


class YamlSource:
    """YAML files, and all `.yaml` and `.yml` files of folders, in Kubernetes's own format.

    What `kubectl get clusterroles,... -o yaml` prints is read too.
    """

    def __init__(self, *paths: str | Path) -> None:
        if not paths:
            raise ValueError("YamlSource needs at least one file or folder")
        self._paths = [Path(path) for path in paths]

    def read(self) -> list[RbacObject]:
        """All documents of all files.

        Raises:
            DefinitionError: a file is missing, no YAML, or holds something else.
        """
        return [found for file in self._list_files() for found in _read_file(file)]

    def get_version(self) -> object:
        """Names, sizes and times of the files."""
        try:
            states = [(file, file.stat()) for file in self._list_files()]
        except (OSError, DefinitionError):
            return None
        return [(file, state.st_mtime_ns, state.st_size) for file, state in states]

    def _list_files(self) -> list[Path]:
        files: list[Path] = []
        for path in self._paths:
            if path.is_dir():
                found = [*path.glob("*.yaml"), *path.glob("*.yml")]
                files += sorted(found)
            elif path.exists():
                files.append(path)
            else:
                raise DefinitionError(f"there are no roles at {path}")
        return files


def _read_file(file: Path) -> Iterator[RbacObject]:
    try:
        loaded = yaml.safe_load_all(file.read_text(encoding="utf-8"))
        documents: list[object] = list(loaded)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DefinitionError(f"{file} is no YAML: {error}") from error
    for number, document in enumerate(documents, 1):
        where = f"{file}, document {number}"
        for item in _list_items(document, where):
            yield parse_object(item, where)


def _list_items(document: object, where: str) -> Iterable[Mapping[str, Any]]:
    if document is None:
        return []
    if not isinstance(document, dict):
        raise DefinitionError(f"{where} is no object")
    found = cast("dict[str, Any]", document)
    return (found.get("items") or []) if found.get("kind") == "List" else [found]


class SqlSource:
    """A table of an SQLite file, for applications whose administrators change roles there.

        roles = SqlSource("access.sqlite")
        roles.apply([{"apiVersion": ..., "kind": "Role", ...}])

    Other processes that use the file notice within a second.
    """

    def __init__(self, path: str | Path) -> None:
        self._lock = threading.Lock()
        # Used by one thread at a time: the lock sees to it.
        self._database = sqlite3.connect(str(path), check_same_thread=False, timeout=5)
        self._changes = 0
        with self._lock, self._database:
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute(_SCHEMA)

    def read(self) -> list[RbacObject]:
        """All rows."""
        with (
            self._lock,
            closing(
                self._database.execute(
                    "SELECT kind, name, document FROM rbac ORDER BY kind, namespace, name"
                )
            ) as rows,
        ):
            return [
                parse_object(json.loads(document), f"{kind} {name!r}")
                for kind, name, document in rows
            ]

    def get_version(self) -> object:
        """SQLite's own count of other connections' changes, and ours."""
        with self._lock:
            row = self._database.execute("PRAGMA data_version").fetchone()
            return (row[0], self._changes)

    def apply(self, documents: Iterable[Mapping[str, Any]]) -> None:
        """Adds or replaces roles and bindings: all of them, or none.

        Raises:
            DefinitionError: one of them is wrong.
        """
        rows = [
            (found.kind, found.metadata.namespace or "", found.metadata.name, json.dumps(document))
            for document in documents
            for found in (parse_object(document, "the document"),)
        ]  # fmt: skip
        with self._lock, self._database:
            self._changes += 1
            self._database.executemany(
                "INSERT OR REPLACE INTO rbac VALUES (?, ?, ?, ?)", rows
            )

    def delete(self, kind: str, name: str, namespace: str | None = None) -> bool:
        """Removes one; False when there was none."""
        with self._lock, self._database:
            self._changes += 1
            done = self._database.execute(
                "DELETE FROM rbac WHERE kind = ? AND namespace = ? AND name = ?",
                (kind, namespace or "", name),
            )
            return done.rowcount > 0

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._database.close()
