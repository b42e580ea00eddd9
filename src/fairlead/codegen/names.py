"""TypeScript names for Pydantic's definitions: short, unique, the same on every run."""

import re
from collections import defaultdict
from collections.abc import Iterable

from fairlead.codegen.router_types import RESERVED_TYPE_NAMES

_MODE_SUFFIX = re.compile(r"-(Input|Output)(?=__\d+$|$)")
_OCCURRENCE = re.compile(r"__(\d+)$")
_SEPARATORS = re.compile(r"[^0-9A-Za-z]+")


def type_names(keys: Iterable[str]) -> dict[str, str]:
    """A name for each `$defs` key: the output keeps the plain one, the input gets `Input`.

    Where classes of different modules share a name, Pydantic gives the qualified one; the fewest
    trailing parts that tell them apart are kept.
    """
    parts = {key: _parts(key) for key in sorted(keys)}
    chosen = dict.fromkeys(parts, 1)
    while True:
        clashes: dict[str, list[str]] = defaultdict(list)
        for key, (path, suffix) in parts.items():
            clashes[_join(path[-chosen[key] :]) + suffix].append(key)
        clashing = [group for group in clashes.values() if len(group) > 1]
        longer = [k for g in clashing for k in g if chosen[k] < len(parts[k][0])]
        if not longer:
            break
        for key in longer:
            chosen[key] += 1
    names: dict[str, str] = {}
    taken: set[str] = set()
    for key, (path, suffix) in parts.items():
        base = _join(path[-chosen[key] :]) + suffix
        name = base if base not in RESERVED_TYPE_NAMES else f"{base}Model"
        number = 2
        while name in taken:
            name, number = f"{base}{number}", number + 1
        taken.add(name)
        names[key] = name
    return names


def _parts(key: str) -> tuple[list[str], str]:
    mode = _MODE_SUFFIX.search(key)
    plain = _MODE_SUFFIX.sub("", key)
    plain = _OCCURRENCE.sub("", plain)
    path = [part for part in plain.split("__") if part and part != "_locals_"]
    return path or [key], "Input" if mode and mode[1] == "Input" else ""


def _join(path: list[str]) -> str:
    words = [w for part in path for w in _SEPARATORS.split(part) if w]
    name = "".join(word[:1].upper() + word[1:] for word in words)
    return name if name[:1].isalpha() else f"T{name}"
