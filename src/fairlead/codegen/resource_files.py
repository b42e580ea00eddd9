"""`resources.js` and `.d.ts`: the Kubernetes resources that an application uses."""

import json

from fairlead.codegen.nodes import Application, Constant, Record, ResourceConfig, Type
from fairlead.codegen.router_types import HEADER
from fairlead.codegen.typescript import property_name, quote

_TYPE = """/** What a client must know of a Kubernetes resource to address it. */
export type ResourceConfig = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly group: string;
  readonly version: string;
  readonly singularName: string;
  readonly pluralName: string;
  readonly labels: { readonly [key: string]: string };
  readonly clusterScoped: boolean;
};
"""


def resources_js(app: Application) -> str:
    """The configurations, by kind."""
    entries = "".join(
        f"  {property_name(node.kind)}: {json.dumps(_config(node), ensure_ascii=False)},\n"
        for node in app.resources
    )
    return f"{HEADER}export const resources = {{\n{entries}}};\n"


_HELPERS = """
/** A kind whose objects procedures answer with. */
export type ResourceKind = keyof ResourceObjects;

/** An object of a kind. */
export type ResourceObject<K extends ResourceKind> = ResourceObjects[K];

/** What its author wants of an object of a kind; `never` for kinds without. */
export type ResourceSpec<K extends ResourceKind> = ResourceObjects[K] extends { spec?: infer S }
  ? NonNullable<S>
  : never;

/** What the cluster says of an object of a kind; `never` for kinds without. */
export type ResourceStatus<K extends ResourceKind> = ResourceObjects[K] extends { status?: infer S }
  ? NonNullable<S>
  : never;

/** One of the conditions in the status of a kind; `never` for kinds without. */
export type ResourceCondition<K extends ResourceKind> = ResourceStatus<K> extends { conditions?: infer C }
  ? NonNullable<C> extends readonly (infer Condition)[]
    ? Condition
    : never
  : never;

/** The label keys that a kind is known to have. */
export type ResourceLabel<K extends keyof typeof resources> =
  (typeof resources)[K]["labels"][keyof (typeof resources)[K]["labels"]];
"""


def resources_dts(app: Application) -> str:
    """Their literal types, so a wrong kind or label key does not compile, and types of their objects."""
    entries = "".join(
        f"  readonly {property_name(node.kind)}: {_literal(node)};\n"
        for node in app.resources
    )
    objects = _objects(app)
    listed = "".join(
        f"  readonly {property_name(kind)}: {name};\n" for kind, name in objects
    )
    names = ", ".join(sorted({name for _, name in objects}))
    used = f'import type {{ {names} }} from "./router.js";\n\n' if objects else ""
    return (
        f"{HEADER}{used}{_TYPE}\n"
        f"export declare const resources: {{\n{entries}}};\n\n"
        f"/** The types of objects, by kind. */\n"
        f"export type ResourceObjects = {{\n{listed}}};\n{_HELPERS}"
    )


def _objects(app: Application) -> list[tuple[str, str]]:
    """Kinds and the declarations of their objects, as procedures answer with them."""
    by_kind: dict[tuple[object, object], str] = {
        (node.api_version, node.kind): node.kind for node in app.resources
    }
    return [
        (by_kind[facts], node.name)
        for node in app.declarations
        if not node.input
        and (facts := _facts(node.type)) is not None
        and facts in by_kind
    ]


def _facts(node: Type) -> tuple[object, object] | None:
    """`apiVersion` and `kind`, where an object always says them."""
    if not isinstance(node, Record):
        return None
    fixed = {
        field.name: field.type.values[0]
        for field in node.fields
        if field.required and isinstance(field.type, Constant)
    }
    if not any(field.name == "metadata" for field in node.fields):
        return None
    return fixed.get("apiVersion"), fixed.get("kind")


def _config(node: ResourceConfig) -> dict[str, object]:
    return {
        "apiVersion": node.api_version,
        "kind": node.kind,
        "group": node.group,
        "version": node.version,
        "singularName": node.singular,
        "pluralName": node.plural,
        "labels": dict(node.labels),
        "clusterScoped": node.cluster_scoped,
    }


def _literal(node: ResourceConfig) -> str:
    parts: list[str] = []
    for name, value in _config(node).items():
        if isinstance(value, dict):
            inner = "".join(
                f"readonly {property_name(k)}: {quote(v)}; " for k, v in node.labels
            )
            parts.append(
                f"readonly {name}: {{ {inner}}}" if inner else f"readonly {name}: {{}}"
            )
        else:
            parts.append(f"readonly {name}: {json.dumps(value, ensure_ascii=False)}")
    return f"{{ {'; '.join(parts)} }}"
