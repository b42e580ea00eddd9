"""Prints what each resource of the reference portal costs: lines of Python and of hand-written TypeScript
for its API layer. Blank lines count, as a reader's eye does.

    python scripts/portal_lines.py
"""

from __future__ import annotations

import ast
from pathlib import Path

SERVER = Path(__file__).parents[1] / "apps/portal/server/portal"


def find_classes(folder: Path) -> dict[str, int]:
    """Lines of each router class, by the resource that it serves."""
    found: dict[str, int] = {}
    for file in [SERVER / "app.py", *sorted(folder.glob("*.py"))]:
        for node in ast.parse(file.read_text()).body:
            if not isinstance(node, ast.ClassDef):
                continue
            for base in node.bases:
                if isinstance(base, ast.Subscript) and isinstance(base.slice, ast.Name):
                    lines = (node.end_lineno or node.lineno) - node.lineno + 1
                    found[base.slice.id] = lines
    return found


def main() -> None:
    """Prints a table in Markdown."""
    routers = find_classes(SERVER / "routers")
    print("| resource | model and drafts | router | TypeScript |")
    print("| --- | ---: | ---: | ---: |")
    for file in sorted((SERVER / "resources").glob("*.py")):
        text = file.read_text()
        kinds = [
            node.name
            for node in ast.parse(text).body
            if isinstance(node, ast.ClassDef)
            and any(isinstance(b, ast.Name) and b.id == "Resource" for b in node.bases)
        ]
        for kind in kinds:
            lines = len(text.splitlines()) // len(kinds)
            print(f"| {kind} | {lines} | {routers.get(kind, 0)} | 0 |")


if __name__ == "__main__":
    main()
