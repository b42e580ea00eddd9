"""Digests of what travels: of every procedure with the types it uses, every router, and the whole."""

import hashlib
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from typing import Any, cast

from fairlead.codegen.graph import find_uses, reached_by
from fairlead.codegen.nodes import Application, Fingerprints

_LENGTH = 16
_UNSEEN = frozenset({"doc", "source"})


def fingerprint(app: Application) -> Fingerprints:
    """The digests of an application."""
    texts = {node.name: canonical(node) for node in app.declarations}
    uses = find_uses(app.declarations)
    procedures: dict[str, str] = {}
    routers: dict[str, list[str]] = {}
    for procedure in app.procedures:
        reached = reached_by(procedure, uses)
        digest = _digest([canonical(procedure), *(texts[n] for n in sorted(reached))])
        procedures[procedure.path] = digest
        routers.setdefault(procedure.path.rpartition(".")[0], []).append(digest)
    return Fingerprints(
        whole=_digest([*procedures.values()]),
        procedures=procedures,
        routers={path: _digest(found) for path, found in sorted(routers.items())},
    )


def _digest(texts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:_LENGTH]


_NAMES: dict[type, tuple[str, ...]] = {}


def canonical(node: object) -> str:
    """A node as text: the same for what is the same on the wire."""
    parts: list[str] = []
    _write(node, parts)
    return "".join(parts)


def _write(value: object, parts: list[str]) -> None:
    cls = type(value)
    if cls is tuple:
        parts.append("(")
        for item in cast("tuple[object, ...]", value):
            _write(item, parts)
            parts.append(",")
        parts.append(")")
        return
    names = _NAMES.get(cls)
    if names is None:
        found = (
            tuple(f.name for f in fields(cast("Any", cls)) if f.name not in _UNSEEN)
            if is_dataclass(cls)
            else ("",)
        )
        names = _NAMES[cls] = found
    if names == ("",):
        parts.append(repr(value))
        return
    parts.append(cls.__name__ + "{")
    for name in names:
        _write(getattr(value, name), parts)
        parts.append(";")
    parts.append("}")
