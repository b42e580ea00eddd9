"""The development sign-in of `fairlead dev`: a provider with ready personas, as a child process."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from pathlib import Path

from fairlead.auth.loopback import is_loopback_host
from fairlead.auth.settings import DEV_ISSUER_VARIABLE
from fairlead.cli.processes import Child, keep_running
from fairlead.errors import DefinitionError

__all__ = ["reserve_port", "start_provider", "wants_provider"]

ADDRESS = "127.0.0.1"


def wants_provider(host: str) -> bool:
    """Is it of use: nothing is configured, and only this machine can reach the server."""
    configured = os.environ.get("OIDC_ISSUER") or os.environ.get("OIDC_PROVIDERS")
    return not configured and is_loopback_host(host)


async def start_provider(
    host: str, data: Path, seed: Path | None, stack: contextlib.AsyncExitStack
) -> None:
    """Starts it, and tells the application by the environment where it is.

    Raises:
        DefinitionError: other machines could reach the server.
    """
    if not is_loopback_host(host):
        raise DefinitionError(
            f"the development sign-in lets anybody in without a password, and --host {host} "
            "lets other machines reach it: use --host 127.0.0.1, or configure a provider "
            "(OIDC_ISSUER, OIDC_CLIENT_ID)"
        )
    port = reserve_port(stack)
    command = [sys.executable, "-m", "fairlead.devprovider", "--host", ADDRESS]
    command += ["--port", str(port), "--data", str(data)]
    personas = None if seed is None else seed / "personas.yaml"
    if personas is not None and personas.exists():
        command += ["--personas", str(personas)]
    # Not waited for: it is there long before the cluster, and asked only when somebody signs in.
    await stack.enter_async_context(
        keep_running(Child(name="sign-in", command=command))
    )
    os.environ[DEV_ISSUER_VARIABLE] = f"http://{ADDRESS}:{port}"


def reserve_port(stack: contextlib.ExitStack | contextlib.AsyncExitStack) -> int:
    """A free port that stays so, for others, until `stack` is left.

    Whoever shares it (SO_REUSEPORT) may listen there; nobody else is given it, as the dev
    cluster once was in the moment before the provider started.
    """
    holder = socket.socket()
    stack.callback(holder.close)
    if hasattr(socket, "SO_REUSEPORT"):
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind((ADDRESS, 0))
        port: int = holder.getsockname()[1]
        return port
    holder.bind((ADDRESS, 0))
    port = holder.getsockname()[1]
    holder.close()
    return port
