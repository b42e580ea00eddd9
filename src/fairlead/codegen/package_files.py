"""The generated npm package, file by file: pure functions of the intermediate representation."""

import json
from collections.abc import Mapping, Sequence
from importlib import resources

from fairlead.codegen.declaration_map import Marks
from fairlead.codegen.draft_files import draft_functions
from fairlead.codegen.graph import dependency_order
from fairlead.codegen.nodes import Application, Procedure
from fairlead.codegen.router_types import HEADER
from fairlead.codegen.typescript import TypePrinter, property_name
from fairlead.codegen.zod import ZodPrinter

_LAZILY = """
// Built when first read: an application with thousands of procedures uses a few.
const lazily = (makers) => {
  const made = {};
  for (const [name, make] of Object.entries(makers)) {
    Object.defineProperty(made, name, {
      configurable: true,
      enumerable: true,
      get() {
        const value = make();
        Object.defineProperty(made, name, { value, enumerable: true });
        return value;
      },
    });
  }
  return made;
};
"""


def schemas_js(app: Application) -> str:
    """`schemas.js`: a Zod schema per declaration, and those of every procedure."""
    declared = {node.name: node for node in app.declarations}
    printer = ZodPrinter(declared)
    runtime = resources.files("fairlead.codegen").joinpath("zod_runtime.js")
    parts = [HEADER + runtime.read_text(encoding="utf-8")]
    parts += [printer.declaration(declared[n]) for n in dependency_order(declared)]
    parts.append(_LAZILY)
    entries = [_procedure_js(node, printer) for node in app.procedures]
    listed = "".join(f"  {entry},\n" for entry in entries)
    parts.append(f"export const procedures = /* @__PURE__ */ lazily({{\n{listed}}});\n")
    return "\n".join(parts)


def _procedure_js(node: Procedure, printer: ZodPrinter) -> str:
    makers: list[str] = []
    if node.input is not None:
        optional = ".optional()" if node.input_optional else ""
        makers.append(f"input: () => {printer.type(node.input)}{optional}")
    makers.append(f"output: () => {printer.type(node.output)}")
    return f"{property_name(node.path)}: () => lazily({{ {', '.join(makers)} }})"


def schemas_dts(app: Application) -> str:
    """`schemas.d.ts`: declared, not inferred, which costs the compiler a hundredth."""
    names = _used_names(app)
    lines = [f'{HEADER}import type {{ z }} from "zod";']
    if names:
        lines.append(f'import type {{ {", ".join(names)} }} from "./router.js";')
    lines += [
        "",
        "type $Schema<T> = z.ZodType<T, T>;",
        "",
        *(
            f"export declare const z{n.name}: $Schema<{n.name}>;"
            for n in app.declarations
        ),
        "",
        "/** The schemas of every procedure's input and output (of one item, when it streams). */",
        "export declare const procedures: {",
    ]
    lines += [_procedure_dts(node) for node in app.procedures]
    lines.append("};\n")
    return "\n".join(lines)


def _used_names(app: Application) -> list[str]:
    names = {node.name for node in app.declarations}
    text = "".join(_procedure_dts(node) for node in app.procedures)
    return sorted(names | ({"JsonValue"} if "JsonValue" in text else set()))


def _procedure_dts(node: Procedure) -> str:
    marks = Marks()
    parts: list[str] = []
    if node.input is not None:
        text = TypePrinter(allow_undefined=True, marks=marks).type(node.input, "  ")
        optional = " | undefined" if node.input_optional else ""
        parts.append(f"readonly input: {_zod_type(text + optional)}")
    text = TypePrinter(allow_undefined=False, marks=marks).type(node.output, "  ")
    parts.append(f"readonly output: {_zod_type(text)}")
    return f"  readonly {property_name(node.path)}: {{ {'; '.join(parts)} }};"


def _zod_type(text: str) -> str:
    return f"$Schema<{text}>"


def index_js(app: Application) -> str:
    """`index.js`: the values of the package."""
    values = ", ".join(
        sorted([*(f"z{n.name}" for n in app.declarations), "procedures"])
    )
    return (
        f'{HEADER}export {{ {values} }} from "./schemas.js";\n'
        f'{_draft_exports(app)}export {{ resources }} from "./resources.js";\n'
        f"\n/** Changes with the types; the server compares it with its own. */\n"
        f"export const schemaHash = {json.dumps(app.fingerprints.whole)};\n"
    )


def index_dts(app: Application) -> str:
    """`index.d.ts`: the types and the values' types."""
    types = [n.name for n in app.declarations]
    types += ["AppRouter", "ErrorData", "ErrorShape", "JsonValue"]
    types += ["RouterErrors", "RouterInputs", "RouterOutputs"]
    values = ", ".join(
        sorted([*(f"z{n.name}" for n in app.declarations), "procedures"])
    )
    return (
        f'{HEADER}export type {{ {", ".join(sorted(types))} }} from "./router.js";\n'
        f'export {{ {values} }} from "./schemas.js";\n'
        "export type { ResourceCondition, ResourceConfig, ResourceKind, ResourceLabel, "
        "ResourceObject, ResourceObjects, ResourceSpec, ResourceStatus } "
        'from "./resources.js";\n'
        f'{_draft_exports(app)}export {{ resources }} from "./resources.js";\n'
        "\n/** Changes with the types; the server compares it with its own. */\n"
        "export declare const schemaHash: string;\n"
    )


def _draft_exports(app: Application) -> str:
    if not app.drafts:
        return ""
    names = ", ".join(["DraftError", *draft_functions(app)])
    return f'export {{ {names} }} from "./drafts.js";\n'


def package_json(
    entries: Sequence[str], existing: Mapping[str, object], name: str
) -> str:
    """`package.json`: what is there already keeps its name, version and privacy.

    `@trpc/server` is a peer: two copies of it have incompatible types.
    """
    exports: dict[str, object] = {".": _export("index")}
    exports["./router"] = {"types": "./router.d.ts"}
    exports.update({f"./{entry}": _export(entry) for entry in entries})
    peers = {
        "@trpc/client": ">=11.4 <12",
        "@trpc/server": ">=11.4 <12",
        "zod": ">=4.5 <5",
    }
    optional = ["@trpc/client"]
    content: dict[str, object] = {
        "name": existing.get("name", name),
        "version": existing.get("version", "0.0.0"),
        "private": existing.get("private", True),
        "type": "module",
        "sideEffects": False,
        "exports": exports,
    }
    if "hooks" in entries:
        peers["@fairlead/react"] = "*"
        optional.append("@fairlead/react")
    content["peerDependencies"] = dict(sorted(peers.items()))
    content["peerDependenciesMeta"] = {
        name: {"optional": True} for name in sorted(optional)
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _export(entry: str) -> dict[str, str]:
    return {"types": f"./{entry}.d.ts", "default": f"./{entry}.js"}
