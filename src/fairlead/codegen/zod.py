"""Type nodes as Zod 4 schemas: one function per node. They check, and never rewrite a payload."""

import json
from collections.abc import Mapping
from typing import assert_never

from fairlead.codegen.graph import find_cycles, references
from fairlead.codegen.nodes import (
    Array,
    Boolean,
    Constant,
    DecimalNumber,
    Declaration,
    Dictionary,
    EmbeddedJson,
    Field,
    Json,
    Later,
    Native,
    Null,
    Number,
    Record,
    Reference,
    Text,
    Tuple,
    Type,
    Union,
)
from fairlead.codegen.typescript import property_name, quote

_TEXT = {
    "plain": "z.string()",
    "uuid1": 'uuidOf("1")',
    "uuid3": 'uuidOf("3")',
    "uuid4": 'uuidOf("4")',
    "uuid5": 'uuidOf("5")',
    "ipv4": "z.ipv4()",
    "ipv6": "z.ipv6()",
    "cidrv4": "z.cidrv4()",
    "cidrv6": "z.cidrv6()",
    "email": "z.email()",
}
_COMPARISONS = (("ge", ">="), ("gt", ">"), ("le", "<="), ("lt", "<"))


class ZodPrinter:
    """Prints schemas; `declared` are the declarations that references lead to."""

    def __init__(self, declared: Mapping[str, Declaration]) -> None:
        self._declared = declared
        self._cyclic = find_cycles(declared)
        self._within: str | None = None

    def declaration(self, node: Declaration) -> str:
        """`export const zX = ...;`, one pure call so that bundlers can drop it."""
        self._within = node.name
        body = self.type(node.type)
        lazy = node.name in self._cyclic and not isinstance(node.type, Record)
        self._within = None
        inner = f"z.lazy(() => {body})" if lazy else body
        return f"export const z{node.name} = /* @__PURE__ */ (() => {inner})();"

    def type(  # noqa: PLR0911, PLR0912 - one case per node
        self, node: Type
    ) -> str:
        """One schema expression."""
        match node:
            case Text():
                return _text(node)
            case Number():
                return _number(node)
            case DecimalNumber():
                return _decimal(node)
            case Boolean():
                return "z.boolean()"
            case Null():
                return "z.null()"
            case Json():
                return "z.json()"
            case Native("form"):
                return "z.instanceof(FormData)"
            case Native():
                return "z.union([z.instanceof(Blob), z.instanceof(Uint8Array)])"
            case Later():
                # Checking it would wait for it, or use it up.
                return 'z.custom((v) => typeof v === "object" && v !== null)'
            case Constant():
                return _constant(node)
            case EmbeddedJson():
                return f"jsonText(() => {self.type(node.content)})"
            case Array():
                return self._array(node)
            case Tuple():
                return self._tuple(node)
            case Dictionary():
                return self._mapping(node)
            case Record():
                return self._record(node)
            case Union():
                return self._union(node)
            case Reference():
                return self._reference(node)
            case _:
                assert_never(node)

    def _array(self, node: Array) -> str:
        text = f"z.array({self.type(node.item)})"
        if node.distinct:
            return text + _counted("distinct(v)", node.min_length, node.max_length)
        low = "" if node.min_length is None else f".min({node.min_length})"
        high = "" if node.max_length is None else f".max({node.max_length})"
        return text + low + high

    def _tuple(self, node: Tuple) -> str:
        items = [self.type(item) for item in node.items]
        parts = [
            item if i < node.required else f"{item}.optional()"
            for i, item in enumerate(items)
        ]
        rest = "" if node.rest is None else f".rest({self.type(node.rest)})"
        return f"z.tuple([{', '.join(parts)}]){rest}"

    def _mapping(self, node: Dictionary) -> str:
        value = self.type(node.value)
        if isinstance(node.key, Constant):
            keys = [k if isinstance(k, str) else json.dumps(k) for k in node.key.values]
            text = f"z.partialRecord(z.enum({json.dumps(keys, ensure_ascii=False)}), {value})"
        else:
            text = f"z.record({self._key(node.key)}, {value})"
        return text + _counted(
            "Object.keys(v).length", node.min_length, node.max_length
        )

    def _key(self, key: Type) -> str:
        match key:
            case Number(integer=True):
                return "integerKey"
            case Number():
                return "numberKey"
            case Boolean():
                return "booleanKey"
            case Text():
                return self.type(key)
            case _:
                return "z.string()"

    def _record(self, node: Record) -> str:
        parts = [self._field(f) for f in node.fields if not f.paths]
        constructor = "z.strictObject" if node.extra == "forbid" else "z.object"
        if any(f.paths for f in node.fields) and node.extra == "forbid":
            constructor = "z.object"  # the strictness would refuse the alternatives
        text = (
            f"{constructor}({{ {', '.join(parts)} }})"
            if parts
            else f"{constructor}({{}})"
        )
        if not isinstance(node.extra, str):
            text += f".catchall({self.type(node.extra)})"
        return text + "".join(self._paths(f) for f in node.fields if f.paths)

    def _field(self, node: Field) -> str:
        text = self.type(node.type) + ("" if node.required else ".optional()")
        name = property_name(node.name)
        if self._in_cycle(node.type):
            return f"get {name}() {{ return {text}; }}"
        return f"{name}: {text}"

    def _in_cycle(self, node: Type) -> bool:
        here = self._cyclic.get(self._within) if self._within else None
        return here is not None and any(
            self._cyclic.get(name) == here for name in references(node)
        )

    def _paths(self, node: Field) -> str:
        text = self.type(node.type)
        options = [_nested(path, text, node.required) for path in node.paths]
        inner = options[0] if len(options) == 1 else f"z.union([{', '.join(options)}])"
        return f".and({inner})"

    def _union(self, node: Union) -> str:
        rest = [option for option in node.options if not isinstance(option, Null)]
        nullable = ".nullable()" if len(rest) < len(node.options) else ""
        texts = list(dict.fromkeys(self.type(option) for option in rest))
        if len(texts) == 1:
            return texts[0] + nullable
        listed = ", ".join(texts)
        if node.tag is not None:
            return f"z.discriminatedUnion({quote(node.tag)}, [{listed}]){nullable}"
        return f"z.union([{listed}]){nullable}"

    def _reference(self, node: Reference) -> str:
        if node.tag is None:
            return f"z{node.name}"
        return f"z{node.name}.required({{ {property_name(node.tag[0])}: true }})"


