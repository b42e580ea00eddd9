"""Input and output of a procedure, derived from its signature.

The parameters are the fields of the input object, camelCase on the wire. A single
positional-only parameter is the whole input. JSON is validated strictly: `"1"` is no number.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from typing import Any, cast, get_args, get_origin

import msgspec
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, SchemaSerializer, SchemaValidator
from typing_extensions import is_typeddict

from fairlead._missing import MISSING
from fairlead.dumping import make_encode
from fairlead.errors import DefinitionError, TRPCError
from fairlead.passing import JsonStream
from fairlead.ready_json import RawJson, raw_json
from fairlead.structs import is_native
from fairlead.tracking import tracked
from fairlead.type_schemas import Parameter, TypeSchemas, make_typed_dict
from fairlead.uploads import ByteStream

__all__ = [
    "InputError",
    "InputSchema",
    "OutputSchema",
    "RawJson",
    "get_wire_name",
    "raw_json",
]

_ENCODER = msgspec.json.Encoder(decimal_format="string")

_N, _I = b"NI"

Arguments = tuple[tuple[object, ...], Mapping[str, object]]
"""Positional and keyword arguments of one call."""


@lru_cache(maxsize=4096)
def get_wire_name(name: str) -> str:
    """camelCase without a trailing underscore: `list_` is `list`."""
    return to_camel(name.rstrip("_"))


class InputError(TRPCError):
    """The input does not fit the procedure's parameters (BAD_REQUEST).

    Attributes:
        validation: Pydantic's account of it, field by field.
    """

    def __init__(self, validation: ValidationError) -> None:
        problems = [
            f"{'.'.join(str(part) for part in problem['loc']) or 'input'}: {problem['msg']}"
            for problem in validation.errors(include_url=False, include_input=False)
        ]
        super().__init__("BAD_REQUEST", "; ".join(problems))
        self.validation = validation


class InputSchema:
    """What a procedure accepts.

    Args:
        whole: the type of the single positional-only parameter, if the input is that.
        parameters: the fields of the input object otherwise.
        name: of the input object's type.

    Attributes:
        optional: the whole input may be absent.
        whole: the input is one positional-only parameter.
        plain_schema: what validates it, without the class and name that `core_schema` adds.
        takes_last_event_id: a parameter `last_event_id` receives the last seen event's id.
    """

    def __init__(  # noqa: PLR0913  made in one place
        self,
        whole: Any,
        parameters: tuple[Parameter, ...] = (),
        name: str = "",
        *,
        optional: bool,
        schemas: TypeSchemas,
        owner: str,
    ) -> None:
        where = f"the input of {owner}"
        self.optional = optional
        self.whole = not parameters
        self._type = whole
        self._parameters = parameters
        self._name = name
        self.takes_last_event_id = any(p.name == "last_event_id" for p in parameters)
        self._is_stream = whole is ByteStream
        self._decode: Callable[[bytes], object] | None = None
        if parameters:
            self.plain_schema: CoreSchema = schemas.join(name, parameters, where)
            self._validator = SchemaValidator(self.plain_schema)
        else:
            adapter = schemas.adapt(whole, where)
            self.plain_schema = adapter.core_schema
            self._validator = cast("SchemaValidator", adapter.validator)
            if is_native(whole):
                self._decode = msgspec.json.Decoder[object](whole).decode
        self.validate_json = self._validator.validate_json

    @cached_property
    def core_schema(self) -> CoreSchema:
        """Pydantic's schema of it, with the name and the class that generated types need."""
        schema = cast("dict[str, Any]", self.plain_schema)
        inner: dict[str, Any] = schema.get("schema", schema)
        if self.whole or "cls" in inner:
            return self.plain_schema
        cls = make_typed_dict(self._name, self._parameters)
        inner = {**inner, "cls": cls, "ref": f"{cls.__module__}.{self._name}:{id(cls)}"}
        named = {**schema, "schema": inner} if schema is not inner else inner
        return cast("CoreSchema", named)

    @cached_property
    def serializer(self) -> SchemaSerializer:
        """What clients write it with."""
        return SchemaSerializer(self.plain_schema)

    def find_fields(self) -> frozenset[str] | None:
        """The names of its fields in Python; None for an input that has no declared ones."""
        if not self.whole:
            return frozenset(parameter.name for parameter in self._parameters)
        type_ = self._type
        if is_typeddict(type_):
            return frozenset[str](type_.__annotations__)
        if not isinstance(type_, type):
            return None
        if issubclass(type_, BaseModel):
            return frozenset[str](type_.model_fields)
        if issubclass(type_, msgspec.Struct):
            return frozenset[str](type_.__struct_fields__)
        return None

    def parse_json(self, raw: bytes | None) -> Arguments:
        """Validates raw JSON; None is an absent input.

        Raises:
            InputError: it does not fit.
            TRPCError: it is not JSON (BAD_REQUEST).
        """
        if raw is None:
            return self.parse_absent()
        if self._is_stream:
            raise _expected_stream(_read_json(raw))
        if self._decode is not None:
            try:
                return (self._decode(raw),), {}
            except (msgspec.DecodeError, RecursionError):
                pass  # Pydantic says what is wrong, field by field
        # Single bytes are found many times faster.
        if (_N in raw and b"NaN" in raw) or (_I in raw and b"Infinity" in raw):
            _read_json(raw)
        try:
            value = self.validate_json(raw, strict=True)
        except ValidationError as error:
            raise _explain(error) from error
        return ((value,), {}) if self.whole else ((), value)

    def parse_value(self, value: object, *, strict: bool = False) -> Arguments:
        """Validates a Python value (from a transformer, a form or in process)."""
        if value is MISSING:
            return self.parse_absent()
        if self._is_stream and not isinstance(value, ByteStream):
            raise _expected_stream(value)
        try:
            parsed = self._validator.validate_python(value, strict=strict or None)
        except ValidationError as error:
            raise _explain(error) from error
        return ((parsed,), {}) if self.whole else ((), parsed)

    def parse_absent(self) -> Arguments:
        """The arguments when the client sent no input."""
        if self.optional:
            return (), {}
        if self._is_stream:
            raise _expected_stream(MISSING)
        return self.parse_value(None if self.whole else {})


