"""React hooks of resource routers, against `@fairlead/react` itself."""

import pytest
from tests.codegen.conftest import Workspace

from fairlead.codegen import generate
from fairlead.context import Context
from fairlead.kube import KubeModel, Resource, ResourceRouter
from fairlead.router import Router


class CodebaseSpec(KubeModel):
    git_url: str


class Codebase(Resource, group="v2.edp.epam.com", version="v1", plural="codebases"):
    spec: CodebaseSpec


class Codebases(ResourceRouter[Codebase]):
    """The codebases."""


class App(Router[Context]):
    codebases: Codebases


USE = """
import {
  useCodebaseCRUD,
  useCodebasePermissions,
  useCodebaseWatchItem,
  useCodebaseWatchList,
} from "./shared/hooks.js";
import type { Codebase } from "./shared/index.js";

export function View(): string {
  const list = useCodebaseWatchList({ namespace: "a" });
  const first: Codebase | undefined = list.items[0];
  const { create } = useCodebaseCRUD();
  create.mutate({ metadata: { name: "a" }, spec: { gitUrl: "x" } });
  // @ts-expect-error a draft needs its spec
  create.mutate({ metadata: { name: "a" } });
  const item = useCodebaseWatchItem({ name: "a", namespace: "b" });
  const rights = useCodebasePermissions({ namespace: "a" });
  return `${first?.spec.gitUrl}${item.item?.metadata.uid}${rights.create.allowed}`;
}
"""


@pytest.mark.node
def test_hooks_are_typed_by_the_resource(workspace: Workspace) -> None:
    generate(App, workspace.folder / "shared")
    workspace.write("use.ts", USE)
    options = {"module": "esnext", "moduleResolution": "bundler", "jsx": "react-jsx"}
    assert workspace.compile(**options, skipLibCheck=True) == ""


@pytest.mark.node
def test_package_without_resource_routers_needs_no_react(workspace: Workspace) -> None:
    class Plain(Router[Context]):
        pass

    files = generate(Plain, workspace.folder / "shared").changed
    assert "hooks.js" not in files
    assert "react" not in (workspace.folder / "shared/package.json").read_text()
