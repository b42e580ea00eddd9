"""Pydantic types to JSON Schema that loses nothing: hints under `x-fairlead` say what plain JSON Schema cannot.

A subclass of Pydantic's generator, not a walk over its core schemas: those change in every minor
release, and references, user hooks and name collisions would have to be done again.
"""

import enum
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import cast

from pydantic.json_schema import (
    CoreModeRef,
    DefsRef,
    GenerateJsonSchema,
    JsonSchemaMode,
    JsonSchemaValue,
)
from pydantic_core import core_schema as cs

from fairlead.codegen.definitions import Origin

HINTS = "x-fairlead"
KEYS = "x-fairlead-keys"
ITEM = "x-fairlead-item"

_DECIMAL_BOUNDS = frozenset(
    {"ge", "gt", "le", "lt", "multiple_of", "max_digits", "decimal_places"}
)


def _hint(schema: JsonSchemaValue, **facts: object) -> JsonSchemaValue:
    known = {name: fact for name, fact in facts.items() if fact is not None}
    if not known or "$ref" in schema:
        return schema
    return {**schema, HINTS: {**schema.get(HINTS, {}), **known}}


class AnnotatedJsonSchema(GenerateJsonSchema):
    """JSON Schema with the facts TypeScript and Zod need: set or list, key types, alias paths, time zones."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012 - the base class declares a plain set

    def __init__(self, ref_template: str = "#/$defs/{model}") -> None:
        super().__init__(by_alias=True, ref_template=ref_template)
        self.classes: dict[str, type] = {}
        self.origins: dict[str, Origin] = {}

    @property
    def mode(self) -> JsonSchemaMode:
        """Which direction; `json_schema_mode_override` would make the types lie, so it is ignored."""
        return self._mode

    def sort(
        self, value: JsonSchemaValue, parent_key: str | None = None
    ) -> JsonSchemaValue:
        """Keep declaration order: it is the order a reader expects."""
        return value

    def generate_all(
        self, inputs: Iterable[tuple[str, JsonSchemaMode, cs.CoreSchema]]
    ) -> tuple[
        dict[tuple[str, JsonSchemaMode], JsonSchemaValue], dict[str, JsonSchemaValue]
    ]:
        """The schemas and their definitions, as `generate_definitions`, but not renamed.

        Pydantic generates everything twice and then searches for short names, which takes most of
        the time with thousands of models; `name_definitions` chooses them in one pass.
        """
        schemas: dict[tuple[str, JsonSchemaMode], JsonSchemaValue] = {}
        for key, mode, schema in inputs:
            self._mode = mode
            schemas[key, mode] = self.generate_inner(schema)
        return schemas, {str(key): found for key, found in self.definitions.items()}

    def get_defs_ref(self, core_mode_ref: CoreModeRef) -> DefsRef:
        """Remembers where each definition comes from."""
        key = super().get_defs_ref(core_mode_ref)
        self.origins[key] = Origin(*core_mode_ref)
        return key

    def _name_class(self, cls: type) -> str:
        name = f"{cls.__module__}.{cls.__qualname__}"
        self.classes[name] = cls
        return name

    # scalars

    def any_schema(self, schema: cs.AnySchema) -> JsonSchemaValue:
        """`Any`, `object` and bare type variables: refused when lowered."""
        return {HINTS: {"kind": "any"}}

    def is_instance_schema(self, schema: cs.IsInstanceSchema) -> JsonSchemaValue:
        """Classes Pydantic only checks with `isinstance` have no JSON form."""
        return {HINTS: {"kind": "opaque", "name": _qualified(schema["cls"])}}

    def function_plain_schema(
        self, schema: cs.PlainValidatorFunctionSchema
    ) -> JsonSchemaValue:
        """`Deferred[T]` and `Stream[T]` say in their metadata what comes later."""
        later = schema.get("metadata", {}).get("fairlead_later")
        if later is None:
            return super().function_plain_schema(schema)
        hints = {"kind": "later", "stream": later["stream"]}
        return {HINTS: hints, ITEM: self.generate_inner(later["schema"])}

    def json_or_python_schema(self, schema: cs.JsonOrPythonSchema) -> JsonSchemaValue:
        """Tell Pydantic's own `JsonValue` from `Any`."""
        python = schema["python_schema"]
        if python.get("custom_error_type") == "invalid-json-value":
            return {HINTS: {"kind": "json"}}
        return super().json_or_python_schema(schema)

    def str_schema(self, schema: cs.StringSchema) -> JsonSchemaValue:
        """Add the transformations, which happen before the length checks."""
        flags = ("strip_whitespace", "to_lower", "to_upper")
        return _hint(
            super().str_schema(schema), **{f: schema.get(f) or None for f in flags}
        )

    def datetime_schema(self, schema: cs.DatetimeSchema) -> JsonSchemaValue:
        """Add whether an offset must or must not be there."""
        zone = schema.get("tz_constraint")
        return _hint(
            super().datetime_schema(schema),
            zone=zone if isinstance(zone, str) else None,
        )

    def decimal_schema(self, schema: cs.DecimalSchema) -> JsonSchemaValue:
        """Keep the bounds exact: JSON Schema applies them to the number branch only."""
        exact = {
            name: str(bound)
            for name, bound in schema.items()
            if name in _DECIMAL_BOUNDS
        }
        text_only = True if self.mode == "serialization" else None
        return {
            "type": "string",
            HINTS: {"kind": "decimal", "text_only": text_only, **exact},
        }

    def url_schema(self, schema: cs.UrlSchema) -> JsonSchemaValue:
        """Add the schemes that are let in."""
        return _hint(super().url_schema(schema), schemes=schema.get("allowed_schemes"))

    def json_schema(self, schema: cs.JsonSchema) -> JsonSchemaValue:
        """`Json[T]` is a string on the way in and `T` on the way out."""
        if self.mode == "serialization":
            return super().json_schema(schema)
        content = (
            self.generate_inner(schema["schema"])
            if "schema" in schema
            else {HINTS: {"kind": "json"}}
        )
        return {
            "type": "string",
            "contentSchema": content,
            HINTS: {"kind": "embedded"},
        }

    def enum_schema(self, schema: cs.EnumSchema) -> JsonSchemaValue:
        """Add member names; a flag is any integer, not one of its members."""
        result = super().enum_schema(schema)
        if issubclass(schema["cls"], enum.Flag):
            return {"type": "integer", "title": result.get("title")}
        names = [cast("enum.Enum", member).name for member in schema["members"]]
        never = any(isinstance(m.value, tuple) for m in schema["members"])
        return _hint(
            result,
            members=names,
            cls=self._name_class(schema["cls"]),
            never="an enum whose values are tuples" if never else None,
        )

    def literal_schema(self, schema: cs.LiteralSchema) -> JsonSchemaValue:
        """A member of a plain enum never matches JSON, whatever JSON Schema says."""
        never = any(
            isinstance(e, enum.Enum) and not isinstance(e, str | int)
            for e in schema["expected"]
        )
        return _hint(
            super().literal_schema(schema),
            never="`Literal` of a plain Enum's member" if never else None,
        )

    # containers

    def set_schema(self, schema: cs.SetSchema) -> JsonSchemaValue:
        """Pydantic takes duplicates in a set and counts what is left."""
        return self._distinct(super().set_schema(schema))

    def frozenset_schema(self, schema: cs.FrozenSetSchema) -> JsonSchemaValue:
        """As for a set."""
        return self._distinct(super().frozenset_schema(schema))

    @staticmethod
    def _distinct(result: JsonSchemaValue) -> JsonSchemaValue:
        result.pop("uniqueItems", None)
        return _hint(result, distinct=True)

    def list_schema(self, schema: cs.ListSchema) -> JsonSchemaValue:
        """A bare `list` holds `Any`."""
        return self._items(super().list_schema(schema), schema)

    @staticmethod
    def _items(result: JsonSchemaValue, schema: cs.ListSchema) -> JsonSchemaValue:
        return (
            result
            if "items_schema" in schema
            else {**result, "items": {HINTS: {"kind": "any"}}}
        )

    def generator_schema(self, schema: cs.GeneratorSchema) -> JsonSchemaValue:
        """Pydantic validates iterables lazily: any string would pass."""
        return _hint(super().generator_schema(schema), never="an `Iterable`")

    def dict_schema(self, schema: cs.DictSchema) -> JsonSchemaValue:
        """Keep the key's own type."""
        return self._keyed(super().dict_schema(schema), schema)

    def ordered_dict_schema(self, schema: cs.OrderedDictSchema) -> JsonSchemaValue:
        """Keep the key's own type."""
        return self._keyed(super().ordered_dict_schema(schema), schema)

    def counter_schema(self, schema: cs.CounterSchema) -> JsonSchemaValue:
        """Keep the key's own type."""
        result = self._keyed(super().counter_schema(schema), schema)
        return {**result, "additionalProperties": {"type": "integer"}}

    def frozendict_schema(self, schema: cs.FrozenDictSchema) -> JsonSchemaValue:
        """Keep the key's own type."""
        return self._keyed(super().frozendict_schema(schema), schema)

    def _keyed(
        self,
        result: JsonSchemaValue,
        schema: cs.DictSchema
        | cs.OrderedDictSchema
        | cs.CounterSchema
        | cs.FrozenDictSchema,
    ) -> JsonSchemaValue:
        for name in ("propertyNames", "patternProperties"):
            result.pop(name, None)
        anything: JsonSchemaValue = {HINTS: {"kind": "any"}}
        keys = schema.get("keys_schema")
        values = schema.get("values_schema")
        result[KEYS] = self.generate_inner(keys) if keys else {"type": "string"}
        result["additionalProperties"] = (
            self.generate_inner(values) if values else anything
        )
        return result

    def ser_schema(
        self,
        schema: "cs.SerSchema | cs.IncExSeqSerSchema | cs.IncExDictSerSchema",
    ) -> JsonSchemaValue | None:
        """A serializer that does not say what it returns would pass for the field's type."""
        if schema["type"] == "function-plain" or schema["type"] == "function-wrap":
            function = cast("Mapping[str, object]", schema)["function"]
            module = str(getattr(function, "__module__", ""))
            # Pydantic's own, such as that of `Sequence`, keep the type.
            own = module.partition(".")[0] in ("pydantic", "builtins")
            if "return_schema" not in schema and not own:
                return {HINTS: {"kind": "unannotated"}}
        return super().ser_schema(schema)

    # unions

    def tagged_union_schema(self, schema: cs.TaggedUnionSchema) -> JsonSchemaValue:
        """A discriminator that is a function has no property to name."""
        result = super().tagged_union_schema(schema)
        if callable(schema["discriminator"]):
            result.pop("discriminator", None)
        return result

    # records

    def model_field_schema(self, schema: cs.ModelField) -> JsonSchemaValue:
        """A field that is left out when it is None is never written as `null`."""
        result = super().model_field_schema(schema)
        exclude_if = schema.get("serialization_exclude_if")
        if self.mode != "serialization" or exclude_if is None or not exclude_if(None):
            return result
        options = [o for o in result.get("anyOf", ()) if o != {"type": "null"}]
        rest = {name: value for name, value in result.items() if name != "anyOf"}
        if not options:
            return result
        return (
            {**rest, "anyOf": options} if len(options) > 1 else {**options[0], **rest}
        )

    def field_is_required(
        self,
        field: cs.ModelField | cs.DataclassField | cs.TypedDictField,
        total: bool,
    ) -> bool:
        """On the way out every field is written, whether it has a default or not."""
        if self.mode != "serialization":
            return super().field_is_required(field, total)
        if field.get("serialization_exclude_if") is not None:
            return False
        if field["type"] == "typed-dict-field":
            return field.get("required", total)
        inner = field["schema"]
        return not (
            inner["type"] == "default" and repr(inner.get("default")) == "MISSING"
        )

    def model_fields_schema(self, schema: cs.ModelFieldsSchema) -> JsonSchemaValue:
        """Add where aliases read from."""
        return self._with_paths(
            super().model_fields_schema(schema), schema["fields"].items()
        )

    def dataclass_args_schema(self, schema: cs.DataclassArgsSchema) -> JsonSchemaValue:
        """Add where aliases read from."""
        fields = ((field["name"], field) for field in schema["fields"])
        return self._with_paths(super().dataclass_args_schema(schema), fields)

    def _with_paths(
        self,
        result: JsonSchemaValue,
        fields: Iterable[tuple[str, cs.ModelField | cs.DataclassField]],
    ) -> JsonSchemaValue:
        fields = list(fields)
        twins = self._twins(fields)
        if twins:
            result = _hint(result, twins=twins)
        if self.mode == "serialization":
            return result
        paths: dict[str, list[list[str | int]]] = {}
        for name, field in fields:
            alias = field.get("validation_alias")
            if not isinstance(alias, list):
                continue
            nested = any(isinstance(step, list) for step in alias)
            found = cast(
                "list[list[str | int]]",
                [a if isinstance(a, list) else [a] for a in alias]
                if nested
                else [alias],
            )
            single = next(
                (
                    str(path[0])
                    for path in found
                    if len(path) == 1 and isinstance(path[0], str)
                ),
                name,
            )
            if found != [[single]]:
                paths[single] = found
        return _hint(result, paths=paths or None)

    def _twins(
        self, fields: Iterable[tuple[str, cs.ModelField | cs.DataclassField]]
    ) -> list[str]:
        """Names on the wire that several fields claim; JSON Schema keeps the last."""
        names: Counter[str] = Counter()
        for name, field in fields:
            if self.mode == "serialization":
                alias: object = field.get("serialization_alias", name)
            else:
                alias = field.get("validation_alias", name)
            names[alias if isinstance(alias, str) else name] += 1
        return [name for name, count in names.items() if count > 1]

    def model_schema(self, schema: cs.ModelSchema) -> JsonSchemaValue:
        """Add which class it is: its source and its deprecation messages."""
        return _hint(super().model_schema(schema), cls=self._name_class(schema["cls"]))

    def dataclass_schema(self, schema: cs.DataclassSchema) -> JsonSchemaValue:
        """Add which class it is."""
        return _hint(
            super().dataclass_schema(schema), cls=self._name_class(schema["cls"])
        )

    def typed_dict_schema(self, schema: cs.TypedDictSchema) -> JsonSchemaValue:
        """Add which class it is."""
        cls = schema.get("cls")
        result = super().typed_dict_schema(schema)
        return _hint(result, cls=self._name_class(cls)) if cls else result

    def named_tuple_schema(self, schema: cs.NamedTupleSchema) -> JsonSchemaValue:
        """A serialised named tuple is whole."""
        result = super().named_tuple_schema(schema)
        if self.mode == "serialization":
            result["minItems"] = len(result.get("prefixItems", []))
        return result


def _qualified(cls: object) -> str:
    return (
        f"{cls.__module__}.{cls.__qualname__}" if isinstance(cls, type) else repr(cls)
    )
