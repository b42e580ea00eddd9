"""What is written on inputs and creators: where values go, names, labels, owners."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pydantic import JsonValue

When: TypeAlias = Mapping[str, JsonValue | tuple[JsonValue, ...]]
"""Inputs and the value (or one of the values) that each must have."""


@dataclass(frozen=True, slots=True)
class At:
    """On an input: where its value goes, as a dotted path of Python names.

    Args:
        path: by default the spec's field of the input's name; for `name` and `namespace` the
            metadata's. An input that nothing else uses needs no `At` for that.
        when: only then; else `otherwise` is put there, or nothing.
        omit: a value that is left out, such as an empty text.
    """

    path: str | None = None
    when: When | None = None
    otherwise: JsonValue = None
    omit: JsonValue = None


@dataclass(frozen=True, slots=True)
class Label:
    """A label: of an input, or of a template such as `"{codebase}-{branch}"`.

    What a label's value may not hold becomes a dash; it is cut to 63 characters.
    """

    key: str
    template: str | None = None
    when: When | None = None


@dataclass(frozen=True, slots=True)
class Annotation:
    """An annotation: of an input, or of a template."""

    key: str
    template: str | None = None
    when: When | None = None


@dataclass(frozen=True, slots=True)
class OwnedBy:
    """On an input that is a resource: the new object is deleted with it.

    Args:
        block_owner_deletion: the owner stays until the object is gone, where it is deleted in the
            foreground; None is as for controllers, which owners wait for.
    """

    controller: bool = False
    block_owner_deletion: bool | None = None


@dataclass(frozen=True, slots=True)
class Name:
    """The object's name from a template: small letters, digits and dashes, cut to length.

    Args:
        random: that many random characters at the end, so that names do not meet.
    """

    template: str
    random: int = 0
    max_length: int = 63


@dataclass(frozen=True, slots=True)
class Put:
    """A text from a template at a path, as it is."""

    path: str
    template: str
    when: When | None = None


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same value in every object."""

    path: str
    value: JsonValue
    when: When | None = None


CreatorRule: TypeAlias = Name | Put | Fixed | Label | Annotation
FieldRule: TypeAlias = At | Label | Annotation | OwnedBy
