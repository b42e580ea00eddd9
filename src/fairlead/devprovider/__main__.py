"""`python -m fairlead.devprovider`: the development provider as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import signal
import socket
import sys
from pathlib import Path

from aiohttp import web

from fairlead.devprovider.issuing import Issuer, Lifetimes, load_key
from fairlead.devprovider.personas import PERSONAS, PersonasError, read_personas
from fairlead.devprovider.server import NotLoopbackError, check_loopback, make_app


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        "fairlead.devprovider",
        description="An OpenID Connect provider for development: ready personas, no passwords.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=0, help="0 picks one")
    parser.add_argument("--data", type=Path, help="folder of the signing key")
    parser.add_argument("--personas", type=Path, help="YAML of other personas")
    parser.add_argument(
        "--token-seconds", type=float, default=300, help="life of access and ID tokens"
    )
    return parser


async def run(options: argparse.Namespace) -> None:
    """Run until SIGTERM or SIGINT; prints the issuer's address where nobody can know it."""
    check_loopback(options.host)
    personas = read_personas(options.personas) if options.personas else PERSONAS
    key = load_key(options.data / "identity-key.json" if options.data else None)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    issuer = Issuer(
        "",
        key,
        {persona.name: persona for persona in personas},
        Lifetimes(token=options.token_seconds),
    )
    runner = web.AppRunner(make_app(issuer), access_log=None)
    await runner.setup()
    try:
        # A port that was given may be held for us by who started us.
        shared = options.port != 0 and hasattr(socket, "SO_REUSEPORT")
        site = web.TCPSite(
            runner, options.host, options.port, reuse_port=shared or None
        )
        await site.start()
        port = runner.addresses[0][1]
        host = f"[{options.host}]" if ":" in options.host else options.host
        issuer.address = f"http://{host}:{port}"
        if options.port == 0:
            print(issuer.address, flush=True)
        await stop.wait()
    finally:
        await runner.cleanup()


def main() -> None:
    """The command."""
    try:
        asyncio.run(run(build_parser().parse_args()))
    except (NotLoopbackError, PersonasError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
