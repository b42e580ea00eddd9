"""Which definitions the two modes share, and what each is called."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, cast

from fairlead.codegen.names import DefinitionName, choose_names

Schema = Mapping[str, object]


_PARAMETERS = "fairlead.type_schemas."


class Origin(NamedTuple):
    """Where a definition comes from: a core schema's reference, in one mode."""

    reference: str
    mode: str


def name_definitions(
    definitions: Mapping[str, Schema], origins: Mapping[str, Origin]
) -> dict[str, str]:
    """A TypeScript name for each definition.

    The output keeps the plain name and the input gets `Input`, where they differ; where they are
    the same, both have one name and so one declaration.
    """
    by_origin = {origins[key]: key for key in definitions}
    differing = _find_differing(definitions, origins, by_origin)
    leaders: dict[str, DefinitionName] = {}
    leader_of: dict[str, str] = {}
    for key in definitions:
        reference, mode = origins[key]
        output = by_origin.get(Origin(reference, "serialization"))
        alone = mode == "serialization" or output is None
        leader = key if alone or reference in differing else cast("str", output)
        if reference.startswith(_PARAMETERS):
            continue
        leader_of[key] = leader
        suffix = "" if alone else "Input"
        if leader == key:
            leaders[key] = DefinitionName.of_reference(reference, suffix)
    names = choose_names(leaders)
    # What stands for parameters is written in place and takes no name from anybody.
    return {
        key: names[leader_of[key]] if key in leader_of else key for key in definitions
    }


def _find_differing(
    definitions: Mapping[str, Schema],
    origins: Mapping[str, Origin],
    by_origin: Mapping[Origin, str],
) -> set[str]:
    """The references whose two modes differ, in themselves or in what they use."""
    users: dict[str, set[str]] = {}
    waiting: list[str] = []
    for key, schema in definitions.items():
        reference, mode = origins[key]
        used: set[str] = set()
        shape = _shape(schema, origins, used)
        for each in used:
            users.setdefault(each, set()).add(reference)
        if mode == "validation":
            twin = by_origin.get(Origin(reference, "serialization"))
            if twin is None or shape == _shape(definitions[twin], origins, used):
                continue
            waiting.append(reference)
    differing: set[str] = set()
    while waiting:
        reference = waiting.pop()
        if reference not in differing:
            differing.add(reference)
            waiting += users.get(reference, ())
    return differing


def _shape(value: object, origins: Mapping[str, Origin], used: set[str]) -> object:
    """The schema with references that say nothing of the mode; `used` collects them."""
    if isinstance(value, dict):
        shape: dict[str, object] = {}
        for name, part in cast("dict[str, object]", value).items():
            is_reference = name == "$ref" and isinstance(part, str)
            key = str(part).rpartition("/")[2] if is_reference else ""
            origin = origins.get(key)
            if origin is not None:
                used.add(origin.reference)
                shape[name] = origin.reference
            else:
                shape[name] = _shape(part, origins, used)
        return shape
    if isinstance(value, list):
        return [_shape(part, origins, used) for part in cast("Iterable[object]", value)]
    return value
