"""Type nodes as TypeScript: one function per node, all of them type aliases."""

import json
import re
from dataclasses import replace
from typing import assert_never

from fairlead.codegen.declaration_map import Marks, drop_marks
from fairlead.codegen.nodes import (
    Array,
    Boolean,
    Constant,
    DecimalNumber,
    Declaration,
    Dictionary,
    Doc,
    EmbeddedJson,
    Field,
    Json,
    Later,
    Native,
    Null,
    Number,
    Record,
    Reference,
    Scalar,
    Text,
    Tuple,
    Type,
    Union,
)

JSON_VALUE = (
    "export type JsonValue = string | number | boolean | null | JsonValue[] "
    "| { [key: string]: JsonValue };"
)
_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


def quote(value: Scalar) -> str:
    """A JavaScript literal."""
    return (
        json.dumps(value, ensure_ascii=False)
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )


def property_name(name: str) -> str:
    """A property name, quoted when it must be."""
    return name if _IDENTIFIER.fullmatch(name) else quote(name)


def jsdoc(doc: Doc, indent: str = "") -> str:
    """The comment above a declaration, with its line end; empty when there is nothing to say."""
    lines = doc.text.strip().splitlines()
    if doc.deprecated is not None:
        lines.append(f"@deprecated {doc.deprecated}".rstrip())
    if doc.default is not None:
        lines.append(f"@default {doc.default}")
    lines += [f"@example {example}" for example in doc.examples]
    if not lines:
        return ""
    safe = [drop_marks(line.rstrip().replace("*/", "*\\/")) for line in lines]
    if len(safe) == 1:
        return f"{indent}/** {safe[0]} */\n"
    body = "".join(f"{indent} * {line}".rstrip() + "\n" for line in safe)
    return f"{indent}/**\n{body}{indent} */\n"


class TypePrinter:
    """Prints types in one mode: inputs allow `undefined` for what may be left out."""

    def __init__(self, *, allow_undefined: bool, marks: Marks) -> None:
        self._allow_undefined = allow_undefined
        self._marks = marks

    def type(  # noqa: PLR0911, PLR0912 - one case per node
        self, node: Type, indent: str = ""
    ) -> str:
        """The type's text; `indent` is that of the line it starts on."""
        match node:
            case Text() | EmbeddedJson():
                return "string"
            case Number():
                return "number"
            case DecimalNumber():
                return "string" if node.text_only else "number | string"
            case Boolean():
                return "boolean"
            case Null():
                return "null"
            case Json():
                return "JsonValue"
            case Native("form"):
                return "FormData"
            case Native():
                return "Blob | Uint8Array"
            case Later():
                item = self.type(node.item, indent)
                wrapper = (
                    "AsyncIterable<{}, void, unknown>" if node.stream else "Promise<{}>"
                )
                return wrapper.format(item)
            case Constant():
                return " | ".join(quote(value) for value in node.values)
            case Array():
                return f"{_grouped(self.type(node.item, indent))}[]"
            case Tuple():
                return self._tuple(node, indent)
            case Dictionary():
                return self._mapping(node, indent)
            case Record():
                return self._record(node, indent)
            case Union():
                return self._union(node, indent)
            case Reference():
                return self._reference(node)
            case _:
                assert_never(node)

    def _tuple(self, node: Tuple, indent: str) -> str:
        items = [_grouped(self.type(item, indent)) for item in node.items]
        parts = [
            item if i < node.required else f"{item}?" for i, item in enumerate(items)
        ]
        if node.rest is not None:
            parts.append(f"...{_grouped(self.type(node.rest, indent))}[]")
        return f"[{', '.join(parts)}]"

    def _mapping(self, node: Dictionary, indent: str) -> str:
        value = self.type(node.value, indent)
        match node.key:
            case Constant(values):
                keys = " | ".join(quote(_key_text(key)) for key in values)
                return f"{{ [K in {keys}]?: {value} }}"
            case _:
                return f"{{ [key: string]: {value} }}"

    def _record(self, node: Record, indent: str) -> str:
        inner = f"{indent}  "
        plain = [f for f in node.fields if not f.paths]
        lines = [self.field(f, inner) for f in plain]
        alternatives = "".join(
            f" & {self._paths(f, indent)}" for f in node.fields if f.paths
        )
        match node.extra:
            case "ignore" | "forbid":
                pass
            case Json() if node.fields:
                # Unknown fields that are let through stay untyped: an index signature
                # would let every misspelt name compile.
                pass
            case _:
                alternatives += " & { [key: string]: JsonValue }"
        body = f"{{\n{''.join(lines)}{indent}}}" if lines else "{}"
        if not lines and node.extra == "forbid":
            body = "{ [key: string]: never }"
        return (
            alternatives.removeprefix(" & ")
            if not lines and alternatives
            else body + alternatives
        )

    def field(self, node: Field, indent: str) -> str:
        """One property with its comment, ending its line."""
        text = self.type(node.type, indent)
        name = self._marks.mark(node.source) + property_name(node.name)
        undefined, doc = "", node.doc
        if not node.required:
            name += "?"
            undefined = " | undefined" if self._allow_undefined else ""
        if not undefined or doc.default == "null":
            doc = replace(doc, default=None)  # news only for who may leave it out
        return f"{jsdoc(doc, indent)}{indent}{name}: {text}{undefined};\n"

    def _paths(self, node: Field, indent: str) -> str:
        text = self.type(node.type, indent)
        options = [_nested(path, text, node.required) for path in node.paths]
        return options[0] if len(options) == 1 else f"({' | '.join(options)})"

    def _union(self, node: Union, indent: str) -> str:
        texts = [self.type(option, indent) for option in node.options]
        return " | ".join(dict.fromkeys(texts))

    def _reference(self, node: Reference) -> str:
        if node.tag is None:
            return node.name
        name, constant = node.tag
        return f"{node.name} & {{ {property_name(name)}: {self.type(constant)} }}"


def declaration(node: Declaration, marks: Marks) -> str:
    """`export type X = ...;` with its comment."""
    text = TypePrinter(allow_undefined=node.input, marks=marks).type(node.type)
    name = marks.mark(node.source) + node.name
    return f"{jsdoc(node.doc)}export type {name} = {text};\n"


def _grouped(text: str) -> str:
    """Parenthesised unless it is one primary type."""
    name = _IDENTIFIER.fullmatch(text) is not None
    array = text.endswith("[]") and "|" not in text
    literal = text.startswith('"') and " | " not in text
    closed = text.startswith(("{", "[")) and _closes_at_end(text)
    return text if name or array or literal or closed else f"({text})"


def _closes_at_end(text: str) -> bool:
    depth = 0
    for position, char in enumerate(text):
        depth += (char in "{[") - (char in "}]")
        if depth == 0:
            return position == len(text) - 1
    return False


def _key_text(key: Scalar) -> str:
    return key if isinstance(key, str) else json.dumps(key)


def _nested(path: tuple[str | int, ...], text: str, required: bool) -> str:
    for step in reversed(path[1:]):
        text = (
            f"{{ {property_name(step)}: {text} }}"
            if isinstance(step, str)
            else f"[{'JsonValue, ' * step}{_grouped(text)}, ...JsonValue[]]"
        )
    optional = "" if required else "?"
    return f"{{ {property_name(str(path[0]))}{optional}: {text} }}"
