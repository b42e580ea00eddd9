"""Lists of plain Pydantic models as JSON, more than twice as fast as Pydantic writes them.

Where a model's JSON is nothing but its fields by name, msgspec can write the instances' own
dictionaries. Whether that holds is read from the core schema when the router is compiled: aliases,
serializers, computed or excluded fields, extras, dates and other special types are left to
Pydantic, and so is every value that turns out not to be what its type says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Any, cast

import msgspec
from pydantic import BaseModel

__all__ = ["make_encode"]

_Node = Mapping[str, Any]
_MARK = "_fairlead_fields"
_SCALARS = frozenset({"str", "int", "float", "bool", "none"})
_LITERALS = frozenset({str, int, bool, type(None)})
_SPECIAL = ("serialization", "serialization_exclude", "serialization_exclude_if")

# Reads an attribute that only models found plain have: other objects must not be written. It is
# the slot of `__dict__` under another name: a property in Python would cost twice as much.
_encode = msgspec.json.Encoder(enc_hook=attrgetter(_MARK)).encode
_FIELDS: object = vars(BaseModel)["__dict__"]


def make_encode(schema: _Node) -> Callable[[object], bytes | None] | None:
    """How values of a type are written by msgspec, if it holds lists or mappings of plain models.

    Args:
        schema: the type's core schema.

    Returns:
        What writes a value, or something of msgspec's that holds one; it returns None where the
        value is not plain after all: Pydantic must write it then.
    """
    walk = _Walk()
    if not walk.is_plain(schema, many=False) or not walk.repeats:
        return None
    models = tuple(walk.models)
    for model in models:
        setattr(model, _MARK, _FIELDS)

    def encode(value: object) -> bytes | None:
        for model in models:
            if (
                model.__subclasses__()
            ):  # their instances have further fields, maybe secret ones
                return None
        try:
            return _encode(value)
        except (AttributeError, TypeError, ValueError, OverflowError, RecursionError):
            return None

    return encode


class _Walk:
    """What a core schema holds.

    Attributes:
        models: those met.
        repeats: a list or mapping holds models.
    """

    def __init__(self) -> None:
        self.models: dict[type[BaseModel], None] = {}
        self.repeats = False
        self._definitions: dict[str, _Node] = {}

    def is_plain(self, node: _Node, *, many: bool) -> bool:
        """Does msgspec write it as Pydantic does? `many` is for what stands in a container."""
        if any(name in node for name in _SPECIAL):
            return False
        kind: str = node["type"]
        if kind == "literal":
            return all(type(each) in _LITERALS for each in node["expected"])
        if kind in {"default", "nullable"}:
            return self.is_plain(node["schema"], many=many)
        if kind in {"definitions", "definition-ref"}:
            return self._is_plain_definition(node, many=many)
        if kind in {"list", "dict"}:
            return self._is_plain_container(node)
        return kind in _SCALARS or (
            kind == "model" and self._is_plain_model(node, many=many)
        )

    def _is_plain_definition(self, node: _Node, *, many: bool) -> bool:
        if node["type"] == "definition-ref":
            found = self._definitions.get(node["schema_ref"])
            return found is not None and self.is_plain(found, many=many)
        for each in node["definitions"]:
            self._definitions[each["ref"]] = each
        return self.is_plain(node["schema"], many=many)

    def _is_plain_container(self, node: _Node) -> bool:
        name = "items_schema" if node["type"] == "list" else "values_schema"
        keys: _Node = node.get("keys_schema", {"type": "str"})
        return (
            keys["type"] == "str"
            and name in node
            and self.is_plain(node[name], many=True)
        )

    def _is_plain_model(self, node: _Node, *, many: bool) -> bool:
        cls = cast("type[BaseModel]", node["cls"])
        self.repeats = self.repeats or many
        if cls in self.models:
            return True
        fields: _Node = node["schema"]
        config = cls.model_config
        if (
            node.get("root_model")
            or fields["type"] != "model-fields"
            or fields.get("computed_fields")
            or "serialization" in fields
            or config.get("extra") == "allow"
            or any(name.startswith("ser_json") for name in config)
            or _has_cached_property(cls)
        ):
            return False
        self.models[cls] = None
        declared = cast("Mapping[str, _Node]", fields["fields"])
        return all(
            field.get("serialization_alias", name) == name
            and not any(special in field for special in _SPECIAL)
            and self.is_plain(field["schema"], many=False)
            for name, field in declared.items()
        )


def _has_cached_property(cls: type) -> bool:
    """They keep what they computed among the fields."""
    bases: Sequence[type] = cls.__mro__
    return any(
        isinstance(value, cached_property)
        for base in bases
        for value in vars(base).values()
    )
