"""Google docstrings: what TypeScript should show, and where.

Sections are for readers of the Python: `Attributes` and `Args` go to the fields they describe,
`Raises` and `Returns` say what the types say.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

_SECTION = re.compile(r"^(Attributes|Args|Arguments|Raises|Returns|Yields):\s*$")
_ENTRY = re.compile(r"^\s+\*{0,2}(\w+)(?: \([^)]*\))?:\s*(.*)$")


class Docstring(NamedTuple):
    """A docstring in parts."""

    text: str
    attributes: Mapping[str, str]


def read_docstring(text: str) -> Docstring:
    """Takes the sections out of a cleaned docstring."""
    kept: list[str] = []
    entries: dict[str, list[str]] = {}
    section, name = "", ""
    for line in text.splitlines():
        heading = _SECTION.match(line)
        if heading is not None:
            section, name = heading[1], ""
        elif section and line.strip() and not line.startswith(" "):
            section = ""
        if not section:
            kept.append(line)
            continue
        entry = _ENTRY.match(line)
        if entry is not None and section in ("Attributes", "Args", "Arguments"):
            name = entry[1]
            entries[name] = [entry[2]]
        elif name and line.strip():
            entries[name].append(line.strip())
    attributes = {key: " ".join(lines).strip() for key, lines in entries.items()}
    return Docstring("\n".join(kept).strip(), attributes)
