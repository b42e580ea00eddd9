"""OpenAPI 3.1 of queries and mutations as they are on tRPC's wire, for clients that have no tRPC.

Subscriptions and streamed results have no place in OpenAPI and are left out.
"""

import html
import inspect
import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic.errors import PydanticInvalidForJsonSchema
from pydantic.json_schema import GenerateJsonSchema

from fairlead.calling import CompiledProcedure
from fairlead.codegen.docstrings import read_docstring
from fairlead.codegen.generating import GenerationSource, compile_source
from fairlead.codegen.names import type_names

Json = Mapping[str, Any]

_REF = "#/components/schemas/"
_ERROR: Json = {
    "type": "object",
    "description": "An error, in tRPC's shape.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "code", "data"],
            "properties": {
                "message": {"type": "string"},
                "code": {"type": "integer", "description": "JSON-RPC's number."},
                "data": {
                    "type": "object",
                    "required": ["code", "httpStatus"],
                    "properties": {
                        "code": {"type": "string", "examples": ["NOT_FOUND"]},
                        "httpStatus": {"type": "integer"},
                        "path": {"type": "string"},
                    },
                },
            },
        }
    },
}


def openapi(
    app: GenerationSource, *, title: str, version: str = "0.0.0", prefix: str = "/trpc"
) -> dict[str, Any]:
    """The document.

    Args:
        prefix: where the application serves procedures.
    """
    procedures = sorted(
        (
            p
            for p in compile_source(app).procedures.values()
            if p.kind != "subscription" and not p.streaming and _is_plain(p)
        ),
        key=_path,
    )
    schemas, definitions = _schemas(procedures)
    paths = {
        f"{prefix}/{p.path}": {_method(p): _operation(p, schemas)} for p in procedures
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "paths": paths,
        "components": {"schemas": {**definitions, "TRPCError": _ERROR}},
    }


def _is_plain(procedure: CompiledProcedure) -> bool:
    """Can the result be one JSON document? One with values that come later can not."""
    try:
        procedure.output.adapter.json_schema(mode="serialization")
    except PydanticInvalidForJsonSchema:
        return False
    return True


def _schemas(
    procedures: list[CompiledProcedure],
) -> tuple[Mapping[tuple[str, str], Json], dict[str, Json]]:
    """JSON Schemas by path and mode, and their definitions, by readable names."""
    generator = GenerateJsonSchema(by_alias=True, ref_template=f"{_REF}{{model}}")
    found, definitions = generator.generate_definitions(list(_entries(procedures)))
    names = type_names(str(key) for key in definitions)
    schemas: dict[tuple[str, str], Json] = {
        (path, mode): _rename(schema, names) for (path, mode), schema in found.items()
    }
    return schemas, {
        names[str(key)]: _rename(definitions[key], names)
        for key in sorted(definitions, key=lambda key: names[str(key)])
    }


def _entries(procedures: list[CompiledProcedure]) -> Iterator[tuple[str, Any, Any]]:
    for procedure in procedures:
        if procedure.input is not None:
            yield procedure.path, "validation", procedure.input.core_schema
        yield procedure.path, "serialization", procedure.output.adapter.core_schema


def _rename(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            name: _REF + names[part.removeprefix(_REF)]
            if name == "$ref" and isinstance(part, str)
            else _rename(part, names)
            for name, part in cast("dict[str, Any]", value).items()
        }
    if isinstance(value, list):
        return [_rename(part, names) for part in value]  # pyright: ignore[reportUnknownVariableType] - JSON, and mypy knows it as list[Any]
    return value


def _operation(
    procedure: CompiledProcedure, schemas: Mapping[tuple[str, str], Json]
) -> dict[str, Any]:
    text = read_docstring(inspect.cleandoc(procedure.function.__doc__ or "")).text
    summary, _, rest = text.partition("\n")
    result = _object(
        "result", _object("data", schemas[procedure.path, "serialization"])
    )
    operation: dict[str, Any] = {
        "operationId": procedure.path,
        "tags": [procedure.path.rpartition(".")[0] or "app"],
        "responses": {
            "200": {"description": "The result.", "content": _json_body(result)},
            "default": {
                "description": "An error.",
                "content": _json_body({"$ref": f"{_REF}TRPCError"}),
            },
        },
    }
    if summary:
        operation["summary"] = summary
    if rest.strip():
        operation["description"] = rest.strip()
    if procedure.options.deprecated is not None:
        operation["deprecated"] = True
    if procedure.input is not None:
        operation |= _input(procedure, schemas[procedure.path, "validation"])
    return operation


def _input(procedure: CompiledProcedure, schema: Json) -> dict[str, Any]:
    required = procedure.input is not None and not procedure.input.optional
    if procedure.kind == "mutation":
        return {"requestBody": {"required": required, "content": _json_body(schema)}}
    parameter = {
        "name": "input",
        "in": "query",
        "required": required,
        "description": "The input as JSON.",
        "content": _json_body(schema),
    }
    return {"parameters": [parameter]}


def _object(name: str, schema: Json) -> Json:
    return {"type": "object", "required": [name], "properties": {name: schema}}


def _json_body(schema: Json) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _method(procedure: CompiledProcedure) -> str:
    return "get" if procedure.kind == "query" else "post"


def _path(procedure: CompiledProcedure) -> str:
    return procedure.path


def openapi_page(document: Json) -> str:
    """The document as one page of HTML that loads nothing from elsewhere."""
    title = html.escape(document["info"]["title"])
    sections = "".join(
        _section(path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )
    schemas = "".join(
        f'<details id="{html.escape(name)}"><summary><code>{html.escape(name)}</code>'
        f"</summary>{_code(schema)}</details>"
        for name, schema in document["components"]["schemas"].items()
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{title}</h1>{sections}<h2>Schemas</h2>{schemas}</main></body></html>\n"
    )


_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:0;color:#1f2328;background:#fff}"
    "main{max-width:60rem;margin:auto;padding:2rem 1rem}"
    "details{border-top:1px solid #d1d9e0;padding:.6rem 0}"
    "summary{cursor:pointer}b{display:inline-block;width:4rem;text-transform:uppercase}"
    "pre{overflow:auto;background:#f6f8fa;padding:1rem;border-radius:6px;font-size:14px}"
    "s{opacity:.7}@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}"
    "pre{background:#161b22}details{border-color:#30363d}}"
)


def _section(path: str, method: str, operation: Json) -> str:
    name = f"<code>{html.escape(path)}</code>"
    shown = f"<s>{name}</s> (deprecated)" if operation.get("deprecated") else name
    summary = html.escape(operation.get("summary", ""))
    description = html.escape(operation.get("description", ""))
    wire = {k: v for k, v in operation.items() if k in ("parameters", "requestBody")}
    return (
        f"<details><summary><b>{method}</b> {shown} {summary}</summary>"
        f"<p>{description}</p>{_code({**wire, 'responses': operation['responses']})}"
        "</details>"
    )


def _code(value: Json) -> str:
    return f"<pre>{html.escape(json.dumps(value, indent=2, ensure_ascii=False))}</pre>"
