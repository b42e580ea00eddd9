"""Names for the enums of a module that is generated from a CRD.

`type: Literal["application", "library"]` of `CodebaseSpec` becomes `type: CodebaseType`, so that
whoever restates the field, as the inputs of a draft do, writes no values again.
"""

import ast
from collections.abc import Iterator

__all__ = ["name_enums"]

_PARTS = ("Spec",)


def name_enums(text: str, kind: str) -> str:
    """The module with every enum of more than one value as an alias above the classes."""
    tree = ast.parse(text)
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    taken = {node.name for node in classes}
    aliases: dict[str, str] = {}
    changes: list[tuple[ast.expr, str]] = []
    for node in classes:
        for field, enum in _enums(node):
            name = _choose(_owner(node.name, kind), field, taken)
            taken.add(name)
            aliases[name] = ast.get_source_segment(text, enum) or ast.unparse(enum)
            changes.append((enum, name))
    if not aliases:
        return text
    lines = text.splitlines(keepends=True)
    for enum, name in sorted(changes, key=_place, reverse=True):
        # Columns of the syntax tree are bytes; an enum stands on one line, as it is generated.
        line = lines[enum.lineno - 1].encode()
        changed = (
            line[: enum.col_offset] + name.encode() + line[enum.end_col_offset or 0 :]
        )
        lines[enum.lineno - 1] = changed.decode()
    written = "".join(f"{name} = {values}\n" for name, values in aliases.items())
    first = classes[0].lineno - 1
    return "".join([*lines[:first], written, "\n\n", *lines[first:]])


def _enums(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """The fields of a class that are enums, in any part of their type."""
    for field in node.body:
        if not (
            isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        ):
            continue
        for part in ast.walk(field.annotation):
            if (
                isinstance(part, ast.Subscript)
                and isinstance(part.value, ast.Name)
                and part.value.id == "Literal"
                and isinstance(part.slice, ast.Tuple)
                and part.lineno == part.end_lineno
            ):
                yield field.target.id, part


def _owner(name: str, kind: str) -> str:
    for part in _PARTS:
        if name == f"{kind}{part}":
            return kind
    return name


def _choose(owner: str, field: str, taken: set[str]) -> str:
    """`Codebase` and `ci_tool` make `CodebaseCiTool`, `Gate` and `gate_type` make `GateType`."""
    own = "".join(word[:1].upper() + word[1:] for word in field.strip("_").split("_"))
    name = own if own.startswith(owner) and own != owner else f"{owner}{own}"
    while name in taken:
        name += "Value"
    return name


def _place(change: tuple[ast.expr, str]) -> tuple[int, int]:
    return change[0].lineno, change[0].col_offset
