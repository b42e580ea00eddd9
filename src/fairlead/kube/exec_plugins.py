"""Exec plugins (`client.authentication.k8s.io`): commands that print credentials."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from datetime import datetime

import msgspec

from fairlead.kube.errors import KubeConfigError
from fairlead.kube.kubeconfig import ClusterConfig, ExecPlugin

__all__ = ["PluginStatus", "run_plugin"]


class PluginStatus(msgspec.Struct, frozen=True, rename="camel"):
    """What an exec plugin prints."""

    token: str = ""
    client_certificate_data: str = ""
    client_key_data: str = ""
    expiration_timestamp: datetime | None = None

    @property
    def seconds_left(self) -> float:
        """How long it is good for; plugins that do not say are asked once."""
        if self.expiration_timestamp is None:
            return float("inf")
        now = datetime.now(self.expiration_timestamp.tzinfo)
        return (self.expiration_timestamp - now).total_seconds()


class _ExecCredential(msgspec.Struct, frozen=True):
    status: PluginStatus


async def run_plugin(plugin: ExecPlugin, config: ClusterConfig) -> PluginStatus:
    """Runs an exec plugin; what it prints on stderr is the server's log, not an answer.

    Raises:
        KubeConfigError: it is not installed, fails, takes too long, or prints no credential.
    """
    process = await _start(plugin, config)
    try:
        async with asyncio.timeout(plugin.patience):
            printed, _ = await process.communicate()
    except TimeoutError as error:
        raise KubeConfigError(
            f"the exec plugin {plugin.command!r} took longer than {plugin.patience:g} s"
        ) from error
    finally:
        if process.returncode is None:
            await _kill(process)
    if process.returncode != 0:
        raise KubeConfigError(
            f"the exec plugin {plugin.command!r} failed with exit code "
            f"{process.returncode}; its stderr says why"
        )
    try:
        status = msgspec.json.decode(printed, type=_ExecCredential).status
    except msgspec.DecodeError as error:
        raise KubeConfigError(
            f"the exec plugin {plugin.command!r} printed no ExecCredential: {error}"
        ) from None
    if not (
        status.token or (status.client_certificate_data and status.client_key_data)
    ):
        raise KubeConfigError(
            f"the exec plugin {plugin.command!r} printed an ExecCredential with neither a "
            "token nor a client certificate and its key"
        )
    return status


async def _start(plugin: ExecPlugin, config: ClusterConfig) -> Process:
    spec: dict[str, object] = {"interactive": False}
    if plugin.provide_cluster_info:
        cluster: dict[str, object] = {"server": config.server}
        if config.ca:
            cluster["certificate-authority-data"] = base64.b64encode(config.ca).decode()
        spec["cluster"] = cluster
    info = {"apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": spec}
    env = {
        **os.environ,
        **plugin.env,
        "KUBERNETES_EXEC_INFO": msgspec.json.encode(info).decode(),
    }
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            plugin.command,
            *plugin.args,
            env=env,
            stdin=DEVNULL,
            stdout=PIPE,
            start_new_session=True,
        )
    )
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        # asyncio itself would end the command alone, and not what it has started.
        with suppress(OSError):
            await _kill(await starting)
        raise
    except OSError as error:
        hint = f" {plugin.install_hint}" if plugin.install_hint else ""
        raise KubeConfigError(
            f"the exec plugin {plugin.command!r} cannot be run: {error}.{hint}"
        ) from error


async def _kill(process: Process) -> None:
    """Ends it with all that it has started: a child that lives on would keep its output open."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(TimeoutError):
        async with asyncio.timeout(1):
            await process.wait()
