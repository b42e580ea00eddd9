"""CRD schemas made ready for datamodel-code-generator, which has no mode of its own for them.

Without this, a CRD becomes dozens of numbered classes: objects have no names of their own, the
same shape stands in many places, and Kubernetes's extensions are dropped.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic_core import SchemaError, SchemaValidator, core_schema

Schema = Mapping[str, Any]

KEPT_EXTENSIONS = (
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
)
"""Extensions that server-side apply and list keys need; they go into `json_schema_extra`."""

_ITEM, _VALUE = "[]", "{}"
_LAST_LETTERS_OF_PLURALS = (
    ("ies", "y"),
    ("sses", "ss"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("xes", "x"),
    ("s", ""),
)


def prepare_schema(root: Schema, kind: str, *, times: bool = False) -> dict[str, Any]:
    """A JSON Schema with named, shared definitions for the parts of one resource.

    Metadata, kind and version are left out: `Resource` has them.

    Args:
        times: texts of the format `date-time` become times, written back in UTC and without
            trailing zeros; else they stay texts, passed on as they are.
    """
    preparation = _Preparation(kind, times=times)
    properties = {
        name: preparation.walk(part, [name])
        for name, part in root.get("properties", {}).items()
        if name not in ("apiVersion", "kind", "metadata")
    }
    wanted = [name for name in root.get("required", ()) if name in properties]
    return {
        "title": kind,
        "type": "object",
        "description": root.get("description", ""),
        "properties": properties,
        "required": [name for name in wanted if name != "status"],
        "$defs": preparation.definitions,
    }


def merge(target: object, patch: object) -> object:
    """RFC 7396: null removes, lists are replaced."""
    if not isinstance(patch, dict):
        return patch
    changes = cast("dict[str, object]", patch)
    merged = dict(cast("dict[str, object]", target)) if isinstance(target, dict) else {}
    for name, value in changes.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged


class _Preparation:
    def __init__(self, kind: str, *, times: bool) -> None:
        self.definitions: dict[str, Any] = {}
        self._kind = kind
        self._times = times
        self._names: dict[tuple[str, str], str] = {}

    def walk(self, schema: Schema, path: list[str]) -> dict[str, Any]:
        if schema.get("x-kubernetes-int-or-string"):
            plain: dict[str, Any] = {"anyOf": [{"type": "integer"}, {"type": "string"}]}
            return {**plain, **_documentation(schema)}
        if schema.get("properties"):
            return self._reference(schema, path)
        if _is_open(schema):
            return self._open(schema)
        result = _documentation(schema) | {
            name: value
            for name, value in schema.items()
            if name in _KEPT_KEYWORDS or name in KEPT_EXTENSIONS
        }
        if "pattern" in result and not _is_pattern(result["pattern"]):
            del result["pattern"]
        if self._times and schema.get("format") == "date-time":
            result["format"] = "date-time"
        for name, step in (("items", _ITEM), ("additionalProperties", _VALUE)):
            inner = schema.get(name)
            if isinstance(inner, dict):
                result[name] = self.walk(cast("Schema", inner), [*path, step])
        return result

    def _open(self, schema: Schema) -> dict[str, Any]:
        """Anything at all; a JSON object when the type says so."""
        anything = {"$ref": "#/$defs/JsonValue"}
        self.definitions.setdefault("JsonValue", {})
        if schema.get("type") != "object":
            return {**anything, **_documentation(schema)}
        dictionary = {"type": "object", "additionalProperties": anything}
        return dictionary | _documentation(schema)

    def _reference(self, schema: Schema, path: list[str]) -> dict[str, Any]:
        own = _own_name(path)
        shape = (own, json.dumps(_without_texts(schema), sort_keys=True))
        name = self._names.get(shape)
        if name is None:
            name = self._names[shape] = self._choose(own, path)
            self.definitions[name] = {}  # taken, before those inside choose theirs
            self.definitions[name] = self._object(schema, path, name)
        reference = {"$ref": f"#/$defs/{name}"}
        if schema.get("nullable"):
            return {"anyOf": [reference, {"type": "null"}], **_documentation(schema)}
        return {**reference, **_documentation(schema)}

    def _object(self, schema: Schema, path: list[str], name: str) -> dict[str, Any]:
        required = list(schema.get("required", ()))
        properties = {
            key: self.walk(part, [*path, key]) | _own_default(part, key in required)
            for key, part in schema["properties"].items()
        }
        return {
            "title": name,
            "type": "object",
            "properties": properties,
            "required": required,
            **_documentation(schema),
        }

    def _choose(self, own: str, path: Sequence[str]) -> str:
        """The shortest free name: its own, then with those of what it stands in."""
        steps = [_pascal(step) for step in path if step not in (_ITEM, _VALUE)]
        steps.pop()  # `own` comes from it
        candidate = f"{self._kind}{own}" if own in ("Spec", "Status") else own
        while candidate in self.definitions or candidate == self._kind:
            outer = steps.pop() if steps else self._kind
            candidate = f"{outer}{candidate}"
        return candidate


_KEPT_KEYWORDS = frozenset(
    {
        "type",
        "enum",
        "pattern",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
        "nullable",
    }
)


def _own_default(schema: Schema, required: bool) -> dict[str, Any]:
    """The default of a required scalar: every object has the field, and nobody has to give it."""
    default = schema.get("default")
    return (
        {"default": default}
        if required and isinstance(default, str | int | float)
        else {}
    )


def _documentation(schema: Schema) -> dict[str, Any]:
    """The description, with what the cluster fills in and which rules it applies.

    Defaults of optional fields are the cluster's: written by a client as well, they would change
    what is read and written back.
    """
    lines = [str(schema["description"])] if schema.get("description") else []
    if "default" in schema:
        lines.append(f"The cluster defaults it to `{json.dumps(schema['default'])}`.")
    rules = cast("list[Schema]", schema.get("x-kubernetes-validations", []))
    lines += [
        f"Rule: {rule.get('message') or rule.get('rule')}"
        for rule in rules
        if rule.get("message") or rule.get("rule")
    ]
    result: dict[str, Any] = {"description": "\n\n".join(lines)} if lines else {}
    text = str(schema.get("description", ""))
    if re.match(r"\s*deprecated\b", text, re.IGNORECASE):
        result["deprecated"] = True
    return result


def _is_open(schema: Schema) -> bool:
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        return not isinstance(schema.get("additionalProperties"), dict)
    if schema.get("type") == "object":
        return "additionalProperties" not in schema
    return "type" not in schema and "anyOf" not in schema and "enum" not in schema


def _is_pattern(pattern: str) -> bool:
    """Can Pydantic's engine read it? Go's can do a little more."""
    try:
        SchemaValidator(core_schema.str_schema(pattern=pattern))
    except SchemaError:
        return False
    return True


def _without_texts(value: object) -> object:
    if isinstance(value, dict):
        items = cast("dict[str, object]", value).items()
        return {
            name: _without_texts(part)
            for name, part in items
            if not (name == "description" and isinstance(part, str))
        }
    if isinstance(value, list):
        return [_without_texts(part) for part in cast("list[object]", value)]
    return value


def _own_name(path: Sequence[str]) -> str:
    name = _pascal(next(step for step in reversed(path) if step not in (_ITEM, _VALUE)))
    if path[-1] not in (_ITEM, _VALUE):
        return name
    for plural, singular in _LAST_LETTERS_OF_PLURALS:
        if name.endswith(plural) and not name.endswith(("ss", "us")):
            return name.removesuffix(plural) + singular
    return f"{name}Item"


def _pascal(name: str) -> str:
    words = re.split(r"[^0-9A-Za-z]+", name)
    return "".join(word[:1].upper() + word[1:] for word in words)
