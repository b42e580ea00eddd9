"""Prints what each resource of the reference portal costs, in lines of Python. Blank lines count, as a
reader's eye does. No resource has hand-written TypeScript in its API layer.

    python scripts/portal_lines.py

The API layer is what any full CRUD resource needs: its fields as the cluster has them, the inputs of
drafts and edits, the class, and the head of its router. Rules of the domain are what the portal adds:
procedures of its own, what they are made of, and what keeps objects from being deleted.
"""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

SERVER = Path(__file__).parents[1] / "apps/portal/server/portal"


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
    return heads, rules


def main() -> None:
    """Prints a table in Markdown."""
    rows: list[tuple[str, int, int]] = []
    for file in sorted((SERVER / "resources").glob("*.py")):
        text = file.read_text()
        classes = [
            node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)
        ]
        kinds = [node for node in classes if "Resource" in find_bases(node)]
        inputs = sum(
            count(node) for node in classes if "DraftInputs" in find_bases(node)
        )
        # Of several kinds in a file the first has all but the others' own classes.
        others = sum(count(node) for node in kinds[1:])
        for node in kinds[:1]:
            rows.append((node.name, len(text.splitlines()) - others, inputs))
        rows += [(node.name, count(node), 0) for node in kinds[1:]]
    heads, rules = read_routers({row[0] for row in rows})
    print(
        "| resource | fields and class | drafts and edits | router | API layer | rules of the domain |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for kind, lines, inputs in rows:
        layer = lines + heads[kind]
        print(
            f"| {kind} | {lines - inputs} | {inputs} | {heads[kind]} | {layer} | {rules[kind]} |"
        )


if __name__ == "__main__":
    main()
