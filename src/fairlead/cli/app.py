"""The commands and their help."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, cast

import typer
import yaml

from fairlead import eventloop
from fairlead.cli.access import access
from fairlead.cli.checking import Finding, check_application, check_cluster
from fairlead.cli.crds import find_followed_kinds, follow_crds, write_crd_modules
from fairlead.cli.development import DevelopmentOptions, run_development
from fairlead.cli.identity import wants_provider
from fairlead.cli.loading import load_target
from fairlead.cli.processes import ChildError
from fairlead.cli.scaffolding import create_application
from fairlead.cli.serving import bind, serve, settle, stop_on_signals
from fairlead.cli.simulated import parse_cluster_options, run_cluster
from fairlead.cli.watching import make_load, watch_package
from fairlead.codegen import check, generate
from fairlead.codegen.generating import GenerationSource
from fairlead.codegen.kind_definitions import custom_resource_definitions
from fairlead.codegen.openapi import openapi, openapi_page
from fairlead.codegen.watching import Generation
from fairlead.compiling import compile_router
from fairlead.errors import DefinitionError, FairleadError

app = typer.Typer(
    name="fairlead",
    help="Full-stack type-safe APIs in Python, live from Kubernetes.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

add = typer.Typer(
    help="Add to an application: a resource from its CRD.", no_args_is_help=True
)
app.add_typer(add, name="add")
app.add_typer(access, name="access")

Target = Annotated[
    str,
    typer.Argument(help="The application, as module:attribute.", metavar="MODULE:APP"),
]
AppDir = Annotated[
    Path, typer.Option(help="Folder to import the application from.", file_okay=False)
]
Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[
    int, typer.Option(help="Port to listen on; 0 picks one.", envvar="PORT")
]


@app.command("new")
def new_command(
    folder: Annotated[
        Path, typer.Argument(help="New or empty folder; its name is the application's.")
    ],
    react: Annotated[
        str | None,
        typer.Option(help="npm specifier of @fairlead/react, such as file:../react."),
    ] = None,
) -> None:
    """Create an application: Python server, generated package, React page, sample data."""
    for file in create_application(folder, react=react):
        typer.echo(f"  {file}")
    _say(f"{folder} is ready. Next:")
    typer.echo(
        f"  cd {folder} && npm install && npm run build\n"
        "  fairlead dev app:app --app-dir server --seed cluster --out shared"
    )


@app.command("serve")
def serve_command(
    target: Target,
    app_dir: AppDir = Path(),
    host: Host = "127.0.0.1",
    port: Port = 8000,
    grace: Annotated[
        int, typer.Option(help="Seconds for calls in flight at the end.")
    ] = 10,
) -> None:
    """Serve an application with uvicorn, until Ctrl-C or SIGTERM."""

    async def run() -> None:
        stop = asyncio.Event()
        with bind(host, port) as sock, stop_on_signals(stop):
            application = load_target(target, app_dir)
            address = f"http://{host}:{sock.getsockname()[1]}"

            def tell() -> None:
                settle()
                _say(f"Serving {target} at {address}")

            await serve(application, sock, stop, on_ready=tell, grace=grace)

    eventloop.run(run())


OwnCluster = Annotated[
    bool | None,
    typer.Option(
        help="Start the embedded dev cluster. By default: unless KUBECONFIG is set.",
    ),
]
HowManyClusters = Annotated[
    int,
    typer.Option(
        min=1,
        max=9,
        help="How many dev clusters; FAIRLEAD_CLUSTERS names them to the application.",
    ),
]


@app.command("dev")
def dev_command(  # noqa: PLR0913, PLR0917  one parameter per option is how Typer works
    target: Target,
    app_dir: AppDir = Path(),
    host: Host = "127.0.0.1",
    port: Port = 8000,
    cluster: OwnCluster = None,
    data: Annotated[
        Path, typer.Option(help="Folder for the dev cluster's data and kubeconfig.")
    ] = Path(".fairlead/cluster"),
    cluster_port: Annotated[
        int, typer.Option(help="Port of the dev cluster; 0 keeps or picks one.")
    ] = 0,
    clusters: HowManyClusters = 1,
    seed: Annotated[
        Path | None,
        typer.Option(
            help="Folder with CRDs and objects to put into a new dev cluster."
        ),
    ] = None,
    sign_in: Annotated[
        bool | None,
        typer.Option(
            help="Start the development sign-in with ready personas (this machine only). "
            "By default: unless OIDC_ISSUER or OIDC_PROVIDERS is set.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the TypeScript package, written on every save."),
    ] = None,
    reload: Annotated[
        bool, typer.Option(help="Start the server again on every save.")
    ] = True,
) -> None:
    """Serve an application with everything it needs, and again on every save.

    Starts the embedded dev cluster with seed data and simulator (unless KUBECONFIG names a
    cluster) and a sign-in with ready personas (unless a provider is configured), defines the application's resource classes in it, writes the TypeScript package,
    and serves.
    """
    if cluster is None:
        cluster = not os.environ.get("KUBECONFIG")
    options = DevelopmentOptions(
        target=target,
        app_dir=app_dir,
        host=host,
        port=port,
        cluster=cluster,
        data=data,
        cluster_port=cluster_port,
        clusters=clusters,
        seed=seed,
        sign_in=wants_provider(host) if sign_in is None else sign_in,
        reload=reload,
        out=out,
    )
    eventloop.run(run_development(options, _say))


@app.command("generate")
def generate_command(  # noqa: PLR0913, PLR0917  one parameter per option is how Typer works
    target: Target,
    out: Annotated[Path, typer.Option(help="Folder of the generated npm package.")],
    app_dir: AppDir = Path(),
    check_only: Annotated[
        bool,
        typer.Option("--check", help="Write nothing; fail when it is out of date."),
    ] = False,
    package_name: Annotated[
        str | None,
        typer.Option(help="Name of the npm package; kept once it is written."),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Write again on every save, until Ctrl-C.")
    ] = False,
    crds: Annotated[
        list[Path] | None,
        typer.Option(help="File or folder of CRDs that --models follows; repeatable."),
    ] = None,
    models: Annotated[
        Path | None,
        typer.Option(help="Python package of the classes that follow --crds."),
    ] = None,
) -> None:
    """Write the TypeScript package: AppRouter, Zod schemas, resources.

    With --crds and --models, the Python classes of those kinds first.
    """
    kinds = find_followed_kinds(crds or [], models)
    if watch:
        load = make_load(target, app_dir)
        generation = Generation(
            load=load, folder=out, package_name=package_name, kinds=kinds
        )
        watch_package(generation, app_dir, _say)
        return
    if kinds is not None:
        follow_crds(kinds, _say, _fail if check_only else None)
    source = cast("GenerationSource", load_target(target, app_dir))
    if check_only:
        difference = check(source, out, package_name=package_name)
        if difference:
            sys.stdout.write(difference)
            _fail(f"{out} is out of date: run fairlead generate {target} --out {out}")
        return
    done = generate(source, out, package_name=package_name)
    _say(f"{done.procedures} procedures, {len(done.changed)} files changed in {out}")


@app.command("check")
def check_command(
    target: Target,
    app_dir: AppDir = Path(),
    out: Annotated[
        Path | None, typer.Option(help="Folder of the generated package.")
    ] = None,
    cluster: Annotated[
        bool, typer.Option("--cluster", help="Ask the cluster of KUBECONFIG, too.")
    ] = False,
) -> None:
    """Say whether an application is ready: it loads, its types translate, nothing is stale."""

    def load() -> GenerationSource:
        return cast("GenerationSource", load_target(target, app_dir))

    findings = list(check_application(load, out))
    if cluster and all(finding.cure is None for finding in findings):
        findings += asyncio.run(_collect(check_cluster(load())))
    for finding in findings:
        sign = typer.style("ok", fg="green") if finding.cure is None else "--"
        typer.echo(f"{sign} {finding.what}")
        if finding.cure is not None:
            typer.echo(f"   {finding.cure}")
    if wrong := sum(finding.cure is not None for finding in findings):
        _fail(f"{wrong} of {len(findings)} checks failed")


async def _collect(findings: AsyncIterator[Finding]) -> list[Finding]:
    return [finding async for finding in findings]


@app.command("openapi")
def openapi_command(
    target: Target,
    app_dir: AppDir = Path(),
    title: Annotated[str, typer.Option(help="Title of the document.")] = "API",
    page: Annotated[
        bool, typer.Option("--page", help="An HTML page instead of JSON.")
    ] = False,
) -> None:
    """Print the OpenAPI 3.1 document of the queries and mutations."""
    document = openapi(
        cast("GenerationSource", load_target(target, app_dir)), title=title
    )
    typer.echo(openapi_page(document) if page else json.dumps(document, indent=2))


@add.command("crd")
def add_crd_command(
    source: Annotated[
        str,
        typer.Argument(
            help="A YAML file, an https:// address, or a kind of $KUBECONFIG's cluster "
            "(Codebase, codebases, codebases.v2.edp.epam.com)."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the Python modules.")] = Path(),
    overlay: Annotated[
        Path | None, typer.Option(help="YAML of what the CRD does not say.")
    ] = None,
    version: Annotated[
        str | None, typer.Option(help="Which version; by default the stored one.")
    ] = None,
) -> None:
    """Turn CustomResourceDefinitions into readable Pydantic modules."""
    for module in write_crd_modules(source, out, overlay=overlay, version=version):
        _say(f"wrote {module}")


@app.command("crds")
def crds_command(target: Target, app_dir: AppDir = Path()) -> None:
    """Print CustomResourceDefinitions of the resource classes that routers serve.

    Apply them with: fairlead crds app:app | kubectl apply -f -
    """
    source = cast("GenerationSource", load_target(target, app_dir))
    documents = custom_resource_definitions(source)
    typer.echo(yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True))


@app.command("routes")
def routes_command(target: Target, app_dir: AppDir = Path()) -> None:
    """List every procedure: its kind, its path and who may call it."""
    source = load_target(target, app_dir)
    router = source if isinstance(source, type) else getattr(source, "router", None)
    if not isinstance(router, type):
        raise DefinitionError(f"{target} is neither an application nor a router class")
    for path, procedure in compile_router(router).procedures.items():
        typer.echo(f"{procedure.kind:<13}{path:<40}{procedure.options.access!r}")


@app.command(
    "cluster",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    add_help_option=False,
)
def cluster_command(context: typer.Context) -> None:
    """Run the embedded dev cluster by itself (cluster --help lists its options)."""
    options = parse_cluster_options(context.args)
    if options.scenario is None:
        command = [sys.executable, "-m", "fairlead.devcluster", *options.rest]
        os.execv(sys.executable, command)  # noqa: S606  the same interpreter, no shell
    eventloop.run(run_cluster(options, _say))


def _say(text: str) -> None:
    typer.echo(f"{typer.style('==>', fg='cyan')} {text}")


def _fail(text: str) -> None:
    typer.echo(f"{typer.style('error:', fg='red')} {text}", err=True)
    raise typer.Exit(1)


def main() -> None:
    """Runs the command line; errors of the user's making are one line, not a traceback."""
    try:
        app()
    except (FairleadError, ChildError) as error:
        typer.echo(f"{typer.style('error:', fg='red')} {error}", err=True)
        sys.exit(1)
