"""The documented subset: every kind of field, with JSON values that are about right."""

from __future__ import annotations

import datetime
import enum
import ipaddress
import uuid
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    NotRequired,
    TypeVar,
)

from hypothesis import strategies as st
from pydantic import (
    UUID4,
    AliasChoices,
    AliasPath,
    AnyUrl,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    HttpUrl,
    Json,
    JsonValue,
    NaiveDatetime,
    RootModel,
    SecretStr,
    StringConstraints,
    TypeAdapter,
)
from pydantic.alias_generators import to_camel
from typing_extensions import TypedDict

from fairlead._missing import MISSING

Values = st.SearchStrategy[object]
T = TypeVar("T")
Money = NewType("Money", int)


class Color(enum.StrEnum):
    RED = "red"
    GREEN = "green"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Mixed(enum.Enum):
    TEXT = "a"
    NUMBER = 2


class Permission(enum.IntFlag):
    READ = 1
    WRITE = 2


class Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class Plain(Camel):
    first_name: str
    age: int = 0


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")
    a: int


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    a: int


class TypedOpen(BaseModel):
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, int] = Field(init=False)  # pyright: ignore[reportIncompatibleVariableOverride] - Pydantic's documented way
    a: int


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int


class Dog(BaseModel):
    kind: Literal["dog", "wolf"]
    good: bool


class Tree(BaseModel):
    name: str
    children: list[Tree] = []


class Ping(BaseModel):
    pong: Pong | None = None


class Pong(BaseModel):
    ping: list[Ping] = []


class Page(BaseModel, Generic[T]):
    items: list[T]
    total: int


class Aliased(BaseModel):
    a: int = Field(validation_alias=AliasChoices("a", "alpha"))
    b: str = Field(validation_alias=AliasPath("outer", "b"))


class Optionals(BaseModel):
    a: int | None
    b: int | None = None
    c: str | MISSING = MISSING


class Root(RootModel[list[int]]):
    pass


class Movie(TypedDict):
    title: str
    year: NotRequired[int]


class Point(NamedTuple):
    x: int
    y: int = 0


@dataclass
class Data:
    a: int
    b: str = "x"


def split(value: object) -> object:
    return value.split(",") if isinstance(value, str) else value


TIMEDELTA = TypeAdapter(datetime.timedelta)

texts = st.text(max_size=6) | st.sampled_from(["", " ", "é", "😀😀", "a b", "\n", "ß"])
integers = st.integers(-(2**53) + 1, 2**53 - 1) | st.integers(-3, 12)
fractions = st.floats(-1e6, 1e6, allow_nan=False).filter(lambda f: f != int(f))
numbers = integers | fractions
booleans = st.booleans()
noise: Values = st.one_of(
    st.none(),
    booleans,
    integers,
    fractions,
    texts,
    st.just([]),
    st.just({}),
    st.lists(integers, max_size=2),
    st.dictionaries(texts, integers, max_size=2),
)
dates = st.dates().map(str) | st.sampled_from(
    ["2020-01-01", "2020-02-30", "2021-02-29", "2020-13-01", "0000-01-01", "20-1-1", ""]
)
dates |= st.sampled_from(
    ["2020-01-01T00:00:00", "2020-01-01T00:00", "2020-01-01T01:00"]
)
offsets = st.sampled_from(
    ["", "", "Z", "Z", "z", "+01:00", "-0330", "+23:59", "+24:00", "+1", " Z", "+00:60"]
)
times = st.times().map(str) | st.sampled_from(
    ["00:00", "23:59:59.999999", "24:00", "12:60", "1:00", "12:00:00,5", "12"]
)
separators = st.sampled_from(["T", "T", "T", "t", " ", "_", "x"])
date_times = st.tuples(dates, separators, times, offsets).map("".join)
durations = st.timedeltas().map(
    lambda d: TIMEDELTA.dump_json(d).decode().strip('"')
) | st.sampled_from(
    [
        "PT1H",
        "-PT1H",
        "P1D",
        "P1W",
        "1 days",
        "1 day, 02:03:04",
        "1:02:03",
        "P",
        "PT",
        "",
    ]
)
durations |= st.sampled_from(
    ["P1Y2M", "P1.5D", "1d", "25:00", "+P1D", "3 days 4:05:06"]
)
decimals = st.decimals(allow_nan=False, allow_infinity=False, places=2).map(str)
decimals |= st.sampled_from(
    ["1", "1.", ".5", "1e3", "1e-3", " 1 ", "1_0", "abc", "", "-0.0"]
)
decimals |= st.sampled_from(["10.0", "99.999", "0.001", "100", "1.50", "+1.5", "1E+2"])
uuids = st.uuids(version=4).map(str) | st.uuids().map(lambda u: u.urn)
uuids |= st.uuids().map(lambda u: "{" + str(u) + "}") | st.uuids(version=4).map(
    lambda u: u.hex
)
uuids |= st.sampled_from(["", "x", "{" + "0" * 8 + "}", "{" + "0" * 32 + "}"])
urls = st.sampled_from(
    [
        "http://a.b",
        "https://localhost:1/x",
        "http://1.2.3.4/?q#f",
        "ftp://a",
        "a",
        "",
        "http:",
    ]
)
addresses = st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map(str)
addresses |= st.sampled_from(["1.2.3", "256.1.1.1", "::1", "", "01.2.3.4"])


