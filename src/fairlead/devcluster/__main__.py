"""`python -m fairlead.devcluster`: the dev cluster as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from fairlead.devcluster.authentication import StaticToken
from fairlead.devcluster.certificates import issue_apart
from fairlead.devcluster.cluster import DevCluster
from fairlead.devcluster.errors import DevClusterError
from fairlead.devcluster.memory import keep_small, settle


def parse_token(text: str) -> StaticToken:
    """Parse `NAME=TOKEN:group,group`."""
    name, equals, rest = text.partition("=")
    token, _, groups = rest.partition(":")
    if not name or not equals or not token:
        raise argparse.ArgumentTypeError(
            f"{name or 'the entry'} is not of the form NAME=TOKEN:group,group"
        )
    return StaticToken(
        name, token, tuple(group for group in groups.split(",") if group)
    )


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        "fairlead.devcluster",
        description="An embedded Kubernetes-compatible API server for development and tests.",
    )
    parser.add_argument(
        "--port", type=int, default=0, help="port on 127.0.0.1; 0 picks one"
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of all data")
    parser.add_argument(
        "--token",
        type=parse_token,
        action="append",
        default=[],
        metavar="NAME=TOKEN:group,group",
        help="a further user; may be repeated",
    )
    parser.add_argument(
        "--host", action="append", default=[], help="a further host name to answer for"
    )
    parser.add_argument(
        "--insecure", action="store_true", help="plain HTTP, everybody is administrator"
    )
    return parser


async def run(options: argparse.Namespace) -> None:
    """Run until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    cluster = DevCluster(
        options.data,
        port=options.port,
        tokens=options.token,
        hosts=options.host,
        insecure=options.insecure,
    )
    async with cluster:
        settle()
        if options.insecure:
            print(
                "WARNING: plain HTTP, every request without credentials is the administrator's",
                file=sys.stderr,
                flush=True,
            )
        print(
            f"dev cluster ready on {cluster.url} (kubeconfig: {cluster.kubeconfig_path})",
            flush=True,
        )
        await stop.wait()


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    options = build_parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s"
    )
    keep_small()
    issue_apart(options.data, tuple(options.host))
    try:
        _run_loop(options)
    except DevClusterError as exc:
        print(f"error: {exc}", file=sys.stderr)
        return 1
    return 0


def _run_loop(options: argparse.Namespace) -> None:
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        asyncio.run(run(options))
    else:
        uvloop.run(run(options))


if __name__ == "__main__":
    sys.exit(main())
