"""`fairlead access`: who may call what, and what changes about it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from fairlead.access import Authorizer
from fairlead.access.local import LocalAuthorizer
from fairlead.access.reporting import (
    Change,
    Report,
    ReportError,
    Row,
    compare,
    decide,
    declare,
)
from fairlead.access.sources import YamlSource
from fairlead.asgi.app import Fairlead
from fairlead.cli.loading import TargetError, load_target
from fairlead.compiling import CompiledRouter, compile_router
from fairlead.context import Request, Services, User
from fairlead.kube import Kube
from fairlead.kube.reviews import ClusterAuthorizer

__all__ = ["access"]

access = typer.Typer(
    help="Who may call what: check it for somebody, compare two versions.",
    no_args_is_help=True,
)

TargetArgument = Annotated[
    str,
    typer.Argument(help="The application, as module:attribute.", metavar="MODULE:APP"),
]
AppDir = Annotated[
    Path, typer.Option(help="Folder to import the application from.", file_okay=False)
]
UserOption = Annotated[str | None, typer.Option("--user", help="Whom it is about.")]
Groups = Annotated[
    list[str] | None,
    typer.Option("--group", help="A group of theirs; may be repeated."),
]
Namespace = Annotated[
    str | None,
    typer.Option("--namespace", "-n", help="In which namespace; by default in all."),
]
Roles = Annotated[
    Path | None,
    typer.Option(
        help="YAML file or folder with roles and bindings to decide by, instead of the "
        "application's cluster.",
        exists=True,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for `access diff`.")]


@dataclass(frozen=True, kw_only=True)
class _Question:
    """About whom, where, and by which roles."""

    user: User | None
    namespace: str | None
    roles: Path | None


@access.command("check")
def check_command(  # noqa: PLR0913, PLR0917  one parameter per option is how Typer works
    target: TargetArgument,
    user: UserOption = None,
    group: Groups = None,
    anonymous: Annotated[
        bool, typer.Option("--anonymous", help="Somebody who has not signed in.")
    ] = False,
    namespace: Namespace = None,
    roles: Roles = None,
    app_dir: AppDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Print which procedures somebody may call, and why not the others.

    The cluster of the application is asked (KUBECONFIG), with the server's own rights; or
    name a file with roles. Save the answer with --json and compare it later.

        fairlead access check app:app --user viewer --group auditors -n team-a
    """
    if (user is None) == (not anonymous):
        raise TargetError("say whom it is about: --user NAME, or --anonymous")
    who = None if user is None else User(name=user, groups=tuple(group or ()))
    question = _Question(user=who, namespace=namespace, roles=roles)
    report = asyncio.run(_ask(load_target(target, app_dir), question))
    typer.echo(report.to_json() if as_json else _show_report(report))


@access.command("declared")
def declared_command(
    target: TargetArgument, app_dir: AppDir = Path(), as_json: AsJson = False
) -> None:
    """Print what each procedure declares; no cluster is asked."""
    report = declare(_compile(load_target(target, app_dir)).procedures)
    typer.echo(report.to_json() if as_json else _show_report(report))


@access.command("diff")
def diff_command(
    old: Annotated[
        str, typer.Argument(help="A saved report, MODULE:APP or a git ref.")
    ],
    new: Annotated[str, typer.Argument(help="The same, of the newer version.")],
    target: Annotated[
        str | None,
        typer.Option(help="For git refs: the application in them, as MODULE:APP."),
    ] = None,
    app_dir: AppDir = Path(),
) -> None:
    """Print what two versions declare differently; the exit code is 1 if they do.

    Of saved reports of `access check --json`, also who may call more or less.

        fairlead access diff main HEAD --target app:app
        fairlead access diff before.json after.json
    """
    first, second = (_read_version(each, target, app_dir) for each in (old, new))
    changes = list(compare(first, second))
    for change in changes:
        typer.echo(_show_change(change))
    wider = sum(change.is_wider for change in changes)
    note = f", {wider} open more than before" if wider else ""
    typer.echo(f"{len(changes)} procedures differ{note}")
    raise typer.Exit(1 if changes else 0)


