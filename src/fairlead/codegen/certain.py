"""Is it plain that all types of an application have a translation, without translating them?

A server refuses to start with a type that no client could have. Translating everything to find out
takes longer than the rest of the start, so this looks at core schemas for what surely has a
translation. Whatever it does not know counts as uncertain: then all is translated at once, and
what is wrong is told in full.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from pydantic import BaseModel

from fairlead.compiling import CompiledRouter

__all__ = ["PROTOTYPE_NAMES", "is_certain"]

# `z.object` reads absent properties off Object.prototype, so these are never absent.
PROTOTYPE_NAMES = frozenset(
    {
        "__proto__",
        "__defineGetter__",
        "__defineSetter__",
        "__lookupGetter__",
        "__lookupSetter__",
        "constructor",
        "hasOwnProperty",
        "isPrototypeOf",
        "propertyIsEnumerable",
        "toLocaleString",
        "toString",
        "valueOf",
    }
)

_Node = Mapping[str, Any]
_SCALARS = frozenset(
    {"bool", "date", "datetime", "float", "int", "none", "str", "time", "uuid"}
)
_PARTS: Mapping[str, tuple[str, ...]] = {
    "default": ("schema",),
    "definition-ref": (),
    "definitions": ("schema",),
    "dict": ("keys_schema", "values_schema"),
    "list": ("items_schema",),
    "nullable": ("schema",),
}
_LITERALS = frozenset({str, int, bool, type(None)})
_FIELDS = {"model-fields", "typed-dict"}
_DOCUMENTING = {"description", "title", "deprecated"}
_MODEL_HOOK = BaseModel.__get_pydantic_json_schema__.__func__  # type: ignore[attr-defined]


def is_certain(compiled: CompiledRouter) -> bool:
    """Have all inputs, results and errors of an application surely a translation?"""
    walk = _Walk()
    for procedure in compiled.procedures.values():
        given, output = procedure.input, procedure.output
        resource = getattr(procedure.router, "resource", None)
        if (
            procedure.options.raises
            or "__drafts__" in getattr(resource, "__dict__", ())
            or not walk.knows(output.type_, output.adapter.core_schema)
            or (given is not None and not walk.knows_parts(given.plain_schema))
        ):
            return False
    return True


class _Walk:
    """What was looked at already."""

    def __init__(self) -> None:
        self._types: dict[int, object] = {}
        self._models: set[type] = set()
        self._nodes: dict[int, _Node] = {}

    def knows(self, type_: object, schema: object) -> bool:
        """The same for a type that may have been seen."""
        if id(type_) in self._types:
            return True
        self._types[id(type_)] = type_  # kept alive, so that nothing else gets its id
        return self.is_plain(cast("_Node", schema))

    def knows_parts(self, schema: object) -> bool:
        """The same for an input: its fields share the schemas of their types."""
        return self.is_plain(cast("_Node", schema))

    def is_plain(self, node: _Node) -> bool:  # noqa: PLR0911  one case per kind
        """Has what this core schema describes surely a translation?"""
        if id(node) in self._nodes:
            return True
        self._nodes[id(node)] = node
        kind: str = node["type"]
        if "serialization" in node or not _is_documented_only(node, kind):
            return False
        if kind == "literal":
            return all(type(each) in _LITERALS for each in node["expected"])
        if kind == "enum":
            return all(type(each.value) in {str, int} for each in node["members"])
        if kind == "union":
            choices = cast("Sequence[_Node | tuple[_Node, str]]", node["choices"])
            return self._are_plain(
                each[0] if isinstance(each, tuple) else each for each in choices
            )
        if kind in _FIELDS:
            return self._are_plain_fields(node)
        if kind == "model":
            return self._is_plain_model(node)
        names = _PARTS.get(kind, ())
        if not all(name in node for name in names):
            return False
        if kind == "dict" and node["keys_schema"]["type"] != "str":
            return False
        inner = (*node.get("definitions", ()), *(node[name] for name in names))
        return (kind in _SCALARS or kind in _PARTS) and self._are_plain(inner)

    def _are_plain(self, nodes: Iterable[_Node]) -> bool:
        return all(self.is_plain(node) for node in nodes)

    def _is_plain_model(self, node: _Node) -> bool:
        cls = cast("type[BaseModel]", node["cls"])
        if cls in self._models:
            return True
        self._models.add(cls)
        return (
            not cls.model_config.get("json_schema_extra")
            and "__drafts__" not in cls.__dict__
            and self.is_plain(node["schema"])
        )

    def _are_plain_fields(self, node: _Node) -> bool:
        if node.get("computed_fields") or "extras_schema" in node:
            return False
        fields = cast("Mapping[str, _Node]", node["fields"])
        for alias in ("validation_alias", "serialization_alias"):
            names = [field.get(alias, name) for name, field in fields.items()]
            if not all(isinstance(name, str) for name in names):
                return False
            if len(set(names)) < len(names) or not PROTOTYPE_NAMES.isdisjoint(names):
                return False
        return all(
            _is_documented_only(field, field["type"])
            and "serialization_exclude_if" not in field
            and self.is_plain(field["schema"])
            for field in fields.values()
        )


def _is_documented_only(node: _Node, kind: str) -> bool:
    """Does nothing of one's own change its JSON schema?"""
    metadata = cast("Mapping[str, Any]", node.get("metadata") or {})
    for name, value in metadata.items():
        if name == "pydantic_js_updates":
            if not _DOCUMENTING.issuperset(cast("Mapping[str, Any]", value)):
                return False
        elif name == "pydantic_js_functions":
            if not all(_is_own(hook, kind) for hook in cast("Sequence[Any]", value)):
                return False
        else:
            return False
    return True


def _is_own(hook: Any, kind: str) -> bool:
    """Is it Pydantic's own, which every model and every enum has?"""
    if kind == "enum":
        return str(getattr(hook, "__module__", "")).startswith("pydantic._internal.")
    return kind == "model" and getattr(hook, "__func__", None) is _MODEL_HOOK
