"""`fairlead access`, as a person runs it."""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.kube.cluster import grant, prepare
from typer.testing import CliRunner

from fairlead.cli.app import app
from fairlead.devcluster import DevCluster
from fairlead.errors import FairleadError
from fairlead.kube import Kube

APP = """
from fairlead import Context, Fairlead, Router, authenticated, mutation, public, query
from fairlead.access import AccessRequest, Kind, can, custom

INVOICES = Kind(group="billing.example.com", plural="invoices")

@custom
def own(request: AccessRequest) -> bool:
    return request.input["owner"] == request.request.user.name

class App(Router[Context]):
    @query(access=public)
    async def health(self) -> None: ...

    @query(access=can("list", INVOICES))
    async def invoices(self, namespace: str) -> None: ...

    @mutation(access=can("delete", INVOICES, namespace="office"))
    async def burn(self, office: str, name: str) -> None: ...

    @mutation(access=own)
    async def mine(self, owner: str) -> None: ...

app = Fairlead(App)
"""

ROLES = """
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: clerk, namespace: berlin}
rules:
  - {apiGroups: [billing.example.com], resources: [invoices], verbs: [list, delete]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: clerks, namespace: berlin}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: clerk}
subjects: [{kind: Group, name: clerks}]
"""


MODULES = itertools.count()


@dataclass(frozen=True)
class Shell:
    """A folder with an application, and the command line in it."""

    folder: Path
    module: str

    @property
    def target(self) -> str:
        return f"{self.module}:app"

    def run(self, *arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, ["access", *arguments])
        if isinstance(result.exception, FairleadError):  # `main` prints it
            assert code == 1
            return str(result.exception)
        assert result.exit_code == code, result.output
        return result.output

    def check(self, *arguments: str, code: int = 0) -> str:
        fixed = ("--roles", "roles.yaml", "--namespace", "berlin")
        return self.run("check", self.target, *fixed, *arguments, code=code)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    module = f"billing_{next(MODULES)}"
    (tmp_path / f"{module}.py").write_text(APP)
    (tmp_path / "roles.yaml").write_text(ROLES)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return Shell(tmp_path, module)


def test_check_prints_who_may_call_what_and_why_not(shell: Shell) -> None:
    shown = shell.check("--user", "ann", "--group", "clerks")
    lines = [line.split() for line in shown.splitlines()]
    assert [line[:3] for line in lines[:4]] == [
        ["health", "query", "yes"],
        ["invoices", "query", "yes"],
        ["burn", "mutation", "yes"],  # its namespace is the input's `office`
        ["mine", "mutation", "-"],
    ]
    assert "ann may call 3 of 4 procedures in berlin" in shown
    assert "It depends on the input" in shown
    other = shell.check("--user", "bob")
    assert "You may not list invoices.billing.example.com in namespace berlin" in other
    anonymous = shell.check("--anonymous")
    assert "may call 1 of 4" in anonymous
    assert "Sign in first" in anonymous


def test_check_wants_to_know_about_whom(shell: Shell) -> None:
    assert "--user NAME, or --anonymous" in shell.check(code=1)


def test_diff_of_saved_reports_says_who_may_do_more(shell: Shell) -> None:
    for user in ("ann", "bob"):
        group = ["--group", "clerks"] if user == "ann" else []
        text = shell.check("--user", "x", *group, "--json")
        report = json.loads(text) | {"groups": []}
        (shell.folder / f"{user}.json").write_text(json.dumps(report))
    assert "0 procedures differ" in shell.run("diff", "ann.json", "ann.json")
    less = shell.run("diff", "ann.json", "bob.json", code=1)
    assert "~ burn: allowed, mutation can(" in less
    assert less.splitlines()[-1] == "2 procedures differ"
    more = shell.run("diff", "bob.json", "ann.json", code=1)
    assert "2 procedures differ, 2 open more than before" in more
    (shell.folder / "other.json").write_text("{}")
    assert "other.json: this is no saved access report" in shell.run(
        "diff", "ann.json", "other.json", code=1
    )
    assert "is no file and no MODULE:APP" in shell.run(
        "diff", "ann.json", "absent.json", code=1
    )


def test_diff_of_a_git_ref_and_the_working_tree(shell: Shell) -> None:
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        subprocess.run(["git", *identity, *arguments], cwd=shell.folder, check=True)

    git("init", "--quiet", "--initial-branch=main")
    git("add", ".")
    git("commit", "--quiet", "--message=one")
    wider = APP.replace('can("list", INVOICES)', "public").replace("burn", "shred")
    (shell.folder / f"{shell.module}.py").write_text(wider)
    shown = shell.run("diff", "main", shell.target, "--target", shell.target, code=1)
    assert shown.splitlines() == [
        "- burn: mutation can('delete', invoices.billing.example.com, namespace=office)",
        "~ invoices: query can('list', invoices.billing.example.com) -> query public",
        "+ shred: mutation can('delete', invoices.billing.example.com, namespace=office)",
        "3 procedures differ, 1 open more than before",
    ]
    failed = shell.run("diff", "absent", "main", "--target", shell.target, code=1)
    assert "git worktree add failed" in failed


WIDGETS = """
from tests.kube.cluster import Widget
from fairlead import Context, Fairlead, Router
from fairlead.kube import Kube, ResourceRouter

class Widgets(ResourceRouter[Widget]): ...

class App(Router[Context]):
    widgets: Widgets

app = Fairlead(App, kube=Kube.from_env())
"""


async def test_check_asks_the_cluster_of_the_application(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shell.folder / f"{shell.module}.py").write_text(WIDGETS)
    async with (
        DevCluster() as cluster,
        Kube.from_kubeconfig(cluster.kubeconfig_path) as kube,
    ):
        await prepare(kube.client)
        await grant(kube.client, "bob", ["list", "delete"], "team-a")
        monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig_path))
        arguments = ("check", shell.target, "--user", "bob", "-n", "team-a", "--json")
        output = await asyncio.to_thread(shell.run, *arguments)
    allowed = {row["path"]: row["allowed"] for row in json.loads(output)["rows"]}
    assert allowed["widgets.list"] is True
    assert allowed["widgets.delete"] is True
    assert allowed["widgets.create"] is False
