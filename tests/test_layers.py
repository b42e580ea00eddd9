"""Imports go one way: the layers of docs/design.md, checked on the source."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "fairlead"

CORE = (
    "_missing",
    "access",
    "caller",
    "calling",
    "collecting",
    "compiling",
    "context",
    "drafts",
    "errors",
    "local",
    "passing",
    "procedure",
    "pushing",
    "ready_json",
    "router",
    "schema",
    "structs",
    "telemetry",
    "streaming",
    "tracking",
    "type_schemas",
    "uploads",
)

FORBIDDEN = {
    "devcluster": ("*",),
    "testing": (
        "asgi",
        "kube",
        "client",
        "codegen",
        "cli",
        "auth",
        "simulation",
        *CORE,
    ),
    "simulation": ("*",),
    "devprovider": ("*",),
    "errors": ("*",),
    "tracking": ("*",),
    "protocol": (
        "asgi",
        "kube",
        "client",
        "codegen",
        "cli",
        "auth",
        "devcluster",
        "simulation",
    ),
    "asgi": ("kube", "client", "cli", "devcluster", "simulation"),
    "kube": ("asgi", "client", "codegen", "cli", "devcluster", "simulation"),
    "client": ("asgi", "codegen", "cli", "devcluster", "simulation"),
    "codegen": ("asgi", "client", "cli", "devcluster", "simulation"),
    "auth": ("asgi", "kube", "client", "codegen", "cli", "devcluster", "simulation"),
    **{
        name: (
            "asgi",
            "kube",
            "client",
            "codegen",
            "cli",
            "auth",
            "devcluster",
            "simulation",
        )
        for name in CORE
        if name not in {"errors", "tracking"}
    },
}


def find_imports(file: Path) -> set[str]:
    """The first-level modules of fairlead that a file imports."""
    names: list[str] = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names += [
                node.module,
                *(f"{node.module}.{alias.name}" for alias in node.names),
            ]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    parts = [name.split(".") for name in names if name.startswith("fairlead.")]
    return {part[1] for part in parts}


def find_files(layer: str) -> list[Path]:
    module = SOURCE / f"{layer}.py"
    return [module] if module.exists() else sorted((SOURCE / layer).rglob("*.py"))


@pytest.mark.parametrize("layer", sorted(FORBIDDEN))
def test_layer_imports_only_what_lies_below(layer: str) -> None:
    files = find_files(layer)
    assert files, f"{layer} is gone: mend this table and docs/design.md"
    for file in files:
        others = find_imports(file) - {layer}
        forbidden = (
            others if FORBIDDEN[layer] == ("*",) else others & set(FORBIDDEN[layer])
        )
        assert not forbidden, f"{file.relative_to(SOURCE)} imports {sorted(forbidden)}"


def test_protocol_knows_nothing_of_asyncio_and_sockets() -> None:
    for file in find_files("protocol"):
        text = file.read_text()
        for module in ("asyncio", "socket", "aiohttp", "uvicorn"):
            assert f"import {module}" not in text, f"{file.name} imports {module}"
