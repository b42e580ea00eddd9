"""`drafts.js` and `.d.ts`: functions that make and edit Kubernetes objects from flat inputs."""

import json
from collections.abc import Mapping
from importlib import resources
from typing import assert_never

from fairlead.codegen.graph import references
from fairlead.codegen.nodes import Application, DraftNode
from fairlead.codegen.router_types import HEADER
from fairlead.codegen.typescript import jsdoc, property_name, quote
from fairlead.drafts.building import names_in
from fairlead.drafts.nodes import Constant, Input, Owner, Rule, Text, Value

_TYPES = """
/** Where the random characters at the end of names come from; the default is `crypto`. */
export type DraftOptions = { readonly suffix?: (length: number) => string };

/** The inputs fit their types, but no object can be made from them; the message says why. */
export declare class DraftError extends Error {
  constructor(message: string);
}
"""


def draft_functions(app: Application) -> list[str]:
    """The names of the generated functions."""
    return [node.function for node in app.drafts]


def drafts_js(app: Application) -> str:
    """One function per creator and editor; the rules are data, one engine runs them."""
    used = {f"z{name}" for node in app.drafts for name in _types(node)}
    runtime = resources.files("fairlead.codegen").joinpath("drafts_runtime.js")
    return (
        f'{HEADER}import {{ {", ".join(sorted(used))} }} from "./schemas.js";\n\n'
        + runtime.read_text(encoding="utf-8")
        + "".join(_function_js(node) for node in app.drafts)
    )


def drafts_dts(app: Application) -> str:
    """Their types."""
    used = sorted({name for node in app.drafts for name in _types(node)})
    return (
        f'{HEADER}import type {{ {", ".join(used)} }} from "./router.js";\n{_TYPES}'
        + "".join(_function_dts(node) for node in app.drafts)
    )


def _types(node: DraftNode) -> tuple[str, str]:
    """The names of its inputs and of what it makes."""
    (inputs,), (result,) = references(node.inputs), references(node.result)
    return inputs, result


def _function_dts(node: DraftNode) -> str:
    inputs, result = _types(node)
    parameters = (
        f"inputs: {inputs}, options?: DraftOptions"
        if node.action == "create"
        else f"object: {result}, inputs: {inputs}"
    )
    return (
        f"\n{jsdoc(node.doc)}"
        f"export declare function {node.function}({parameters}): {result};\n"
    )


def _function_js(node: DraftNode) -> str:
    inputs, result = _types(node)
    lines = [f"  inputs: z{inputs},\n  draft: z{result},\n"]
    if node.action == "create":
        lines.append(f"  defaults: {_json(dict(node.defaults))},\n")
        lines.append(f"  base: {_json(dict(node.base))},\n")
    rules = "".join(f"    {_rule(rule)},\n" for rule in node.rules)
    maker = "creator" if node.action == "create" else "editor"
    return (
        f"\nexport const {node.function} = /* @__PURE__ */ {maker}({{\n"
        f"{''.join(lines)}  rules: [\n{rules}  ],\n}});\n"
    )


def _rule(rule: Rule) -> str:
    parts = [
        f"to: {_json(list(rule.to))}",
        f"from: {_value(rule.value)}",
        f"reads: {_json(sorted(names_in(rule.value)))}",
    ]
    if rule.when:
        parts.append(f"when: {_object({n: _json(list(v)) for n, v in rule.when})}")
    if rule.otherwise is not None:
        parts.append(f"otherwise: {_json(rule.otherwise)}")
    if rule.omit is not None:
        parts.append(f"omit: {_json(rule.omit)}")
    return f"{{ {', '.join(parts)} }}"


def _value(value: Value) -> str:
    match value:
        case Input(name):
            return _object({"input": quote(name)})
        case Constant(constant):
            return _object({"constant": _json(constant)})
        case Owner():
            parts = {"owner": quote(value.name)}
            if value.controller:
                parts["controller"] = "true"
            if value.block_owner_deletion:
                parts["blockOwnerDeletion"] = "true"
            return _object(parts)
        case Text():
            pieces = [
                _value(part) if isinstance(part, Input) else quote(part)
                for part in value.parts
            ]
            parts = {"text": f"[{', '.join(pieces)}]", "form": quote(value.form)}
            if value.form == "name":
                parts["random"] = str(value.random)
            if value.form != "plain":
                parts["max"] = str(value.max_length)
            return _object(parts)
        case _:
            assert_never(value)


def _object(parts: Mapping[str, str]) -> str:
    listed = ", ".join(f"{property_name(k)}: {v}" for k, v in parts.items())
    return f"{{ {listed} }}"


def _json(value: object) -> str:
    if isinstance(value, dict):
        found: dict[str, object] = {str(k): v for k, v in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return _object({k: _json(v) for k, v in found.items()}) if found else "{}"
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