def _text(node: Text) -> str:
    text = _TEXT.get(node.format, node.format)
    if node.format == "url":
        schemes = "|".join(node.schemes)
        text = f"z.url({{ protocol: /^(?:{schemes})$/ }})" if schemes else "z.url()"
    if node.trim:
        text += ".trim()"
    if node.min_length is not None:
        text += f".min({node.min_length})"
    if node.max_length is not None:
        text += f".max({node.max_length})"
    if node.pattern is not None:
        text += f".regex({node.pattern})"
    change = {"keep": "", "lower": ".toLowerCase()", "upper": ".toUpperCase()"}
    return text + change[node.case]


def _number(node: Number) -> str:
    bounds = (
        ("gte", node.ge),
        ("gt", node.gt),
        ("lte", node.le),
        ("lt", node.lt),
    )
    text = "z.int()" if node.integer else "z.number()"
    text += "".join(
        f".{name}({json.dumps(bound)})" for name, bound in bounds if bound is not None
    )
    if node.multiple_of is None:
        return text
    return f"{text}.refine((v) => isMultiple(v, {json.dumps(node.multiple_of)}))"


def _decimal(node: DecimalNumber) -> str:
    text = "decimalText" if node.text_only else "decimal"
    for name, operator in _COMPARISONS:
        bound: str | None = getattr(node, name)
        if bound is not None:
            text += f".refine((v) => compareDecimals(v, {quote(bound)}) {operator} 0)"
    if node.max_digits is not None or node.decimal_places is not None:
        digits = "Infinity" if node.max_digits is None else node.max_digits
        places = "Infinity" if node.decimal_places is None else node.decimal_places
        text += f".refine((v) => decimalFits(v, {digits}, {places}))"
    return text


def _constant(node: Constant) -> str:
    if node.values and all(isinstance(value, str) for value in node.values):
        return f"z.enum({json.dumps(node.values, ensure_ascii=False)})"
    return f"z.literal({json.dumps(node.values, ensure_ascii=False)})"


def _counted(count: str, minimum: int | None, maximum: int | None) -> str:
    low = "" if minimum is None else f".refine((v) => {count} >= {minimum})"
    high = "" if maximum is None else f".refine((v) => {count} <= {maximum})"
    return low + high


def _nested(path: tuple[str | int, ...], text: str, required: bool) -> str:
    for step in reversed(path[1:]):
        text = (
            f"z.looseObject({{ {property_name(step)}: {text} }})"
            if isinstance(step, str)
            else f"z.tuple([{'z.json(), ' * step}{text}]).rest(z.json())"
        )
    optional = "" if required else ".optional()"
    return f"z.looseObject({{ {property_name(str(path[0]))}: {text}{optional} }})"
