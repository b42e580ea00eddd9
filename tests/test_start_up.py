"""What starting a large application costs is what it imports and compiles; here is what it must not."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from fairlead import Context, Fairlead, Router, public, query

class Part(Router[Context]):
    pass

lines = "".join(
    f"    @query(access=public)\\n    async def get_{n}(self, number: int) -> str: ...\\n"
    for n in range(50)
)
exec(f"class Part(Router[Context]):\\n{lines}", globals())
parts = "".join(f"    part{n}: Part\\n" for n in range(10))
exec(f"class App(Router[Context]):\\n{parts}", globals())
app = Fairlead(App)
print(len(app.runtime.procedures))
for name in %r:
    if name in sys.modules:
        print(name)
"""
HEAVY = (
    "aiohttp",
    "celpy",
    "cryptography",
    "fairlead.cli",
    "fairlead.codegen.generating",
    "fairlead.codegen.introspect",
    "fairlead.codegen.typescript",
    "fairlead.devcluster",
    "fairlead.drafts",
    "fairlead.kube",
    "httpx",
    "joserfc",
    "opentelemetry",
    "prometheus_client",
    "typer",
    "uvicorn",
    "watchfiles",
    "websockets.asyncio",
    "yaml",
)


def test_five_hundred_procedures_start_without_what_they_do_not_need() -> None:
    command = [sys.executable, "-c", PROGRAM % (HEAVY,)]

    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["500"]
