"""Zod in Node, as a function from JSON texts to verdicts."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Self, cast

from pydantic import TypeAdapter

from fairlead.codegen.graph import dependency_order
from fairlead.codegen.nodes import Mode
from fairlead.codegen.problems import GenerationError
from fairlead.codegen.sources import SourceIndex
from fairlead.codegen.type_table import Entry, TypeTable
from fairlead.codegen.zod import ZodPrinter

SERVER = Path(__file__).parent / "zodServer.mjs"


class NodeZod:
    """One long-lived Node process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["node", str(SERVER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(timeout=10)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def define(self, adapters: Mapping[str, TypeAdapter[Any]], mode: Mode) -> None:
        """Generates the schemas of all types and loads them."""
        self._ask({"define": generate_code(adapters, mode)})

    def accepts(self, name: str, texts: Sequence[str]) -> list[bool]:
        """Zod's verdict on each JSON text."""
        answer = self._ask({"schema": name, "values": list(texts)})
        return cast("list[bool]", answer["accepted"])

    def _ask(self, request: Mapping[str, object]) -> Mapping[str, object]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer: Mapping[str, object] = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer


def generate_code(adapters: Mapping[str, TypeAdapter[Any]], mode: Mode) -> str:
    """The body of a function of `z` that returns the schemas by name."""
    entries: dict[Entry, Any] = {
        (name, mode): adapter.core_schema for name, adapter in adapters.items()
    }
    table = TypeTable(entries, SourceIndex())
    nodes = {name: table.node((name, mode), name) for name in adapters}
    roots = list(nodes.values())
    found = table.declarations(*([roots, []] if mode == "input" else [[], roots]))
    if table.problems:
        raise GenerationError(table.problems)
    declared = {node.name: node for node in found}
    printer = ZodPrinter(declared)
    runtime = resources.files("fairlead.codegen").joinpath("zod_runtime.js").read_text()
    parts = [runtime.partition("\n")[2]]
    parts += [printer.declaration(declared[n]) for n in dependency_order(declared)]
    parts = [part.replace("export const ", "const ") for part in parts]
    listed = ", ".join(f"{json.dumps(n)}: {printer.type(t)}" for n, t in nodes.items())
    return "\n".join([*parts, f"return {{ {listed} }};"])
