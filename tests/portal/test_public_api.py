"""The portal is written with what Fairlead says is public, and with nothing else of it."""

from __future__ import annotations

import ast
import importlib
import json
import re
from fnmatch import fnmatch
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVER = ROOT / "apps/portal/server"
CLIENT = ROOT / "apps/portal/client"


def find_private(source: str) -> list[str]:
    """Names of fairlead that a module's source imports or reaches for, and that are not public."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            "fairlead"
        ):
            module = node.module or ""
            public: list[str] = (
                []
                if "._" in module
                else getattr(importlib.import_module(module), "__all__", [])
            )
            found += [f"{module}.{it.name}" for it in node.names if it.name not in public]  # fmt: skip
        elif isinstance(node, ast.Import):
            # The names that are then used could not be told from here.
            found += [it.name for it in node.names if it.name.startswith("fairlead")]
        elif isinstance(node, ast.Attribute) and re.match("_[^_]", node.attr):
            owner = node.value
            if not (isinstance(owner, ast.Name) and owner.id in {"self", "cls"}):
                found.append(f".{node.attr}")
    return found


def test_what_is_private_is_found() -> None:
    source = """
from fairlead.kube.routers import explain_invalid, _private
from fairlead._missing import MISSING
import fairlead.kube.hub
self.ctx.kube._hub.close()
self._own()
"""
    assert find_private(source) == [
        "fairlead.kube.routers._private",
        "fairlead._missing.MISSING",
        "fairlead.kube.hub",
        "._hub",
    ]


def test_the_server_uses_public_names_only() -> None:
    private = {
        str(file.relative_to(SERVER)): names
        for file in SERVER.rglob("*.py")
        if (names := find_private(file.read_text()))
    }
    assert not private


def test_the_page_imports_what_packages_export() -> None:
    exported = {
        f"{package['name']}{entry.removeprefix('.')}"
        for place in ("packages/react", "apps/portal/shared")
        for package in [json.loads((ROOT / place / "package.json").read_text())]
        for entry in package["exports"]
    }
    imported = {
        (str(file.relative_to(CLIENT)), name)
        for file in (CLIENT / "src").rglob("*.ts*")
        for name in re.findall(
            r"""(?:from|import)\s*\(?\s*["']([^"']+)["']""", file.read_text()
        )
    }
    ours = {pair for pair in imported if re.match("@fairlead/|@portal/", pair[1])}
    assert {name for _, name in ours} >= {"@fairlead/react", "@portal/shared"}
    assert not [
        pair for pair in ours if not any(map(partial(fnmatch, pair[1]), exported))
    ]
    assert {pair for pair in imported if re.match(r"\..*(packages|shared)/", pair[1])} == set()  # fmt: skip
