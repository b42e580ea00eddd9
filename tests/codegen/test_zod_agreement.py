"""Zod accepts a JSON value exactly when Pydantic does, over the documented subset.

Where they differ on purpose, and what is therefore left out below:

- integers beyond 2**53 - 1, and `1.0` for `1`: JavaScript cannot tell them;
- a boolean for the 1 or 0 of an integer enum, flag or literal (Python: `True == 1`);
- a date-time written as a number in a string (Pydantic reads a Unix time).
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from types import GenericAlias
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError, create_model
from tests.codegen.agreement.kinds import KINDS, Kind, Values, noise
from tests.codegen.agreement.node_zod import NodeZod

ADAPTERS = {name: TypeAdapter(kind.type) for name, kind in KINDS.items()}
QUIET = settings(
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)


def is_boolean(value: object) -> bool:
    return isinstance(value, bool)


def is_number_text(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\s*[+-]?[\d.]+", value) is not None


def is_one(value: object) -> bool:
    return value == 1


def never(_value: object) -> bool:
    return False


ON_PURPOSE: Mapping[str, Callable[[object], bool]] = {
    "int_enum": is_boolean,
    "flag": is_boolean,
    "literal": is_one,
    "datetime": is_number_text,
    "naive": is_number_text,
    "aware": is_number_text,
}


def draw(values: Values, count: int) -> list[object]:
    """As many values as asked for, one in four of any kind at all."""
    found: list[object] = []

    @settings(QUIET, max_examples=count)
    @given(st.sampled_from([values, values, values, noise]).flatmap(lambda s: s))
    def collect(value: object) -> None:
        found.append(value)

    collect()
    return found


def accepts(adapter: TypeAdapter[Any], text: str) -> bool:
    try:
        adapter.validate_json(text, strict=True)
    except ValidationError:
        return False
    return True


def disagreements(
    zod: NodeZod, name: str, adapter: TypeAdapter[Any], values: list[object]
) -> list[str]:
    texts = [json.dumps(value) for value in values]
    verdicts = zip(texts, zod.accepts(name, texts), strict=True)
    return [text for text, by_zod in verdicts if by_zod != accepts(adapter, text)]


@pytest.fixture(scope="module")
def inputs() -> Iterator[NodeZod]:
    with NodeZod() as process:
        process.define(ADAPTERS, "input")
        yield process


@pytest.fixture(scope="module")
def outputs() -> Iterator[NodeZod]:
    with NodeZod() as process:
        process.define(ADAPTERS, "output")
        yield process


@pytest.mark.node
@pytest.mark.parametrize("name", KINDS)
def test_zod_accepts_what_pydantic_accepts(inputs: NodeZod, name: str) -> None:
    differs = ON_PURPOSE.get(name, never)
    values = [v for v in draw(KINDS[name].values, 200) if not differs(v)]
    assert disagreements(inputs, name, ADAPTERS[name], values) == []


@pytest.mark.node
@pytest.mark.parametrize("name", KINDS)
def test_zod_accepts_what_pydantic_writes(outputs: NodeZod, name: str) -> None:
    adapter = ADAPTERS[name]
    texts = [json.dumps(value) for value in draw(KINDS[name].values, 60)]
    read = [adapter.validate_json(t, strict=True) for t in texts if accepts(adapter, t)]
    written = [adapter.dump_json(value, by_alias=True).decode() for value in read]
    verdicts = zip(written, outputs.accepts(name, written), strict=True)
    assert [text for text, accepted in verdicts if not accepted] == []


COMPOSABLE = [
    name
    for name in KINDS
    if name not in {*ON_PURPOSE, "none", "aliases", "typed_extra"}
]


@st.composite
def kinds(draw_: st.DrawFn, depth: int = 3) -> Kind:
    """A type made of others, and values for it."""
    shape = draw_(
        st.sampled_from(["leaf", "list", "dict", "optional", "tuple", "model"])
    )
    if depth == 0 or shape == "leaf":
        return KINDS[draw_(st.sampled_from(COMPOSABLE))]
    inner = draw_(kinds(depth - 1))
    values = st.one_of(inner.values, inner.values, inner.values, noise)
    match shape:
        case "list":
            return Kind(GenericAlias(list, inner.type), st.lists(values, max_size=3))
        case "dict":
            texts = st.text(min_size=1, max_size=2)
            of_texts = GenericAlias(dict, (str, inner.type))
            return Kind(of_texts, st.dictionaries(texts, values, max_size=2))
        case "optional":
            return Kind(inner.type | None, st.none() | values)
        case "tuple":
            return Kind(
                GenericAlias(tuple, (int, inner.type)),
                st.tuples(st.integers(0, 9), values),
            )
        case _:
            other = draw_(kinds(depth - 1))
            return make_model(inner, other)


def make_model(first: Kind, second: Kind) -> Kind:
    make: Any = create_model  # its overloads cannot take types made at run time
    model: type[BaseModel] = make(
        "Made", first=(first.type, ...), second=(second.type | None, None)
    )
    value = st.fixed_dictionaries(
        {"first": first.values}, optional={"second": second.values, "other": noise}
    )
    return Kind(model, value)


@pytest.mark.node
def test_zod_and_pydantic_agree_on_composed_types() -> None:
    made: list[Kind] = []

    @settings(QUIET, max_examples=60)
    @given(kinds())
    def collect(kind: Kind) -> None:
        made.append(kind)

    collect()
    adapters = {f"kind{i}": TypeAdapter(kind.type) for i, kind in enumerate(made)}
    with NodeZod() as zod:
        zod.define(adapters, "input")
        for (name, adapter), kind in zip(adapters.items(), made, strict=True):
            values = draw(kind.values, 40)
            assert disagreements(zod, name, adapter, values) == [], kind.type
