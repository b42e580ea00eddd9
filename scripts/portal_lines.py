"""Prints what each resource of the reference portal costs, in lines of Python. Blank lines count, as a
reader's eye does. No resource has hand-written TypeScript in its API layer.

    python scripts/portal_lines.py

The API layer is what any full CRUD resource needs: its fields as the cluster has them, the inputs of
drafts and edits, the class with what it imports, and the head of its router. Rules of the domain are
what the portal adds: procedures of its own, what they are made of, and what keeps objects from being
deleted. What several resources share stands in a row of its own.

Fields of kinds with a definition to follow are generated from it (`fairlead generate --crds`); those
lines are nobody's to write or to keep, and are counted beside the others, not among them.
"""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

SERVER = Path(__file__).parents[1] / "apps/portal/server/portal"
NO_RESOURCES = frozenset({"__init__.py", "run_row.py"})
"""Modules of the folder that hold no resource and nothing that resources share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Lines of one resource.

    Attributes:
        fields: classes of what the cluster's definition of the kind has.
        inputs: classes of drafts and edits.
        rest: the class itself, imports, constants, and the blank lines between.
        router: the head of its router.
        rules: what the portal adds to any such resource.
        generated: lines of the module that follows the kind's definition.
    """

    kind: str
    fields: int
    inputs: int
    rest: int
    router: int
    rules: int
    generated: int

    @property
    def written(self) -> int:
        """All of the API layer but the fields."""
        return self.inputs + self.rest + self.router

    @property
    def layer(self) -> int:
        """The API layer."""
        return self.fields + self.written


def count(node: ast.stmt) -> int:
    """Lines of a statement with its decorators."""
    first = node.lineno
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        first = min([first, *(each.lineno for each in node.decorator_list)])
    return (node.end_lineno or first) - first + 1


def find_bases(node: ast.ClassDef) -> set[str]:
    """Names of a class's bases, and of what they are generic in."""
    return {
        each.id
        for each in ast.walk(ast.Tuple(elts=node.bases))
        if isinstance(each, ast.Name)
    }


def is_resource(node: ast.ClassDef) -> bool:
    """Is it a resource, by itself or derived from the generated class of its name?"""
    return "Resource" in find_bases(node) or any(
        isinstance(base, ast.Attribute) and base.attr == node.name
        for base in node.bases
    )


def count_generated() -> dict[str, int]:
    """Lines of the modules that follow definitions, by kind."""
    found: dict[str, int] = {}
    for file in sorted((SERVER / "kinds").glob("*.py")):
        text = file.read_text()
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef) and is_resource(node):
                found[node.name] = len(text.splitlines())
    return found


def is_inputs(node: ast.ClassDef) -> bool:
    """Is it a class of a draft's or edit's inputs?"""
    return any(base.endswith(("Inputs", "Edits")) for base in find_bases(node))


def read_routers(kinds: set[str]) -> tuple[Counter[str], Counter[str]]:
    """Lines of router heads and of rules, by kind."""
    heads: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    for file in [SERVER / "app.py", *sorted((SERVER / "routers").glob("*.py"))]:
        served: list[str] = []
        shared = 0
        for node in ast.parse(file.read_text()).body:
            found = (
                find_bases(node) & kinds if isinstance(node, ast.ClassDef) else set()
            )
            if isinstance(node, ast.ClassDef) and found:
                (kind,) = found
                served.append(kind)
                own = [
                    each for each in node.body if isinstance(each, ast.AsyncFunctionDef)
                ]
                written = count(node)
                heads[kind] = 2 if own else written
                rules[kind] += written - heads[kind]
            elif not isinstance(node, ast.Import | ast.ImportFrom):
                shared += count(node)
        if file.name != "app.py":
            for kind in served:
                rules[kind] += shared // len(served)
    return heads, rules + count_rules(kinds)


def count_rules(kinds: set[str]) -> Counter[str]:
    """Lines of `rules.py`, by the kind that each function is about."""
    rules: Counter[str] = Counter()
    for node in ast.parse((SERVER / "rules.py").read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            named = {it.id for it in ast.walk(node.args) if isinstance(it, ast.Name)}
            for kind in named & kinds:
                rules[kind] += count(node)
    return rules


def read_resources() -> tuple[list[tuple[str, int, int, int]], int]:
    """Kind, fields, inputs and rest of each resource; and the lines that several share."""
    rows: list[tuple[str, int, int, int]] = []
    shared = 0
    for file in sorted((SERVER / "resources").glob("*.py")):
        if file.name in NO_RESOURCES:
            continue
        text = file.read_text()
        classes = [
            node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)
        ]
        kinds = [node for node in classes if is_resource(node)]
        if not kinds:
            shared += len(text.splitlines())
            continue
        inputs = sum(count(node) for node in classes if is_inputs(node))
        fields = sum(
            count(node) for node in classes if node not in kinds and not is_inputs(node)
        )
        # Of several kinds in a file the first has all but the others' own classes.
        others = sum(count(node) for node in kinds[1:])
        rest = len(text.splitlines()) - others - fields - inputs
        rows.append((kinds[0].name, fields, inputs, rest))
        rows += [(node.name, 0, 0, count(node)) for node in kinds[1:]]
    return rows, shared


def measure() -> tuple[list[Cost], int]:
    """The cost of each resource, and the lines that several share."""
    rows, shared = read_resources()
    heads, rules = read_routers({row[0] for row in rows})
    generated = count_generated()
    costs = [
        Cost(
            kind=kind,
            fields=fields,
            inputs=inputs,
            rest=rest,
            router=heads[kind],
            rules=rules[kind],
            generated=generated.get(kind, 0),
        )
        for kind, fields, inputs, rest in rows
    ]
    return costs, shared


def write_table() -> str:
    """The costs as a table in Markdown."""
    costs, shared = measure()
    lines = [
        "| resource | fields | drafts and edits | class and imports | router | API layer | without fields | rules | generated |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {c.kind} | {c.fields} | {c.inputs} | {c.rest} | {c.router} | {c.layer} | {c.written} | {c.rules} | {c.generated} |"
        for c in costs
    ]
    return "\n".join([*lines, f"| shared by several | {shared} | | | | | | | |"])


if __name__ == "__main__":
    print(write_table())