def _compile(source: object) -> CompiledRouter:
    router = source if isinstance(source, type) else getattr(source, "router", None)
    if not isinstance(router, type):
        raise TargetError("the target is neither an application nor a router class")
    return compile_router(router)


async def _ask(source: object, question: _Question) -> Report:
    compiled = _compile(source)
    services = source.services if isinstance(source, Fairlead) else Services()
    kube = services.find(Kube)
    if question.roles is not None:
        engine = LocalAuthorizer(YamlSource(question.roles))
        services.add(engine, as_type=Authorizer)
    elif kube is not None and isinstance(
        services.find(Authorizer),
        ClusterAuthorizer,
    ):
        # About anybody, whether or not the server has a token of theirs.
        about = ClusterAuthorizer(kube.client, "service", kube.options.reviews)
        services.add(about, as_type=Authorizer)
    try:
        request = Request(user=question.user, services=services)
        return await decide(compiled.procedures, request, question.namespace)
    finally:
        if kube is not None and "client" in vars(kube):
            await kube.aclose()


def _read_version(version: str, target: str | None, app_dir: Path) -> Report:
    """A report from a file, of an application, or of an application at a git ref."""
    file = Path(version)
    if file.is_file():
        try:
            return Report.from_json(file.read_bytes())
        except ReportError as error:
            raise ReportError(f"{file}: {error}") from error
    if ":" in version:
        return _declare_in(Path(), version, app_dir)
    if target is None:
        raise TargetError(
            f"{version!r} is no file and no MODULE:APP; if it is a git ref, say which "
            "application it has with --target MODULE:APP"
        )
    with _check_out(version) as (folder, inner):
        return _declare_in(folder / inner, target, app_dir)


def _declare_in(folder: Path, target: str, app_dir: Path) -> Report:
    """In a process of its own: two versions of a module do not fit into one."""
    command = ["-m", "fairlead", "access", "declared", target, "--json"]
    done = _run([sys.executable, *command, f"--app-dir={app_dir}"], folder)
    return Report.from_json(done)


@contextmanager
def _check_out(ref: str) -> Generator[tuple[Path, Path]]:
    """The repository at a ref, in a folder of its own; and where we are in it."""
    prefix = _run(["git", "rev-parse", "--show-prefix"], Path()).strip()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "tree"
        _run(["git", "worktree", "add", "--detach", str(folder), ref], Path())
        try:
            yield folder, Path(prefix)
        finally:
            _run(["git", "worktree", "remove", "--force", str(folder)], Path())


def _run(command: Sequence[str], folder: Path) -> str:
    done = subprocess.run(  # noqa: S603  the same interpreter, or git; no shell
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise TargetError(f"{' '.join(command[:3])} failed: {done.stderr.strip()}")
    return done.stdout


def _show_report(report: Report) -> str:
    rows = [_show_row(row) for row in report.rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    allowed = sum(row.allowed is True for row in report.rows)
    if any(row.allowed is not None for row in report.rows):
        who = report.user or "Somebody who has not signed in"
        where = f"in {report.namespace}" if report.namespace else "in all namespaces"
        lines.append(f"{who} may call {allowed} of {len(rows)} procedures {where}")
    return "\n".join(line.rstrip() for line in lines)


def _show_row(row: Row) -> tuple[str, str, str, str, str]:
    marks = {True: "yes", False: "no", None: "-"}
    return (row.path, row.kind, marks[row.allowed], row.access, row.reason or "")


def _show_change(change: Change) -> str:
    signs = {"added": "+", "removed": "-", "changed": "~"}
    old, new = (_show_access(row) for row in (change.old, change.new))
    text = " -> ".join(part for part in (old, new) if part)
    line = f"{signs[change.kind]} {change.path}: {text}"
    return typer.style(line, fg="red") if change.is_wider else line


def _show_access(row: Row | None) -> str:
    if row is None:
        return ""
    allowed = {True: "allowed, ", False: "denied, ", None: ""}[row.allowed]
    return f"{allowed}{row.kind} {row.access}"
