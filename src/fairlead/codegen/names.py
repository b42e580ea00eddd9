"""TypeScript names for Pydantic's definitions: short, unique, the same on every run."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

RESERVED_TYPE_NAMES = frozenset(
    {
        "AppRouter",
        "AsyncIterable",
        "ErrorData",
        "ErrorShape",
        "JsonValue",
        "RouterErrors",
        "RouterInputs",
        "RouterOutputs",
        "inferRouterError",
        "inferRouterInputs",
        "inferRouterOutputs",
        "any",
        "bigint",
        "boolean",
        "never",
        "null",
        "number",
        "object",
        "string",
        "symbol",
        "undefined",
        "unknown",
        "void",
    }
)
"""Names that a model may not have in the generated module; it gets `Model` appended."""

_MODE_SUFFIX = re.compile(r"-(Input|Output)(?=__\d+$|$)")
_OCCURRENCE = re.compile(r"__(\d+)$")
_SEPARATORS = re.compile(r"[^0-9A-Za-z]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionName:
    """What a name is made from.

    Attributes:
        path: module and qualified name, outermost first.
        arguments: the short names of a generic model's arguments.
        suffix: told apart from others of the same class by this.
    """

    path: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    suffix: str = ""

    @classmethod
    def of_reference(cls, reference: str, suffix: str) -> "DefinitionName":
        """Reads a core schema's reference, such as `app.Page:94[app.Pod:95]`."""
        components = [c for c in re.split(r"[\][,]", reference) if c.strip()]
        dotted = [component.rsplit(":", 1)[0].strip() for component in components]
        path = tuple(part for part in dotted[0].split(".") if part != "<locals>")
        arguments = tuple(name.rpartition(".")[2] for name in dotted[1:])
        return cls(path=path, arguments=arguments, suffix=suffix)

    def shorten(self, count: int) -> str:
        """The name with that many trailing parts of its path."""
        words = [
            word
            for part in (*self.path[-count:], *self.arguments)
            for word in _SEPARATORS.split(part)
            if word
        ]
        name = "".join(word[:1].upper() + word[1:] for word in words)
        return (name if name[:1].isalpha() else f"T{name}") + self.suffix


def choose_names(definitions: Mapping[str, DefinitionName]) -> dict[str, str]:
    """The shortest names that tell all definitions apart, by key."""
    ordered = sorted(definitions)
    counts = dict.fromkeys(ordered, 1)
    while True:
        clashes: dict[str, list[str]] = defaultdict(list)
        for key in ordered:
            clashes[definitions[key].shorten(counts[key])].append(key)
        clashing = [group for group in clashes.values() if len(group) > 1]
        longer = [
            k for g in clashing for k in g if counts[k] < len(definitions[k].path)
        ]
        if not longer:
            break
        for key in longer:
            counts[key] += 1
    names: dict[str, str] = {}
    taken: set[str] = set()
    for key in ordered:
        base = definitions[key].shorten(counts[key])
        name = base if base not in RESERVED_TYPE_NAMES else f"{base}Model"
        number = 2
        while name in taken:
            name, number = f"{base}{number}", number + 1
        taken.add(name)
        names[key] = name
    return names


def type_names(keys: Iterable[str]) -> dict[str, str]:
    """Names for the `$defs` keys that Pydantic itself chose."""
    return choose_names({key: _read_key(key) for key in keys})


def _read_key(key: str) -> DefinitionName:
    mode = _MODE_SUFFIX.search(key)
    plain = _OCCURRENCE.sub("", _MODE_SUFFIX.sub("", key))
    path = tuple(p for p in plain.split("__") if p and p != "_locals_")
    suffix = "Input" if mode and mode[1] == "Input" else ""
    return DefinitionName(path=path or (key,), suffix=suffix)
