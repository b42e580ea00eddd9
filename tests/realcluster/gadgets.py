"""A custom kind of all that a schema can say, and its random objects."""

from __future__ import annotations

import random
from typing import Any

from tests.realcluster.objects import sometimes


def gadget_spec(draw: random.Random) -> dict[str, Any]:
    """Return fields of the custom resource of definition()."""
    ports = [
        {
            "name": draw.choice(["a", "b", "c"]),
            **sometimes(draw, 0.7, port=draw.choice([1, 2, 3, 4, 70000, "x"])),
        }
        for _ in range(draw.randrange(3))
    ]
    return sometimes(
        draw,
        0.45,
        color=draw.choice(["red", "green", "red", "green", "blue", 3]),
        replicas=draw.choice([0, 1, 5, 3, 2, 11, 2.5, None]),
        note=draw.choice([None, "n", "toolong-toolong", ""]),
        ports=ports,
        tags=draw.choice([["x"], ["x", "y"], ["z"], ["y", "x"], ["x", "x"], []]),
        words=draw.choice([["x"], ["x", "x"], []]),
        limits=draw.choice(
            [{"cpu": 1}, {"cpu": "1"}, {}, {"a.b": "x"}, {"cpu": 1, "m": "2"}]
        ),
        free=draw.choice([{"a": 1}, {"a": {"b": [1]}}, {}]),
        either=draw.choice([1, "50%", 2, True]),
        when=draw.choice(["2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z", "nope"]),
        low=draw.choice([1, 5]),
        high=draw.choice([3, 9]),
        **sometimes(draw, 0.2, bogus=1),
    )


def gadget(draw: random.Random) -> dict[str, Any]:
    found: dict[str, Any] = {"spec": gadget_spec(draw)} if draw.random() < 0.95 else {}
    return {**found, **sometimes(draw, 0.2, status={"phase": "P"}, extra=1)}


_PORT: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "port": {"type": "integer", "maximum": 65535},
        "protocol": {"type": "string", "default": "TCP"},
    },
}


def definition() -> dict[str, Any]:
    """Return the definition of the custom resource that is compared."""
    properties: dict[str, Any] = {
        "color": {"type": "string", "enum": ["red", "green"]},
        "replicas": {"type": "integer", "default": 1, "minimum": 0, "maximum": 10},
        "note": {"type": "string", "nullable": True, "maxLength": 5},
        "ports": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": _PORT,
        },
        "tags": {
            "type": "array",
            "x-kubernetes-list-type": "set",
            "items": {"type": "string"},
        },
        "words": {"type": "array", "maxItems": 3, "items": {"type": "string"}},
        "limits": {
            "type": "object",
            "additionalProperties": {
                "anyOf": [{"type": "integer"}, {"type": "string"}],
                "x-kubernetes-int-or-string": True,
            },
        },
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "either": {"x-kubernetes-int-or-string": True},
        "when": {"type": "string", "format": "date-time"},
        "low": {"type": "integer"},
        "high": {"type": "integer"},
    }
    spec = {
        "type": "object",
        "properties": properties,
        "x-kubernetes-validations": [
            {
                "rule": "!has(self.low) || !has(self.high) || self.low <= self.high",
                "message": "low must be <= high",
            }
        ],
    }
    status = {"type": "object", "properties": {"phase": {"type": "string"}, "replicas": {"type": "integer"}}}  # fmt: skip
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "subresources": {
            "status": {},
            "scale": {
                "specReplicasPath": ".spec.replicas",
                "statusReplicasPath": ".status.replicas",
            },
        },
        "selectableFields": [{"jsonPath": ".spec.color"}],
        "additionalPrinterColumns": [
            {"name": "Color", "type": "string", "jsonPath": ".spec.color"},
            {"name": "N", "type": "integer", "jsonPath": ".spec.replicas", "priority": 1},
        ],
        "schema": {
            "openAPIV3Schema": {
                "type": "object",
                "properties": {"spec": spec, "status": status},
            }
        },
    }  # fmt: skip
    names = {"plural": "widgets", "kind": "Widget", "listKind": "WidgetList", "singular": "widget"}  # fmt: skip
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.compared.dev"},
        "spec": {
            "group": "compared.dev",
            "scope": "Namespaced",
            "names": names,
            "versions": [version],
        },
    }
