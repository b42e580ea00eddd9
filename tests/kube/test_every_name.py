"""No procedure of any router lets a name or namespace reach another resource."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from tests.asgi.harness import Socket
from tests.kube.apiserver import ApiServer

from fairlead import Context, Fairlead, Request, Router, User
from fairlead.access import Decision, Engine, ResourceAttributes
from fairlead.kube import (
    DeploymentRouter,
    Kube,
    KubeModel,
    PodRouter,
    Resource,
    StatefulSetRouter,
    View,
    ViewRouter,
)


class Pod(Resource, group="", version="v1", plural="pods"):
    """What runs."""


class Scale(KubeModel):
    replicas: int = 1


class Deployment(Resource, group="apps", version="v1", plural="deployments"):
    """What should run."""

    spec: Scale


class StatefulSet(Resource, group="apps", version="v1", plural="statefulsets"):
    """What should run, and stay."""

    spec: Scale


class PodRow(View[Pod]):
    """A line of a table."""

    @classmethod
    def of(cls, source: Pod) -> PodRow:
        del source
        return cls()


class PodRows(ViewRouter[Pod, PodRow]):
    """The table."""


class Pods(PodRouter[Pod]):
    rows: PodRows


class Deployments(DeploymentRouter[Deployment]):
    """All that deployments can do."""


class StatefulSets(StatefulSetRouter[StatefulSet]):
    """All that stateful sets can do."""


class App(Router[Context]):
    pods: Pods
    deployments: Deployments
    stateful_sets: StatefulSets


class Anybody(Engine):
    async def review(
        self, request: Request, attributes: ResourceAttributes
    ) -> Decision:
        del request
        return Decision(allowed=True, right=attributes)


class Ann:
    async def authenticate(self, request: Request) -> User:
        del request
        return User(name="ann")


@pytest.fixture
async def app(api: ApiServer) -> AsyncIterator[Fairlead]:
    async with Kube(api.config, identity="service") as kube:
        yield Fairlead(App, kube=kube, auth=Ann(), services=[Anybody()])


NAMES = ["", ".", "..", "a/b", "../../x", "a?b=c", "a#b", "a%2fb", "x" * 254, "a\nb"]
NAMESPACES = ["", "..", "a/b", "A", "a?b", "kube-system/secrets", "a%2e"]

# Only told to the cluster in the body of a review, or of an object that it judges itself.
IN_BODIES = {"create", "permissions", "permissionsOf", "watchPermissions"}
NAMELESS = {"list", "watch", "rows.list", "rows.watch"}
# They name a command, found in this process.
COMMANDS = {"execInput", "execResize", "execEnd"}

FIELDS: dict[str, dict[str, Any]] = {
    "patch": {"patch": {}},
    "jsonPatch": {"operations": [{"op": "remove", "path": "/spec"}]},
    "scale": {"replicas": 1},
    "rollback": {"revision": 1},
}


def make_input(path: str, name: str, namespace: str) -> dict[str, Any]:
    deed = path.partition(".")[2]
    metadata = {"name": name, "namespace": namespace}
    if deed in {"update", "serverSideApply"}:
        object_ = {"metadata": {**metadata, "resourceVersion": "1"}, "spec": {}}
        return {"object": object_}
    if deed == "deleteMany":
        return {"items": [metadata]}
    if deed in NAMELESS:
        return {"namespace": namespace}
    return {**metadata, **FIELDS.get(deed, {})}


def get_paths(app: Fairlead) -> list[str]:
    return [
        path
        for path in app.runtime.procedures
        if path.partition(".")[2] not in IN_BODIES | COMMANDS
    ]


async def refuse(app: Fairlead, path: str, value: object) -> str:
    """What a call is refused with; of several objects, the first."""
    socket = Socket(app)
    kind = app.runtime.procedures[path].kind
    params = {"path": path, "input": value}
    socket.say({"id": 1, "method": kind, "params": params})
    try:
        while True:
            answer = await socket.hear()
            if "error" in answer:
                return str(answer["error"]["data"]["code"])
            result = answer["result"]
            if result.get("type") == "started":
                continue
            data = result.get("data")
            if not isinstance(data, list):
                return f"{answer}"
            return str(cast("list[dict[str, object]]", data)[0]["code"])
    finally:
        await socket.leave()


async def test_no_name_reaches_anything_else(app: Fairlead, api: ApiServer) -> None:
    named = [path for path in get_paths(app) if path.partition(".")[2] not in NAMELESS]
    assert len(named) > 25
    for path in named:
        for name in NAMES:
            code = await refuse(app, path, make_input(path, name, "a"))
            assert code == "BAD_REQUEST", f"{path} took the name {name!r}"
    assert api.requests == []


async def test_no_namespace_reaches_anything_else(
    app: Fairlead, api: ApiServer
) -> None:
    for path in get_paths(app):
        for namespace in NAMESPACES:
            code = await refuse(app, path, make_input(path, "x", namespace))
            assert code == "BAD_REQUEST", f"{path} took the namespace {namespace!r}"
    assert api.requests == []


async def test_a_name_that_is_one_goes_through(app: Fairlead, api: ApiServer) -> None:
    code = await refuse(app, "pods.get", {"name": "x", "namespace": "a"})
    assert code == "NOT_FOUND"  # there, not here
    assert [request.path for _, request in api.requests] == [
        "/api/v1/namespaces/a/pods/x"
    ]
