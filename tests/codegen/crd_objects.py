"""Objects that a CustomResourceDefinition allows, with fields of later versions that it does not know."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any, cast

JsonObject = dict[str, Any]


def make_objects(crd: Mapping[str, Any], count: int) -> list[JsonObject]:
    """That many objects of the stored version; the same on every run."""
    spec = crd["spec"]
    version = next(v for v in spec["versions"] if v.get("storage"))
    source = random.Random(spec["names"]["kind"])  # noqa: S311  not for secrets
    made: list[JsonObject] = []
    for number in range(count):
        body = cast("JsonObject", _make(version["schema"]["openAPIV3Schema"], source))
        metadata: JsonObject = {
            "name": f"made-{number}",
            "namespace": "team-a",
            "labels": {"app": "x"},
            "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}],
        }
        api_version = f"{spec['group']}/{version['name']}"
        kind = spec["names"]["kind"]
        made.append(
            {**body, "apiVersion": api_version, "kind": kind, "metadata": metadata}
        )
    return made


def _make(  # noqa: PLR0911  one case per type
    schema: Mapping[str, Any], source: random.Random
) -> object:
    if "enum" in schema:
        return source.choice(schema["enum"])
    if schema.get("x-kubernetes-int-or-string"):
        return source.choice([80, "http", "10%"])
    match schema.get("type"):
        case "object":
            return _make_object(schema, source)
        case "array":
            return [_make(schema["items"], source) for _ in range(source.randint(0, 2))]
        case "string":
            return _make_text(schema, source)
        case "integer":
            low = schema.get("minimum", 0)
            return source.randint(int(low), int(schema.get("maximum", low + 9)))
        case "number":
            return source.choice([0.5, 2])
        case "boolean":
            return source.choice([True, False])
        case _:
            return source.choice(
                ["text", 7, [1, {"deep": None}], {"any": {"thing": 1}}]
            )


def _make_object(schema: Mapping[str, Any], source: random.Random) -> JsonObject:
    required = schema.get("required", ())
    made = {
        name: _make(inner, source)
        for name, inner in schema.get("properties", {}).items()
        if name in required or source.random() < 0.6
    }
    values = schema.get("additionalProperties")
    if isinstance(values, dict):
        made["key"] = _make(cast("Mapping[str, Any]", values), source)
    elif source.random() < 0.3:
        made["laterField"] = source.choice([None, 1, {"kept": [True, None]}])
    return made


def _make_text(schema: Mapping[str, Any], source: random.Random) -> str:
    if schema.get("format") == "date-time":
        return source.choice(["2024-01-01T00:00:00Z", "2025-06-30T12:34:56.789012Z"])
    if "pattern" in schema:
        return _matching(str(schema["pattern"]), source)
    shortest = int(schema.get("minLength", 0))
    return source.choice(["", "text", "1h0m0s", "Ünïcode"]).ljust(shortest, "x")


def _matching(pattern: str, source: random.Random) -> str:
    """Candidates for the few patterns that the portal's definitions have."""
    candidates = ["main", "/team/x", "a-1", "https://x.example/y", "1.0.0", "0 * * * *"]
    fitting = [text for text in candidates if re.search(pattern, text)]
    return source.choice(fitting)
