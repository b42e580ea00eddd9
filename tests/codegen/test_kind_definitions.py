"""CustomResourceDefinitions from classes, accepted and enforced by a real API server."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

import aiohttp
import pytest
from pydantic import Field, JsonValue

from fairlead import Context, DefinitionError, Router
from fairlead.codegen.kind_definitions import (
    custom_resource_definition,
    custom_resource_definitions,
)
from fairlead.devcluster.cluster import DevCluster
from fairlead.kube import KubeModel, Resource, ResourceRouter

API = "/apis/kinds.example.com/v1/namespaces/default/samples"


class Part(KubeModel):
    """A part, made of parts."""

    name: Annotated[str, Field(min_length=2, pattern=r"^[a-z]+$")]
    parts: Annotated[list[Part], Field(default_factory=list)]


class SampleSpec(KubeModel):
    """What a sample holds."""

    size: Annotated[int, Field(gt=0, le=10)]
    ratio: float = 1.0
    mode: Literal["fast", "safe"] = "safe"
    only: Literal["this"] = "this"
    port: int | str = 80
    note: str | None = None
    tags: Annotated[list[str], Field(max_length=2, default_factory=list)]
    weights: Annotated[dict[str, int], Field(default_factory=dict)]
    pair: tuple[int, str] = (1, "a")
    anything: JsonValue = None
    mixed: int | list[int] | None = None
    part: Part | None = None


class SampleStatus(KubeModel):
    ready: bool = False


class Sample(
    Resource,
    group="kinds.example.com",
    version="v1",
    plural="samples",
    short_names=("smp",),
):
    """A sample of every kind of field."""

    spec: SampleSpec
    status: SampleStatus | None = None


class Plain(
    Resource, group="kinds.example.com", version="v1", plural="plains", namespaced=False
):
    spec: dict[str, str]


class Pod(Resource, group="", version="v1", plural="pods"):
    spec: dict[str, JsonValue]


class Samples(ResourceRouter[Sample]):
    pass


class Plains(ResourceRouter[Plain]):
    pass


class Pods(ResourceRouter[Pod]):
    pass


class Nested(Router[Context]):
    samples: Samples
    pods: Pods


class App(Router[Context]):
    nested: Nested
    plains: Plains


class Api:
    """The API server, as its administrator."""

    def __init__(self, cluster: DevCluster, session: aiohttp.ClientSession) -> None:
        self._base = cluster.url
        self._session = session
        self._headers = {"Authorization": f"Bearer {cluster.admin_token}"}

    async def post(self, path: str, body: object) -> tuple[int, Any]:
        async with self._session.post(
            self._base + path, json=body, headers=self._headers
        ) as answer:
            return answer.status, await answer.json()


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with DevCluster() as cluster:
        trusted = ssl.create_default_context(cafile=str(cluster.ca_path))
        connector = aiohttp.TCPConnector(ssl=trusted)
        async with aiohttp.ClientSession(connector=connector) as session:
            api = Api(cluster, session)
            for definition in custom_resource_definitions(App):
                status, answer = await api.post(
                    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
                    definition,
                )
                assert status == 201, answer
            yield api


def sample(name: str, **spec: JsonValue) -> dict[str, JsonValue]:
    return {
        "apiVersion": "kinds.example.com/v1",
        "kind": "Sample",
        "metadata": {"name": name},
        "spec": {"size": 1, **spec},
    }


def test_every_custom_kind_that_is_served_has_a_definition() -> None:
    found = custom_resource_definitions(App)
    assert [each["metadata"]["name"] for each in found] == [  # type: ignore[index, call-overload]
        "plains.kinds.example.com",
        "samples.kinds.example.com",
    ]


def test_built_in_kind_is_refused_with_the_cure() -> None:
    with pytest.raises(DefinitionError, match="needs a group with a dot"):
        custom_resource_definition(Pod)


async def test_objects_that_the_class_takes_are_taken(api: Api) -> None:
    full = sample(
        "full",
        size=10,
        ratio=0.5,
        mode="fast",
        only="this",
        port="http",
        note=None,
        tags=["a", "b"],
        weights={"a": 1},
        pair=[1, "a"],
        anything={"any": [1, None]},
        mixed=[1, 2],
        part={"name": "top", "parts": [{"name": "low", "parts": []}]},
    )
    for name, value in (("small", sample("small")), ("full", full)):
        status, answer = await api.post(API, value)
        assert status == 201, (name, answer)
        Sample.model_validate(answer)
    status, answer = await api.post(API, sample("again"))
    assert (
        answer["spec"]["mode"] == "safe"
    )  # the class's default, filled by the cluster


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("size", 0),
        ("size", 11),
        ("size", "1"),
        ("mode", "slow"),
        ("only", "that"),
        ("port", True),
        ("tags", ["a", "b", "c"]),
        ("tags", "a"),
        ("weights", {"a": "x"}),
        ("part", {"name": "A"}),
        ("part", {"name": "ok", "parts": "none"}),
        ("ratio", "much"),
    ],
)
async def test_objects_that_the_class_refuses_are_refused(
    api: Api, field: str, value: JsonValue
) -> None:
    status, answer = await api.post(API, sample("wrong", **{field: value}))
    assert status == 422, answer
    assert f"spec.{field}" in answer["message"]


async def test_cluster_scoped_kind_is_served_without_namespace(api: Api) -> None:
    status, answer = await api.post(
        "/apis/kinds.example.com/v1/plains",
        {
            "apiVersion": "kinds.example.com/v1",
            "kind": "Plain",
            "metadata": {"name": "one"},
            "spec": {"a": "b"},
        },
    )
    assert status == 201, answer
