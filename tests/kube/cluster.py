"""What the tests put into a dev cluster: a kind, users with rights, and objects."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

from fairlead import Context, Request, Services, User
from fairlead.devcluster import StaticToken
from fairlead.kube import Kube, KubeModel, ObjectMeta, Resource
from fairlead.kube.client import KubeClient, KubeRequest, Method

T = TypeVar("T")


class WidgetSpec(KubeModel):
    size: int = 1
    color: str | None = None


class WidgetStatus(KubeModel):
    phase: str | None = None


class Widget(Resource, group="example.com", version="v1", plural="widgets"):
    """A thing of the tests."""

    spec: WidgetSpec
    status: WidgetStatus | None = None


class ConfigMap(Resource, group="", version="v1", plural="configmaps"):
    """A built-in kind: its lists leave out kind and apiVersion."""

    data: dict[str, str] | None = None


TOKENS = [
    StaticToken("ann", "ann-token", ("editors",)),
    StaticToken("bob", "bob-token", ()),
]

_SCHEMA = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "properties": {
                "size": {"type": "integer", "minimum": 0, "maximum": 1_000_000},
                "color": {"type": "string"},
            },
        },
        "status": {"type": "object", "properties": {"phase": {"type": "string"}}},
    },
}

CRD: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": _SCHEMA},
                "subresources": {"status": {}},
            }
        ],
    },
}


async def send(client: KubeClient, method: Method, path: str, body: Any = None) -> Any:
    """One request as the administrator."""
    answer = await client.send(
        KubeRequest(
            method=method,
            path=path,
            credentials=client.server_credentials,
            body=None if body is None else json.dumps(body).encode(),
        )
    )
    return json.loads(answer)


RBAC = "/apis/rbac.authorization.k8s.io/v1"


async def grant(
    client: KubeClient,
    user: str,
    verbs: list[str],
    namespace: str | None = None,
    resource: tuple[str, str] = ("example.com", "widgets"),
) -> None:
    """Gives a user rights on a kind, in one namespace or in all."""
    kind, where = (
        ("Role", f"/namespaces/{namespace}") if namespace else ("ClusterRole", "")
    )
    group, plural = resource
    name = f"{user}-{plural}-{'-'.join(verbs)}".replace("*", "all").replace("/", "-")
    rules = [{"apiGroups": [group], "resources": [plural], "verbs": verbs}]
    meta = {"name": name, **({"namespace": namespace} if namespace else {})}
    await send(
        client,
        "POST",
        f"{RBAC}{where}/{kind.lower()}s",
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": kind,
            "metadata": meta,
            "rules": rules,
        },
    )
    await send(
        client,
        "POST",
        f"{RBAC}{where}/{kind.lower()}bindings",
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": f"{kind}Binding",
            "metadata": meta,
            "subjects": [
                {"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}
            ],
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": kind,
                "name": name,
            },
        },
    )


async def prepare(client: KubeClient, *more: str) -> None:
    """The kind, and two namespaces or more."""
    await send(
        client, "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", CRD
    )
    for name in ("team-a", "team-b", *more):
        await send(
            client,
            "POST",
            "/api/v1/namespaces",
            {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": name}},
        )


@asynccontextmanager
async def opened(events: AsyncIterator[T]) -> AsyncGenerator[AsyncIterator[T]]:
    """A subscription that is closed at the end."""
    try:
        yield events
    finally:
        await cast("AsyncGenerator[T]", events).aclose()


def make_widget(name: str, size: int = 1, namespace: str = "team-a") -> Widget:
    return Widget(
        metadata=ObjectMeta(name=name, namespace=namespace), spec=WidgetSpec(size=size)
    )


def make_context(kube: Kube, user: str | None = "admin") -> Context:
    """A call's context: of a user, or of nobody."""
    groups = ("system:masters",) if user == "admin" else ()
    who = None if user is None else User(name=user, groups=groups)
    return Context(request=Request(user=who, services=Services(kube)))
