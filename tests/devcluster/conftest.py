"""A running cluster and a plain HTTP client for it."""

from __future__ import annotations

import io
import json
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from fairlead.devcluster import DevCluster, Limits, StaticToken

CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
CONFIGMAPS = "/api/v1/namespaces/default/configmaps"
GADGETS = "/apis/demo.dev/v1/namespaces/default/gadgets"
RBAC = "/apis/rbac.authorization.k8s.io/v1"


@dataclass(frozen=True)
class Answer:
    """One answer: status, headers, text, and the decoded body."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)


def _encoded(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


class Api:
    """Asks one cluster as one user."""

    def __init__(
        self, cluster: DevCluster, token: str, session: aiohttp.ClientSession
    ) -> None:
        self.cluster = cluster
        self._token = token
        self.session = session

    def as_user(self, token: str) -> Api:
        return Api(self.cluster, token, self.session)

    def headers(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        found = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        return {**found, **(more or {})}

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        media: str = "application/json",
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Answer:
        data = None if body is None else io.BytesIO(_encoded(body))
        sent = self.headers({"Content-Type": media, **(headers or {})})
        async with self.session.request(
            method, self.cluster.url + path, data=data, headers=sent, params=params
        ) as answer:
            text = (await answer.read()).decode(errors="replace")
            return Answer(answer.status, answer.headers, text)

    async def get(self, path: str, **params: str) -> Answer:
        return await self.ask("GET", path, params=params)

    async def post(self, path: str, body: Any, **params: str) -> Answer:
        return await self.ask("POST", path, body, params=params)

    async def put(self, path: str, body: Any, **params: str) -> Answer:
        return await self.ask("PUT", path, body, params=params)

    async def delete(self, path: str, body: Any = None, **params: str) -> Answer:
        return await self.ask("DELETE", path, body, params=params)

    async def merge(self, path: str, body: Any, **params: str) -> Answer:
        media = "application/merge-patch+json"
        return await self.ask("PATCH", path, body, media=media, params=params)

    async def apply(self, path: str, body: Any, manager: str, **params: str) -> Answer:
        media = "application/apply-patch+yaml"
        wanted = {"fieldManager": manager, **params}
        return await self.ask("PATCH", path, body, media=media, params=wanted)

    async def watch(
        self, path: str, *, accept: str = "application/json", **params: str
    ) -> AsyncIterator[dict[str, Any]]:
        async with self.session.get(
            self.cluster.url + path,
            params={"watch": "true", **params},
            headers=self.headers({"Accept": accept}),
        ) as answer:
            async for line in answer.content:
                yield json.loads(line)

    async def collect(
        self, path: str, count: int, **params: str
    ) -> list[tuple[str, str]]:
        """Return the first events of a watch as (type, name)."""
        found: list[tuple[str, str]] = []
        async for event in self.watch(path, **params):
            found.append(
                (event["type"], event["object"].get("metadata", {}).get("name", ""))
            )
            if len(found) == count:
                break
        return found


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name},
        "data": data,
    }


def gadget(name: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "demo.dev/v1",
        "kind": "Gadget",
        "metadata": {"name": name},
        "spec": {"color": "red", **spec},
    }


def gadget_crd(**version: Any) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": ["spec"],
        "properties": {
            "spec": {
                "type": "object",
                "required": ["color"],
                "properties": {
                    "color": {"type": "string", "enum": ["red", "green"]},
                    "replicas": {"type": "integer", "default": 1, "maximum": 10},
                    "note": {"type": "string", "nullable": True},
                    "ports": {
                        "type": "array",
                        "x-kubernetes-list-type": "map",
                        "x-kubernetes-list-map-keys": ["name"],
                        "items": {
                            "type": "object",
                            "required": ["name"],
                            "properties": {
                                "name": {"type": "string"},
                                "port": {"type": "integer"},
                            },
                        },
                    },
                },
            },
            "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        },
    }
    entry = {
        "name": "v1",
        "served": True,
        "storage": True,
        "subresources": {
            "status": {},
            "scale": {
                "specReplicasPath": ".spec.replicas",
                "statusReplicasPath": ".status.replicas",
            },
        },
        "selectableFields": [{"jsonPath": ".spec.color"}],
        "additionalPrinterColumns": [
            {"name": "Color", "type": "string", "jsonPath": ".spec.color"}
        ],
        "schema": {"openAPIV3Schema": schema},
        **version,
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "gadgets.demo.dev"},
        "spec": {
            "group": "demo.dev",
            "scope": "Namespaced",
            "names": {"plural": "gadgets", "kind": "Gadget", "shortNames": ["gd"]},
            "versions": [entry],
        },
    }


@pytest.fixture
async def cluster() -> AsyncIterator[DevCluster]:
    tokens = [
        StaticToken("alice", "alice-token", ("devs",)),
        StaticToken("bob", "bob-token", ("devs", "ops")),
    ]
    limits = Limits(
        future_wait_seconds=0.1, bookmark_seconds=0.2, pod_grace_seconds=0.0
    )
    async with DevCluster(tokens=tokens, limits=limits) as running:
        yield running


@asynccontextmanager
async def asking(cluster: DevCluster) -> AsyncGenerator[Api, None]:
    """Yield the administrator's client of a cluster."""
    trusted = ssl.create_default_context(cafile=str(cluster.ca_path))
    connector = aiohttp.TCPConnector(ssl=trusted)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Api(cluster, cluster.admin_token, session)


@pytest.fixture
async def api(cluster: DevCluster) -> AsyncIterator[Api]:
    async with asking(cluster) as client:
        yield client


@pytest.fixture
async def gadgets(api: Api) -> Api:
    """The client, with the Gadget definition established."""
    answer = await api.post(CRD, gadget_crd())
    assert answer.status == 201, answer.text
    return api
