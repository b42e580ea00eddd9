"""What a draft is made by: a closed set of frozen nodes that Python runs and TypeScript is generated from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from pydantic import BaseModel, JsonValue

Path: TypeAlias = tuple[str, ...]
TextForm: TypeAlias = Literal["plain", "name", "label"]


@dataclass(frozen=True, slots=True)
class Input:
    """The value of an input, by its name on the wire."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """Always the same JSON value."""

    value: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Inputs and literal parts, joined, then brought into form.

    Attributes:
        random: how many random characters follow the text after a dash.
        max_length: the text is cut so that all of it has no more characters; not for plain text.
    """

    parts: tuple[str | Input, ...]
    form: TextForm
    random: int = 0
    max_length: int = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A list of one owner reference, to the object that an input holds."""

    name: str
    controller: bool
    block_owner_deletion: bool


Value: TypeAlias = Input | Constant | Text | Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Where a value goes.

    Attributes:
        when: every named input must have one of the values; otherwise `otherwise` is put there.
        omit: a value that counts as none; None itself always does.
    """

    to: Path
    value: Value
    when: tuple[tuple[str, tuple[JsonValue, ...]], ...] = ()
    otherwise: JsonValue = None
    omit: JsonValue = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftSpec:
    """One creator or editor of a resource class.

    Attributes:
        name: what follows `create` or `edit` in generated code, such as `CodebaseDraft`.
        inputs: the model of the inputs; its fields are flat.
        draft: the model of the object that is made.
        defaults: of inputs that may be left out, by name on the wire.
        base: what every object has.
    """

    action: Literal["create", "edit"]
    name: str
    inputs: type[BaseModel]
    draft: type[BaseModel]
    rules: tuple[Rule, ...]
    defaults: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    base: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