def _read_json(raw: bytes) -> object:
    """Strictly: Pydantic takes JavaScript's NaN and Infinity for numbers, but JSON has none."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise TRPCError(
            "BAD_REQUEST", f"The input is not JSON: {error}", cause=error
        ) from error


def _expected_stream(found: object) -> TRPCError:
    """In tRPC's words, which name what JavaScript's `typeof` says."""
    kinds = ((bool, "boolean"), (int | float, "number"), (str, "string"))
    kind = next((name for kind, name in kinds if isinstance(found, kind)), "object")
    shown = "undefined" if found is MISSING else kind
    return TRPCError(
        "BAD_REQUEST",
        f"Parsed input was expected to be a ReadableStream but was: {shown}",
    )


def _explain(error: ValidationError) -> TRPCError:
    first = error.errors(include_url=False, include_context=False)[0]
    if first["type"] == "json_invalid":
        return TRPCError(
            "BAD_REQUEST", f"The input is not JSON: {first['msg']}", cause=error
        )
    return InputError(error)


class OutputSchema:
    """What a procedure returns (or yields), and how it travels.

    Attributes:
        exact: an instance of this very class needs no validation.
    """

    def __init__(
        self, type_: Any, *, owner: str, schemas: TypeSchemas | None = None
    ) -> None:
        self.type_ = type_
        known = TypeSchemas() if schemas is None else schemas
        self.adapter: TypeAdapter[Any] = known.adapt(type_, f"the result of {owner}")
        self.exact = type_ if isinstance(type_, type) else None
        self.is_native = is_native(type_)
        self._item = _find_item_class(type_)
        self._to_json = self.adapter.serializer.to_json

    @cached_property
    def _encode(self) -> Callable[[object], bytes | None] | None:
        """How msgspec writes it, found out at the first call: an application has many types."""
        if self.is_native:
            return _ENCODER.encode
        return make_encode(self.adapter.core_schema)

    def check(self, value: object) -> object:
        """Validates a result unless it is an instance of the declared model already, or a list
        of such: what was validated when it was made is not validated again.

        Raises:
            TRPCError: INTERNAL_SERVER_ERROR; the procedure broke its own promise.
        """
        kind: type = type(value)
        if kind is self.exact or kind is RawJson or kind is JsonStream:
            return value
        if kind is list and self._item is not None:
            items = cast("list[object]", value)
            if list(map(type, items)).count(self._item) == len(items):
                return items
        try:
            if self.is_native:
                return msgspec.convert(value, self.type_)
            checked: object = self.adapter.validate_python(value)
        except (ValidationError, msgspec.ValidationError) as error:
            raise TRPCError(
                "INTERNAL_SERVER_ERROR", "Output validation failed", cause=error
            ) from error
        return checked

    def check_event(self, event: object) -> object:
        """Validates one event of a stream, tracked or not."""
        if isinstance(event, tracked):
            item = cast("tracked[object]", event)
            return tracked(item.id, self.check(item.data))
        return self.check(event)

    def to_json(self, value: object) -> bytes | None:
        """A checked result as JSON bytes, by alias; None for one that is not there."""
        kind = type(value)
        if kind is not self.exact:
            if kind is RawJson:
                return cast("RawJson[object]", value).data
            if value is MISSING:
                return None
        if self._encode is not None:
            encoded = self._encode(value)
            if encoded is not None:
                return encoded
        return self._to_json(value, by_alias=True)

    def to_json_within(
        self, around: Callable[[object], object], value: object
    ) -> bytes | None:
        """The JSON of `around(value)`, some struct of msgspec's that holds a checked result.

        A large result is written into its envelope that way, not copied. None where it takes two
        steps: `to_json`, and the envelope.
        """
        if self._encode is None or value is MISSING or isinstance(value, RawJson):
            return None
        return self._encode(around(value))


def _find_item_class(type_: Any) -> type | None:
    """The class whose instances a list holds, if those are never validated again."""
    item: object = get_args(type_)[0] if get_origin(type_) is list else None
    if not isinstance(item, type) or get_origin(item) is not None:
        return None
    if issubclass(item, BaseModel):
        again = item.model_config.get("revalidate_instances", "never")
        return item if again == "never" else None
    return item if issubclass(item, msgspec.Struct) else None


def make_input_schema(
    function: Callable[..., object],
    hints: Mapping[str, Any],
    owner: str,
    path: str,
    schemas: TypeSchemas,
) -> InputSchema | None:
    """Derives the input from a method's parameters; None when it takes none.

    Args:
        hints: resolved annotations by parameter name.
        owner: the procedure's name, for messages.
        path: its wire path, which names the input's type.
        schemas: of the types that are known already.

    Raises:
        DefinitionError: a parameter has no annotation or cannot be an input field.
    """
    parameters = list(inspect.signature(function).parameters.values())[1:]
    if not parameters:
        return None
    for parameter in parameters:
        _reject_parameter(parameter, hints, owner)
    first = parameters[0]
    if first.kind is first.POSITIONAL_ONLY:
        if len(parameters) > 1:
            raise DefinitionError(
                f"{owner} has a positional-only parameter beside others: it must be alone, "
                "since it is the whole input"
            )
        optional = first.default is not first.empty
        whole: Any = hints[first.name]
        return InputSchema(whole, optional=optional, schemas=schemas, owner=owner)
    return InputSchema(
        None,
        tuple(
            Parameter(
                name=each.name,
                wire=get_wire_name(each.name),
                type_=hints[each.name],
                required=each.default is each.empty,
            )
            for each in parameters
        ),
        _make_input_name(path),
        optional=all(each.default is not each.empty for each in parameters),
        schemas=schemas,
        owner=owner,
    )


def _make_input_name(path: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in path.split(".")) + "Input"


def _reject_parameter(
    parameter: inspect.Parameter, hints: Mapping[str, Any], owner: str
) -> None:
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        raise DefinitionError(
            f"{owner} takes {parameter}: an input has named fields; "
            "declare each, or one positional-only parameter for the whole input"
        )
    hint = hints.get(parameter.name)
    if parameter.name not in hints:
        raise DefinitionError(
            f"parameter {parameter.name!r} of {owner} has no annotation: "
            "clients get their types from it"
        )
    if hint is Any:
        raise DefinitionError(
            f"parameter {parameter.name!r} of {owner} is Any: "
            "name its type, or use pydantic.JsonValue for any JSON"
        )


def is_object_type(type_: object) -> bool:
    """Is it a type whose JSON is an object with declared fields?"""
    return is_typeddict(type_) or (
        isinstance(type_, type) and issubclass(type_, (BaseModel, msgspec.Struct))
    )
