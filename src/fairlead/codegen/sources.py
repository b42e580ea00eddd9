"""Where classes, their fields and their methods stand in Python files: one parse per file."""

import ast
import sys
from pathlib import Path

from fairlead.codegen.nodes import Source

_Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


class SourceIndex:
    """Finds definitions by qualified name; files that cannot be read have none.

    Neither have installed packages: where they stand differs from machine to machine, and
    the generated files must not.
    """

    def __init__(self) -> None:
        self._files: dict[str, dict[str, Source]] = {}

    def find(self, module: str, qualname: str) -> Source | None:
        """The place of `module`'s definition `qualname`, such as `Pod.phase`."""
        file = getattr(sys.modules.get(module), "__file__", None)
        return self.find_in(file, qualname) if isinstance(file, str) else None

    def find_in(self, file: str, qualname: str) -> Source | None:
        """The same, by file."""
        if file not in self._files:
            installed = "site-packages" in Path(file).parts
            self._files[file] = {} if installed else _index(file)
        return self._files[file].get(qualname)


def _index(file: str) -> dict[str, Source]:
    try:
        text = Path(file).read_text(encoding="utf-8")
        tree = ast.parse(text)
    except (OSError, SyntaxError, ValueError):
        return {}
    indexer = _Indexer(file, text.splitlines())
    indexer.walk(tree.body, "")
    return indexer.found


class _Indexer:
    def __init__(self, file: str, lines: list[str]) -> None:
        self.found: dict[str, Source] = {}
        self._file = file
        self._lines = lines

    def walk(self, body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            match node:
                case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                    self._add(
                        prefix + node.name, node.lineno - 1, self._name_column(node)
                    )
                    inner = "." if isinstance(node, ast.ClassDef) else ".<locals>."
                    self.walk(node.body, f"{prefix}{node.name}{inner}")
                case ast.AnnAssign(target=ast.Name(id=name)):
                    self._add(prefix + name, node.lineno - 1, node.col_offset)
                case ast.If(body=body, orelse=orelse):
                    self.walk(body, prefix)
                    self.walk(orelse, prefix)
                case _:
                    pass

    def _add(self, qualname: str, line: int, column: int) -> None:
        self.found[qualname] = Source(file=self._file, line=line, column=column)

    def _name_column(self, node: _Definition) -> int:
        """`lineno` is that of `def` or `class`, not of a decorator."""
        line = self._lines[node.lineno - 1]
        position = line.find(node.name, node.col_offset)
        return max(position, node.col_offset)
