"""React hooks of resource routers, against `@fairlead/react` itself."""

import pytest
from tests.codegen.conftest import Workspace

from fairlead.codegen import generate
from fairlead.context import Context
from fairlead.kube import (
    KubeModel,
    ReadRouter,
    Resource,
    ResourceRouter,
    View,
    ViewRouter,
)
from fairlead.router import Router


class CodebaseSpec(KubeModel):
    git_url: str


class Codebase(Resource, group="v2.edp.epam.com", version="v1", plural="codebases"):
    spec: CodebaseSpec


class CodebaseRow(View[Codebase]):
    url: str

    @classmethod
    def of(cls, source: Codebase) -> "CodebaseRow":
        return cls(url=source.spec.git_url)


class CodebaseRows(ViewRouter[Codebase, CodebaseRow]):
    """A line of the table each."""


class Codebases(ResourceRouter[Codebase]):
    """The codebases."""

    rows: CodebaseRows


class Approval(Resource, group="v2.edp.epam.com", version="v1", plural="approvals"):
    spec: CodebaseSpec


class Approvals(ReadRouter[Approval]):
    """Seen freely, written by procedures of their own."""


class App(Router[Context]):
    codebases: Codebases
    approvals: Approvals


USE = """
import {
  useApprovalPermissions,
  useApprovalWatchItem,
  useApprovalWatchList,
  useCodebaseCRUD,
  useCodebasePermissions,
  useCodebaseWatchItem,
  useCodebaseWatchList,
  useCodebasesRowsView,
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
  const { rows, total } = useCodebasesRowsView({ sort: ["-url"], offset: 50, limit: 50 });
  const url: string | undefined = rows[0]?.url;
  const approval = useApprovalWatchItem({ name: "a", namespace: "b" });
  const known = useApprovalWatchList().items.length + total;
  const may = useApprovalPermissions({ namespace: "b" }).get.allowed;
  if (may) return `${url}${approval.item?.spec.gitUrl}${known}`;
  return `${first?.spec.gitUrl}${item.item?.metadata.uid}${rights.create.allowed}`;
}
"""


@pytest.mark.node
def test_hooks_are_typed_by_the_resource(workspace: Workspace) -> None:
    generate(App, workspace.folder / "shared")
    hooks = (workspace.folder / "shared" / "hooks.js").read_text()
    assert "useApprovalCRUD" not in hooks  # nobody writes through a read router
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
