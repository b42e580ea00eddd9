"""A change in Python shows at its use in TypeScript."""

import importlib.util
from pathlib import Path

import pytest
from tests.codegen.conftest import Workspace

from fairlead.codegen import generate
from fairlead.context import Context
from fairlead.router import Router

SOURCE = """
from pydantic import BaseModel
from fairlead.access import public
from fairlead.context import Context
from fairlead.procedure import query
from fairlead.router import Router


class Pod(BaseModel):
    address: str


class App(Router[Context]):
    @query(access=public)
    async def pod(self) -> Pod:
        return Pod(address="")
"""

USE = """
import type { TRPCClient } from "@trpc/client";
import type { AppRouter } from "./shared/index.js";

export async function show(client: TRPCClient<AppRouter>): Promise<string> {
  const pod = await client.pod.query();
  return pod.address;
}
"""


def load_app(path: Path, name: str) -> type[Router[Context]]:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    app: type[Router[Context]] = module.App
    return app


@pytest.mark.node
def test_renaming_a_field_fails_at_its_use(workspace: Workspace) -> None:
    before = workspace.write("before.py", SOURCE)
    after = workspace.write("after.py", SOURCE.replace("address", "pod_ip"))
    workspace.write("use.ts", USE)
    generate(load_app(before, "before"), workspace.folder / "shared")
    assert workspace.compile() == ""
    generate(load_app(after, "after"), workspace.folder / "shared")
    said = workspace.compile()
    assert "use.ts(7,14)" in said
    assert "'address' does not exist on type 'Pod'" in said
