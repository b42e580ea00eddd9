"""CustomResourceDefinitions from resource classes: the other way round from `crd`.

A team whose kinds begin in Python writes no YAML: `fairlead crds` prints what a cluster
administrator applies, and `fairlead dev` defines the kinds in the dev cluster by itself.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, JsonValue

from fairlead.codegen.generating import GenerationSource, compile_source
from fairlead.codegen.resource_nodes import ResourceFacts, find_facts
from fairlead.codegen.structural import structural_schema
from fairlead.errors import DefinitionError
from fairlead.router import Router, get_nested, get_router_class

__all__ = [
    "custom_resource_definition",
    "custom_resource_definitions",
    "served_resources",
]

MANAGED_BY = "fairlead"
"""Value of `app.kubernetes.io/managed-by` on the definitions that are made here."""


def custom_resource_definitions(app: GenerationSource) -> list[dict[str, JsonValue]]:
    """A definition for each custom resource that a router of the application serves, by name.

    Built-in kinds and those of groups without a dot, which no definition can have, are left out.
    """
    return [
        custom_resource_definition(cls)
        for cls in served_resources(app)
        if (facts := find_facts(cls)) is not None and _is_custom(facts)
    ]


def served_resources(app: GenerationSource) -> list[type[BaseModel]]:
    """The resource classes that the routers of an application serve, by kind."""
    served = {
        facts.kind: cls
        for cls in _resources(compile_source(app).router)
        if (facts := find_facts(cls)) is not None
    }
    return [served[kind] for kind in sorted(served)]


def custom_resource_definition(model: type[BaseModel]) -> dict[str, JsonValue]:
    """The `apiextensions.k8s.io/v1` definition of one resource class.

    Raises:
        DefinitionError: the class is no custom resource.
    """
    facts = find_facts(model)
    if facts is None or not _is_custom(facts):
        raise DefinitionError(
            f"{model.__qualname__} is no custom resource: it needs a group with a dot, "
            'such as group="example.com"'
        )
    version: dict[str, JsonValue] = {
        "name": facts.version,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": _schema(model)},
        "additionalPrinterColumns": [
            {
                "name": "Age",
                "type": "date",
                "jsonPath": ".metadata.creationTimestamp",
            }
        ],
    }
    if "status" in model.model_fields:
        version["subresources"] = {"status": {}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{facts.plural}.{facts.group}",
            "labels": {"app.kubernetes.io/managed-by": MANAGED_BY},
        },
        "spec": {
            "group": facts.group,
            "scope": "Namespaced" if facts.namespaced else "Cluster",
            "names": {
                "kind": facts.kind,
                "listKind": f"{facts.kind}List",
                "plural": facts.plural,
                "singular": facts.singular,
                "shortNames": list(facts.short_names),
            },
            "versions": [version],
        },
    }


def _schema(model: type[BaseModel]) -> dict[str, JsonValue]:
    schema = structural_schema(model)
    if model.__doc__:
        schema["description"] = inspect.cleandoc(model.__doc__)
    return schema


def _is_custom(facts: ResourceFacts) -> bool:
    return "." in facts.group and not facts.group.endswith(".k8s.io")


def _resources(router: type[Router[Any]]) -> Iterator[type[BaseModel]]:
    """The resource classes that a router and those below it serve."""
    resource = getattr(router, "resource", None)
    if isinstance(resource, type) and issubclass(resource, BaseModel):
        yield resource
    for nested in get_nested(router).values():
        yield from _resources(get_router_class(nested))
