"""What is said of fields and types, beside what they are."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from fairlead.codegen.nodes import Doc, Source

Schema = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldFact:
    """What the class knows of a property and the schema does not."""

    deprecated: str | None = None
    text: str = ""
    source: Source | None = None


NO_FACTS = FieldFact()
_NO_DOC = Doc()
_DOCUMENTING = frozenset({"description", "default", "examples"})


def doc_of(schema: Schema, *, deprecated: str | None = None) -> Doc:
    """The documentation that a schema carries."""
    if deprecated is None and schema.get("deprecated"):
        deprecated = ""
    examples = cast("Sequence[object]", schema.get("examples", ()))
    if deprecated is None and not _DOCUMENTING & schema.keys():
        return _NO_DOC
    return Doc(
        text=str(schema.get("description", "")),
        deprecated=deprecated,
        default=_json(schema["default"]) if "default" in schema else None,
        examples=tuple(_json(example) for example in examples),
    )


def make_field_doc(schema: Schema, fact: FieldFact) -> Doc:
    """The documentation of a field: its own, or what its class's docstring says of it."""
    doc = doc_of(schema, deprecated=fact.deprecated)
    return replace(doc, text=fact.text) if fact.text and not doc.text else doc


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
