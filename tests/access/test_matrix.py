"""Every procedure of the portal, as every persona, through the real wire, against the table."""

from __future__ import annotations

import asyncio
import copy
import json
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvicorn
from tests.access.matrix import FILE, PERSONAS, PLACES, Table, Wire

import portal.app
from fairlead import Request, User
from fairlead.auth import SignIn
from fairlead.devcluster import DevCluster
from fairlead.kube import Kube
from fairlead.kube.client import KubeRequest
from fairlead.kube.resource import ResourceInfo
from fairlead.kube.urls import get_collection_path
from portal.account import PERSONAS as USERS

ROOT = Path(__file__).parents[2]
PROCEDURES = portal.app.app.runtime.procedures


class HeaderPersona:
    """Signs in whom the test names; the rights are the cluster's."""

    async def authenticate(self, request: Request) -> User | None:
        return USERS.get(request.headers["x-persona"])


def test_the_table_has_every_procedure_and_no_other() -> None:
    table = Table.read()
    missing = [path for path in PROCEDURES if path not in table.procedures]
    assert not missing, (
        f"{FILE.name} does not say who may call these: add a line for each under "
        "`procedures`, and what to send under `inputs` where no entry there fits:\n"
        + "\n".join(f"  {path}: [admin]" for path in missing)
    )
    gone = [path for path in table.procedures if path not in PROCEDURES]
    assert not gone, f"{FILE.name} names procedures that are gone: {gone}"


@pytest.fixture
async def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """The portal on a dev cluster with the portal's own seed."""
    monkeypatch.setenv("FAIRLEAD_DATA", str(tmp_path))
    monkeypatch.setenv("FAIRLEAD_DEV_ISSUER", "http://127.0.0.1:1")  # nobody signs in
    sign_in = portal.app.app.services.get(SignIn)
    async with DevCluster() as cluster, sign_in:
        target = ["--kubeconfig", str(cluster.kubeconfig_path)]
        seeding = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "fairlead.simulation", *target),
            *("seed", str(ROOT / "apps/portal/cluster")),
        )
        assert await seeding.wait() == 0
        monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig_path))
        app = portal.app.app
        monkeypatch.setattr(app.runtime, "authenticator", HeaderPersona())
        # asyncio turns off Nagle's algorithm only where the protocol is named: 40 ms a call.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.bind(("127.0.0.1", 0))
        with listener:
            # Without the lifespan: the page need not be built for this.
            config = uvicorn.Config(app, log_level="critical", lifespan="off")
            server = uvicorn.Server(config)
            task = asyncio.create_task(server.serve(sockets=[listener]))
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            server.should_exit = True
            await task
        await app.services.get(Kube).aclose()


async def find_objects(router: type, place: str) -> dict[str, object]:
    """For routers of a kind: one of its objects there, and the same as a new one."""
    resource = getattr(router, "resource", None)
    if resource is None:
        return {}
    info: ResourceInfo = resource.__resource__
    client = portal.app.app.services.get(Kube).client
    path = get_collection_path(info, place if info.namespaced else None)
    request = KubeRequest(
        method="GET", path=path, credentials=client.server_credentials
    )
    found: list[Any] = json.loads(await client.send(request))["items"]
    named = [item for item in found if item["metadata"]["name"] == place]
    assert found, f"the portal's seed has no {info.kind} in {place}"
    existing = (named or found)[0]
    existing |= {"apiVersion": info.api_version, "kind": info.kind}
    metadata = {"name": "made-by-a-test", "labels": existing["metadata"].get("labels")}
    if info.namespaced:
        metadata["namespace"] = place
    new = copy.deepcopy(existing) | {"metadata": metadata}
    new.pop("status", None)
    return {"object": existing, "newObject": new}


async def test_nothing_is_reachable_that_the_table_does_not_allow(url: str) -> None:
    table = Table.read()
    wrong: list[str] = []
    objects: dict[tuple[type, str], dict[str, object]] = {}
    async with aiohttp.ClientSession() as session:
        wires = {name: Wire(url, name, session) for name in PERSONAS}
        for path, procedure in PROCEDURES.items():
            for place in PLACES:
                key = (procedure.router, place)
                if key not in objects:
                    objects[key] = await find_objects(*key)
                values = {"namespace": place, **objects[key]}
                value = table.get_input(path, values)
                allowed = table.get_allowed(path, place)
                for name, wire in wires.items():
                    denial = "UNAUTHORIZED" if name == "anonymous" else "FORBIDDEN"
                    expected = "allowed" if name in allowed else denial
                    found = await wire.call(procedure, value)
                    if found != expected:
                        wrong.append(f"{path} in {place} as {name}: {found}, not {expected}")  # fmt: skip
    assert not wrong, "\n".join(
        [*wrong, f"({len(wrong)} calls; the table is {FILE.name})"]
    )