def objects(
    required: Mapping[str, Values], optional: Mapping[str, Values] | None = None
) -> Values:
    return st.fixed_dictionaries(dict(required), optional=dict(optional or {}))


trees: Values = st.recursive(
    objects({"name": texts}),
    lambda inner: objects({"name": texts}, {"children": st.lists(inner, max_size=2)}),
    max_leaves=4,
)
extra = {"z": noise}
ints = st.lists(integers, max_size=4)


@dataclass(frozen=True)
class Kind:
    """A type and values that it may or may not accept."""

    type: Any
    values: Values


KINDS: Mapping[str, Kind] = {
    "str": Kind(str, texts),
    "int": Kind(int, integers),
    "newtype": Kind(Money, integers),
    "float": Kind(float, numbers),
    "bool": Kind(bool, booleans),
    "none": Kind(None, st.none()),
    "bytes": Kind(bytes, texts),
    "datetime": Kind(datetime.datetime, date_times),
    "aware": Kind(AwareDatetime, date_times),
    "naive": Kind(NaiveDatetime, date_times),
    "date": Kind(datetime.date, dates),
    "time": Kind(datetime.time, st.tuples(times, offsets).map("".join)),
    "timedelta": Kind(datetime.timedelta, durations),
    "decimal": Kind(Decimal, decimals | numbers),
    "decimal_bounds": Kind(
        Annotated[Decimal, Field(ge=Decimal("0.1"), lt=100)], decimals | fractions
    ),
    "decimal_digits": Kind(
        Annotated[Decimal, Field(max_digits=4, decimal_places=2)], decimals
    ),
    "uuid": Kind(uuid.UUID, uuids),
    "uuid4": Kind(UUID4, uuids),
    "path": Kind(Path, texts),
    "ipv4": Kind(ipaddress.IPv4Address, addresses),
    "ipv6": Kind(ipaddress.IPv6Address, addresses),
    "str_enum": Kind(Color, st.sampled_from(["red", "green", "RED", ""])),
    "int_enum": Kind(Level, st.sampled_from([1, 2, 3, "1"])),
    "mixed_enum": Kind(Mixed, st.sampled_from(["a", 2, "2", None])),
    "flag": Kind(Permission, st.integers(0, 3)),
    "literal": Kind(
        Literal["a", 2, None, True], st.sampled_from(["a", 2, None, True, 1])
    ),
    "optional": Kind(int | None, integers | st.none()),
    "union": Kind(int | str | list[int], integers | texts | ints),
    "optionals": Kind(
        Optionals,
        objects({"a": integers | st.none()}, {"b": integers | st.none(), "c": texts}),
    ),
    "model": Kind(Plain, objects({"firstName": texts}, {"age": integers, **extra})),
    "forbid": Kind(Strict, objects({"a": integers}, extra)),
    "allow": Kind(Open, objects({"a": integers}, extra)),
    "typed_extra": Kind(TypedOpen, objects({"a": integers}, extra)),
    "discriminated": Kind(
        Annotated[Cat | Dog, Field(discriminator="kind")],
        objects(
            {"lives": integers, "good": booleans},
            {"kind": st.sampled_from(["cat", "dog", "wolf", "cow"])},
        ),
    ),
    "recursive": Kind(Tree, trees),
    "mutual": Kind(
        Ping, objects({}, {"pong": objects({}, {"ping": st.lists(objects({}))})})
    ),
    "generic": Kind(Page[Plain], objects({"items": st.just([]), "total": integers})),
    "aliases": Kind(
        Aliased,
        objects(
            {"outer": objects({}, {"b": texts})}, {"a": integers, "alpha": integers}
        ),
    ),
    "root": Kind(Root, ints),
    "typed_dict": Kind(Movie, objects({"title": texts}, {"year": integers})),
    "named_tuple": Kind(Point, ints),
    "dataclass": Kind(Data, objects({"a": integers}, {"b": texts})),
    "tuple": Kind(tuple[int, str], st.tuples(integers, texts) | ints),
    "tuple_variable": Kind(tuple[int, ...], ints),
    "tuple_empty": Kind(tuple[()], st.lists(integers, max_size=1)),
    "list": Kind(list[int], ints),
    "list_bounds": Kind(Annotated[list[int], Field(min_length=1, max_length=2)], ints),
    "sequence": Kind(Sequence[int], ints),
    "deque": Kind(deque[int], ints),
    "set": Kind(set[int], ints),
    "set_bounds": Kind(
        Annotated[set[int], Field(min_length=2, max_length=3)],
        st.lists(st.integers(0, 3), max_size=6),
    ),
    "frozenset": Kind(frozenset[str], st.lists(texts, max_size=3)),
    "dict": Kind(dict[str, int], st.dictionaries(texts, integers, max_size=3)),
    "dict_bounds": Kind(
        Annotated[dict[str, int], Field(min_length=1)],
        st.dictionaries(texts, integers, max_size=2),
    ),
    "ordered_dict": Kind(
        OrderedDict[str, int], st.dictionaries(texts, integers, max_size=3)
    ),
    "mapping": Kind(Mapping[str, bool], st.dictionaries(texts, booleans, max_size=3)),
    "dict_int": Kind(
        dict[int, str],
        st.dictionaries(
            st.sampled_from(["1", "-2", "+3", "x", "1.5", ""]), texts, max_size=2
        ),
    ),
    "dict_enum": Kind(
        dict[Color, int],
        st.dictionaries(
            st.sampled_from(["red", "green", "blue"]), integers, max_size=2
        ),
    ),
    "dict_literal": Kind(
        dict[Literal["a", "b"], int],
        st.dictionaries(st.sampled_from(["a", "b", "c"]), integers, max_size=2),
    ),
    "dict_uuid": Kind(
        dict[uuid.UUID, int], st.dictionaries(uuids, integers, max_size=2)
    ),
    "bounds": Kind(Annotated[int, Field(gt=0, le=10)], st.integers(-2, 12)),
    "float_bounds": Kind(Annotated[float, Field(ge=-1.5, lt=2.5)], fractions),
    "multiple": Kind(Annotated[int, Field(multiple_of=3)], st.integers(-9, 9)),
    "multiple_float": Kind(
        Annotated[float, Field(multiple_of=0.1)],
        st.integers(-50, 50).map(lambda n: n / 10 + 0.01)
        | st.sampled_from([0.1, 0.3, 0.7]),
    ),
    "length": Kind(Annotated[str, Field(min_length=1, max_length=3)], texts),
    "pattern": Kind(
        Annotated[str, Field(pattern=r"^\w+-\d{2}$")], texts | st.just("a-12")
    ),
    "pattern_any": Kind(Annotated[str, Field(pattern=r"a.c")], st.just("abc") | texts),
    "strip": Kind(
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)],
        st.sampled_from(["", " ", " a ", "\ta"]),
    ),
    "lower": Kind(
        Annotated[str, StringConstraints(to_lower=True, max_length=2)], texts
    ),
    "url": Kind(AnyUrl, urls),
    "http_url": Kind(HttpUrl, urls),
    "json": Kind(Json[list[int]], st.sampled_from(["[1]", "[]", "{}", "x", '["a"]'])),
    "secret": Kind(SecretStr, texts),
    "json_value": Kind(JsonValue, noise),
    "before": Kind(
        Annotated[
            list[str], BeforeValidator(split, json_schema_input_type=str | list[str])
        ],
        st.sampled_from(["a,b", ["a"], [], ""]),
    ),
}
