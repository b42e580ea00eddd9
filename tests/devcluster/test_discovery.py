"""Discovery, OpenAPI, health: what clients ask before anything else."""

from __future__ import annotations

import pytest
from tests.devcluster.conftest import Api

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/", "APIVersions"),
        ("/apis/", "APIGroupList"),
        ("/apis/apps", "APIGroup"),
        ("/apis/apps/v1/", "APIResourceList"),
        ("/api/v1", "APIResourceList"),
    ],
)
async def test_legacy_discovery(api: Api, path: str, kind: str) -> None:
    assert (await api.get(path)).body["kind"] == kind


async def test_aggregated_discovery_names_its_type_and_can_be_cached(
    gadgets: Api,
) -> None:
    answer = await gadgets.ask(
        "GET", "/apis", headers={"Accept": f"{AGGREGATED},application/json"}
    )
    assert answer.headers["Content-Type"] == AGGREGATED
    group = next(
        item for item in answer.body["items"] if item["metadata"]["name"] == "demo.dev"
    )
    resource = group["versions"][0]["resources"][0]
    assert (resource["resource"], resource["shortNames"]) == ("gadgets", ["gd"])
    again = {"Accept": AGGREGATED, "If-None-Match": answer.headers["ETag"]}
    assert (await gadgets.ask("GET", "/apis", headers=again)).status == 304


async def test_openapi_documents_every_group_version(gadgets: Api) -> None:
    index = (await gadgets.get("/openapi/v3")).body["paths"]
    for entry in index.values():
        document = await gadgets.get(entry["serverRelativeURL"])
        assert document.body["openapi"] == "3.0.0"
    document = (await gadgets.get("/openapi/v3/apis/demo.dev/v1")).body
    item = document["paths"]["/apis/demo.dev/v1/namespaces/{namespace}/gadgets/{name}"]
    assert item["patch"]["x-kubernetes-group-version-kind"]["kind"] == "Gadget"
    assert "fieldValidation" in [
        parameter["name"] for parameter in item["patch"]["parameters"]
    ]
    spec = document["components"]["schemas"]["dev.demo.v1.Gadget"]["properties"]["spec"]
    assert spec["properties"]["color"]["enum"] == ["red", "green"]


async def test_every_reference_in_openapi_has_a_target(gadgets: Api) -> None:
    for entry in (await gadgets.get("/openapi/v3")).body["paths"].values():
        answer = await gadgets.get(entry["serverRelativeURL"])
        names = answer.body["components"]["schemas"]
        used = {
            part.split('"', 1)[0]
            for part in answer.text.split('"#/components/schemas/')[1:]
        }
        assert used <= set(names)


async def test_swagger_two_exists_for_generators(api: Api) -> None:
    assert (await api.get("/openapi/v2")).body["swagger"] == "2.0"


@pytest.mark.parametrize("path", ["/healthz", "/livez", "/readyz", "/readyz/ping"])
async def test_health_is_open_to_all(api: Api, path: str) -> None:
    asked = api if path.count("/") > 1 else api.as_user("")
    assert (await asked.get(path)).text == "ok"


async def test_version_and_verbose_health(api: Api) -> None:
    assert (await api.get("/version/")).body["minor"] == "32"
    assert "[+]ping ok" in (await api.get("/livez", verbose="")).text
    assert (await api.get("/healthz/")).status == 404
    assert "/apis/apps" in (await api.get("/")).body["paths"]
