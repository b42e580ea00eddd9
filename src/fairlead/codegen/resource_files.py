"""`resources.js` and `.d.ts`: the Kubernetes resources that an application uses."""

import json

from fairlead.codegen.nodes import Application, ResourceConfig
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


def resources_dts(app: Application) -> str:
    """Their literal types: a wrong kind or label key does not compile."""
    entries = "".join(
        f"  readonly {property_name(node.kind)}: {_literal(node)};\n"
        for node in app.resources
    )
    return f"{HEADER}{_TYPE}\nexport declare const resources: {{\n{entries}}};\n"


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
