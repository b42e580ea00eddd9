from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel
from tests.codegen.sample_app import App
from tests.codegen.test_hooks import App as ResourceApp

from fairlead import Context, Deferred, Router, public, query
from fairlead.codegen.openapi import openapi, openapi_page


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi(App, title="Sample <app>")


@pytest.mark.parametrize("app", [App, ResourceApp])
def test_document_is_valid(app: type[Any]) -> None:
    OpenAPIV31SpecValidator(openapi(app, title="Sample")).validate()


def test_queries_are_get_and_mutations_post(document: dict[str, Any]) -> None:
    paths = document["paths"]
    assert list(paths["/trpc/pods.list"]) == ["get"]
    assert list(paths["/trpc/pods.create"]) == ["post"]
    (parameter,) = paths["/trpc/pods.list"]["get"]["parameters"]
    assert (parameter["name"], parameter["required"]) == ("input", True)
    assert paths["/trpc/pods.list"]["get"]["deprecated"] is True
    assert paths["/trpc/hello"]["get"]["summary"] == "Says hello."


def test_streams_are_left_out(document: dict[str, Any]) -> None:
    assert "/trpc/pods.watch" not in document["paths"]
    assert "/trpc/pods.logs" not in document["paths"]


def test_definitions_have_readable_names(document: dict[str, Any]) -> None:
    names = list(document["components"]["schemas"])
    assert "PodInput" in names
    assert "Pod" in names
    assert all(name.isalnum() for name in names)


def test_page_escapes_and_loads_nothing(document: dict[str, Any]) -> None:
    page = openapi_page(document)
    assert "<h1>Sample &lt;app&gt;</h1>" in page
    assert "pods.list" in page
    assert "src=" not in page
    assert "href=" not in page


class Slow(BaseModel):
    """A result with a part that comes later."""

    later: Deferred[int]


class Late(Router[Context]):
    @query(access=public)
    async def slow(self) -> Slow:
        raise NotImplementedError

    @query(access=public)
    async def quick(self) -> int:
        return 1


def test_results_with_parts_that_come_later_are_left_out() -> None:
    assert list(openapi(Late, title="Late")["paths"]) == ["/trpc/quick"]
