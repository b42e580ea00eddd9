"""Annotated JSON Schema to nodes, collecting every problem instead of stopping at the first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from fairlead.codegen.annotate import HINTS, ITEM, KEYS
from fairlead.codegen.certain import PROTOTYPE_NAMES
from fairlead.codegen.field_docs import NO_FACTS, FieldFact, make_field_doc
from fairlead.codegen.nodes import (
    Array,
    Boolean,
    Constant,
    DecimalNumber,
    Dictionary,
    EmbeddedJson,
    Field,
    Json,
    Later,
    Mode,
    Native,
    Null,
    Number,
    Record,
    Reference,
    Scalar,
    Text,
    TextFormat,
    Tuple,
    Type,
    Union,
)
from fairlead.codegen.problems import Problem
from fairlead.codegen.regex import to_javascript

Schema = Mapping[str, object]
FieldFacts = Callable[[str, str], "FieldFact | None"]

_FORMATS: Mapping[str, TextFormat] = {
    "date": "date",
    "time": "time",
    "duration": "duration",
    "uuid": "uuid",
    "uuid1": "uuid1",
    "uuid3": "uuid3",
    "uuid4": "uuid4",
    "uuid5": "uuid5",
    "email": "email",
    "ipv4": "ipv4",
    "ipv6": "ipv6",
    "ipv4network": "cidrv4",
    "ipv6network": "cidrv6",
    "uri": "url",
}
_ZONES: Mapping[object, TextFormat] = {
    "aware": "datetimeAware",
    "naive": "datetimeNaive",
}
_NATIVE: Mapping[object, Literal["form", "bytes"]] = {
    "fairlead.uploads.FormData": "form",
    "fairlead.uploads.ByteStream": "bytes",
}
_ANY_CURE = "name the type, or write `JsonValue` (from pydantic) for arbitrary JSON"


@dataclass(slots=True, kw_only=True)
class Lowering:
    """One pass over many schemas; `names` maps `$defs` keys to TypeScript names."""

    names: Mapping[str, str]
    definitions: Mapping[str, Schema]
    facts: FieldFacts = lambda _cls, _name: None
    mode: Mode = "output"
    problems: list[Problem] = field(default_factory=list[Problem])
    untranslated: list[str] = field(default_factory=list[str])

    def refuse(self, where: str, what: str, cure: str) -> Json:
        """Notes a problem and stands in for the type, so that the pass goes on."""
        self.problems.append(Problem(where=where, what=what, cure=cure))
        return Json()

    def type(self, schema: Schema, where: str) -> Type:
        """The node of one schema; `where` is the dotted path for messages."""
        hints = _mapping(schema.get(HINTS))
        if "never" in hints and self.mode == "input":
            what = f"{hints['never']} never matches JSON as declared"
            return self.refuse(where, what, "use str, int or a `StrEnum`")
        if "$ref" in schema:
            return self._reference(str(schema["$ref"]), where)
        kind = hints.get("kind")
        if kind is not None:
            return self._special(str(kind), hints, schema, where)
        if "const" in schema or "enum" in schema:
            values = schema.get("enum", [schema.get("const")])
            return Constant(tuple(cast("Sequence[Scalar]", values)))
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                return self._union(schema, keyword, where)
        return self._typed(schema, where)

    def _typed(  # noqa: PLR0911 - one case per JSON type
        self, schema: Schema, where: str
    ) -> Type:
        match schema.get("type"):
            case "string":
                return self._text(schema, where)
            case "integer" | "number":
                return _number(schema)
            case "boolean":
                return Boolean()
            case "null":
                return Null()
            case "array":
                return self._array(schema, where)
            case "object":
                return self._object(schema, where)
            case _ if "properties" in schema:
                return self._object(schema, where)
            case _:
                return self.refuse(where, "its type is not known", _ANY_CURE)

    def _special(  # noqa: PLR0911 - one case per kind
        self, kind: str, hints: Schema, schema: Schema, where: str
    ) -> Type:
        match kind:
            case "json":
                return Json()
            case "any":
                return self.refuse(where, "`Any` has no type to translate", _ANY_CURE)
            case "unannotated":
                what = "its serializer does not say what it returns"
                return self.refuse(where, what, "annotate the serializer's result")
            case "later":
                item = self.type(_mapping(schema.get(ITEM)), where)
                return Later(item=item, stream=bool(hints.get("stream")))
            case "opaque" if hints.get("name") in _NATIVE:
                return Native(_NATIVE[str(hints["name"])])
            case "decimal":
                return _decimal(hints)
            case "embedded":
                content = _mapping(schema.get("contentSchema"))
                return EmbeddedJson(self.type(content, where))
            case _:
                name = hints.get("name", kind)
                return self.refuse(
                    where,
                    f"`{name}` has no JSON form",
                    "use a Pydantic model, or give the type a core schema",
                )

    def _reference(self, ref: str, where: str) -> Type:
        key = ref.rpartition("/")[2]
        if key not in self.definitions:
            what = "a type that it uses has no JSON form"
            return self.refuse(where, what, "use types that have one, such as models")
        if _mapping(self.definitions.get(key, {}).get(HINTS)).get("kind") == "json":
            return Json()
        return Reference(name=self.names[key])

    def _text(self, schema: Schema, where: str) -> Text:
        hints = _mapping(schema.get(HINTS))
        pattern = schema.get("pattern")
        translated = to_javascript(pattern) if isinstance(pattern, str) else None
        if pattern is not None and translated is None:
            self.untranslated.append(f"{where}: {pattern}")
        written = schema.get("format")
        text_format: TextFormat = _FORMATS.get(str(written), "plain")
        if written == "date-time":
            text_format = _ZONES.get(hints.get("zone"), "datetime")
        minimum = _length(schema.get("minLength"))
        return Text(
            format=text_format,
            min_length=None if text_format == "url" else minimum,
            max_length=_length(schema.get("maxLength")),
            pattern=translated,
            trim=bool(hints.get("strip_whitespace")),
            case="lower"
            if hints.get("to_lower")
            else "upper"
            if hints.get("to_upper")
            else "keep",
            schemes=tuple(cast("Sequence[str]", hints.get("schemes", ()))),
        )

    def _array(self, schema: Schema, where: str) -> Array | Tuple:
        minimum, maximum = (_length(schema.get(k)) for k in ("minItems", "maxItems"))
        prefix = cast("Sequence[Schema] | None", schema.get("prefixItems"))
        items = schema.get("items")
        rest = self.type(_mapping(items), f"{where}[]") if items else None
        if prefix is not None or (maximum == 0 and rest is None):
            types = tuple(
                self.type(item, f"{where}[{i}]") for i, item in enumerate(prefix or ())
            )
            return Tuple(items=types, required=min(minimum or 0, len(types)), rest=rest)
        hints = _mapping(schema.get(HINTS))
        item: Type = rest or self.type({HINTS: {"kind": "any"}}, f"{where}[]")
        return Array(
            item=item,
            min_length=minimum,
            max_length=maximum,
            distinct=bool(hints.get("distinct")),
        )

    def _union(self, schema: Schema, keyword: str, where: str) -> Type:
        tag = _mapping(schema.get("discriminator")).get("propertyName")
        options: list[Type] = []
        for option in cast("Sequence[Schema]", schema[keyword]):
            node = self.type(option, where)
            if isinstance(tag, str) and isinstance(node, Reference):
                node = self._tagged(node, option, tag)
            for each in _flat(node) if tag is None else (node,):
                if each not in options:
                    options.append(each)
        if len(options) == 1:
            return options[0]
        return Union(options=tuple(options), tag=tag if isinstance(tag, str) else None)

    def _tagged(self, node: Reference, option: Schema, tag: str) -> Reference:
        """Pydantic wants the tag even where the field has a default."""
        target = self.resolve(option)
        properties = _mapping(target.get("properties"))
        required = cast("Sequence[str]", target.get("required", ()))
        if tag not in properties or tag in required:
            return node
        constant = self.type(_mapping(properties[tag]), tag)
        if not isinstance(constant, Constant):
            return node
        return Reference(name=node.name, tag=(tag, constant))

    def resolve(self, schema: Schema) -> Schema:
        """Follows references to a schema that is not one."""
        while isinstance(ref := schema.get("$ref"), str):
            schema = self.definitions[ref.rpartition("/")[2]]
        return schema

    def _object(self, schema: Schema, where: str) -> Record | Dictionary:
        extra = schema.get("additionalProperties")
        if KEYS in schema or ("properties" not in schema and extra):
            return self._dictionary(schema, where)
        hints = _mapping(schema.get(HINTS))
        for twin in cast("Sequence[str]", hints.get("twins", ())):
            what = f"two fields are called {twin!r} on the wire"
            self.refuse(f"{where}.{twin}", what, "rename one, or give it another alias")
        paths = _mapping(hints.get("paths"))
        required = frozenset(cast("Sequence[str]", schema.get("required", ())))
        cls = str(hints.get("cls", ""))
        fields = tuple(
            self._field(
                name,
                _mapping(inner),
                f"{where}.{name}",
                self.facts(cls, name) or NO_FACTS,
                paths=paths.get(name),
                required=name in required,
            )
            for name, inner in _mapping(schema.get("properties")).items()
        )
        return Record(fields=fields, extra=self._extra(extra, where))

    def _extra(self, extra: object, where: str) -> Literal["ignore", "forbid"] | Type:
        if extra is False:
            return "forbid"
        if extra is True:
            return Json()
        return self.type(_mapping(extra), f"{where}.*") if extra else "ignore"

    def _field(  # noqa: PLR0913 - the parts of one node
        self,
        name: str,
        schema: Schema,
        where: str,
        fact: FieldFact,
        *,
        paths: object,
        required: bool,
    ) -> Field:
        if name in PROTOTYPE_NAMES:
            self.refuse(
                where,
                f"every JavaScript object already has a property {name!r}",
                "give the field another name or alias",
            )
        found = cast("Sequence[Sequence[str | int]]", paths or ())
        return Field(
            name=name,
            type=self.type(schema, where),
            required=required,
            doc=make_field_doc(schema, fact),
            source=fact.source,
            paths=tuple(tuple(path) for path in found),
        )

    def _dictionary(self, schema: Schema, where: str) -> Dictionary:
        keys = _mapping(schema.get(KEYS, {"type": "string"}))
        keys = self.resolve(keys)
        key = self.type(keys, f"{where}{{key}}")
        if keys.get("type") in {"array", "object"}:
            key = self.refuse(
                where,
                "a dictionary's keys must be strings in JSON",
                "use str, int, an enum, UUID or date keys",
            )
        extra = schema.get("additionalProperties")
        anything: Schema = {HINTS: {"kind": "json"}}
        value = anything if extra is True or extra is None else _mapping(extra)
        return Dictionary(
            key=key,
            value=self.type(value, f"{where}{{}}"),
            min_length=_length(schema.get("minProperties")),
            max_length=_length(schema.get("maxProperties")),
        )


def _flat(node: Type) -> tuple[Type, ...]:
    """A plain union inside another is no more than its options."""
    return node.options if isinstance(node, Union) and node.tag is None else (node,)


def _number(schema: Schema) -> Number:
    def bound(name: str) -> int | float | None:
        return cast("int | float | None", schema.get(name))

    return Number(
        integer=schema["type"] == "integer",
        ge=bound("minimum"),
        gt=bound("exclusiveMinimum"),
        le=bound("maximum"),
        lt=bound("exclusiveMaximum"),
        multiple_of=bound("multipleOf"),
    )


def _decimal(hints: Schema) -> DecimalNumber:
    def literal(name: str) -> str | None:
        return str(hints[name]) if name in hints else None

    digits, places = hints.get("max_digits"), hints.get("decimal_places")
    return DecimalNumber(
        text_only=bool(hints.get("text_only")),
        ge=literal("ge"),
        gt=literal("gt"),
        le=literal("le"),
        lt=literal("lt"),
        max_digits=None if digits is None else int(str(digits)),
        decimal_places=None if places is None else int(str(places)),
        multiple_of=literal("multiple_of"),
    )


def _length(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _mapping(value: object) -> Schema:
    return cast("Schema", value) if isinstance(value, dict) else {}
