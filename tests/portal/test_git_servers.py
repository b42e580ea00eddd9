"""A Git server and the Secret that opens it are changed as one."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr
from tests.kube.cluster import make_context, prepare, send

from fairlead import Context, Router, TRPCError, create_caller
from fairlead.devcluster import DevCluster
from fairlead.kube import Change, ChangeRule, Kube, StaleObject
from fairlead.kube.client import KubeRequest
from portal.resources import GitServer, Secret
from portal.resources.git_server import GitServerEdits
from portal.routers import GitServers
from portal.routers.git_servers import CredentialChanges, Credentials, NewGitServer

CRDS = Path(__file__).parents[2] / "apps/portal/cluster/crds"
SECRETS = "/api/v1/namespaces/team-a/secrets"
SERVERS = "/apis/v2.edp.epam.com/v1/namespaces/team-a/gitservers"
NOTHING = CredentialChanges()


class App(Router[Context]):
    git_servers: GitServers


@dataclass
class Portal:
    """The router, and what happens just before a Secret is changed."""

    kube: Kube
    servers: GitServers
    before_secret: Callable[[], Awaitable[None]] | None = None

    async def send(self, method: Any, path: str, body: Any = None) -> Any:
        return await send(self.kube.client, method, path, body)

    async def read_keys(self) -> dict[str, str]:
        data = (await self.send("GET", f"{SECRETS}/ci-git"))["data"]
        return {name: base64.b64decode(text).decode() for name, text in data.items()}


@pytest.fixture
async def portal() -> AsyncIterator[Portal]:
    async def ask(change: Change[Secret]) -> None:
        if change.before is not None and found.before_secret is not None:
            await found.before_secret()

    rule = ChangeRule(Secret, ask)
    async with (
        DevCluster() as cluster,
        Kube.from_kubeconfig(
            cluster.kubeconfig_path, identity="service", rules=[rule]
        ) as kube,
    ):
        app = create_caller(App, make_context(kube))
        found = Portal(kube, app.git_servers)
        await prepare(kube.client)
        definition = yaml.safe_load((CRDS / "gitservers.yaml").read_text())
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        await found.send("POST", path, definition)
        yield found


@pytest.fixture
async def server(portal: Portal) -> GitServer:
    return await portal.servers.connect(
        NewGitServer(
            name="git",
            namespace="team-a",
            host="git.example.com",
            provider="github",
            credentials=Credentials(ssh_key=SecretStr("k"), token=SecretStr("t")),
        )
    )


async def change(
    portal: Portal,
    server: GitServer,
    edits: GitServerEdits,
    credentials: CredentialChanges = NOTHING,
) -> GitServer:
    version = server.metadata.resource_version or ""
    return await portal.servers.change("git", version, edits, credentials, "team-a")


async def test_server_and_secret_are_changed_together(
    portal: Portal, server: GitServer
) -> None:
    credentials = CredentialChanges(token=SecretStr("new"))
    edits = GitServerEdits(host="code.example.com", user="robot")
    made = await change(portal, server, edits, credentials)
    assert made.spec.git_host == "code.example.com"
    assert made.spec.ssh_port == server.spec.ssh_port
    assert await portal.servers.get("git", "team-a") == made
    keys = await portal.read_keys()
    assert keys == {"id_rsa": "k", "token": "new", "username": "robot"}


async def test_a_secret_of_which_nothing_changes_is_left_alone(
    portal: Portal, server: GitServer
) -> None:
    async def fail() -> None:
        raise AssertionError("the Secret is written")

    portal.before_secret = fail
    made = await change(portal, server, GitServerEdits(ssh_port=2222, user="git"))
    assert made.spec.ssh_port == 2222


async def test_a_secret_that_cannot_be_changed_leaves_the_server_as_it_was(
    portal: Portal, server: GitServer
) -> None:
    await portal.send("DELETE", f"{SECRETS}/ci-git")
    with pytest.raises(TRPCError, match="Nothing was changed") as caught:
        await change(portal, server, GitServerEdits(user="robot"))
    assert caught.value.code == "NOT_FOUND"
    assert (await portal.servers.get("git", "team-a")).spec == server.spec


async def test_what_a_rule_refuses_of_the_secret_leaves_the_server_as_it_was(
    portal: Portal, server: GitServer
) -> None:
    async def refuse() -> None:
        # The operator tells of the new host in between: no reason to keep it.
        status = {"status": {"connected": False, "error": "no such host"}}
        await patch_server(portal, status, "/status")
        raise TRPCError("FORBIDDEN", "Keys are renewed on Mondays")

    portal.before_secret = refuse
    credentials = CredentialChanges(token=SecretStr("new"))
    with pytest.raises(TRPCError, match="could not be: Keys are") as caught:
        await change(portal, server, GitServerEdits(host="other"), credentials)
    assert caught.value.code == "FORBIDDEN"
    after = await portal.servers.get("git", "team-a")
    assert after.spec == server.spec
    assert after.status is not None
    assert after.status.error == "no such host"
    assert (await portal.read_keys())["token"] == "t"


async def test_somebody_elses_later_change_is_not_put_back(
    portal: Portal, server: GitServer
) -> None:
    async def refuse() -> None:
        await patch_server(portal, {"spec": {"sshPort": 2222}})
        raise TRPCError("FORBIDDEN", "Keys are renewed on Mondays")

    portal.before_secret = refuse
    credentials = CredentialChanges(token=SecretStr("new"))
    with pytest.raises(TRPCError, match="server was changed, but"):
        await change(portal, server, GitServerEdits(host="other"), credentials)
    spec = (await portal.servers.get("git", "team-a")).spec
    assert (spec.git_host, spec.ssh_port) == ("other", 2222)


async def test_a_change_in_between_is_a_conflict_and_touches_neither(
    portal: Portal, server: GitServer
) -> None:
    await patch_server(portal, {"spec": {"sshPort": 2222}})
    credentials = CredentialChanges(token=SecretStr("new"))
    with pytest.raises(StaleObject) as caught:
        await change(portal, server, GitServerEdits(host="other"), credentials)
    current = caught.value.current or {}
    assert '"sshPort": 2222' in json.dumps(current)
    assert (await portal.servers.get("git", "team-a")).spec.git_host != "other"
    assert (await portal.read_keys())["token"] == "t"


async def test_what_is_taken_away_must_not_be_required(
    portal: Portal, server: GitServer
) -> None:
    with pytest.raises(TRPCError, match="gitHost") as caught:
        await change(portal, server, GitServerEdits(host=None))
    assert caught.value.code == "BAD_REQUEST"


async def patch_server(portal: Portal, patch: object, subresource: str = "") -> None:
    client = portal.kube.client
    await client.send(
        KubeRequest(
            method="PATCH",
            path=f"{SERVERS}/git{subresource}",
            credentials=client.server_credentials,
            body=json.dumps(patch).encode(),
            content_type="application/merge-patch+json",
        )
    )
