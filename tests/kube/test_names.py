"""Names that reach a URL, and those that must not."""

import pytest

from fairlead import TRPCError
from fairlead.kube import Resource
from fairlead.kube.names import check_name, check_namespace, check_selector
from fairlead.kube.resource import get_info
from fairlead.kube.urls import get_collection_path, get_object_path, to_query


class Widget(Resource, group="example.com", version="v1", plural="widgets"):
    """Namespaced."""


class Zone(Resource, group="", version="v1", plural="zones", namespaced=False):
    """Cluster-scoped, in the core group."""


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "a/b",
        "../secrets/s",
        "a?x=1",
        "a#b",
        "a%2fb",
        "a b",
        "-a",
        "a\n",
        "x" * 254,
    ],
)
def test_a_name_that_would_reach_something_else_is_refused(name: str) -> None:
    with pytest.raises(TRPCError, match="is no name of an object") as caught:
        check_name(name)
    assert caught.value.code == "BAD_REQUEST"


@pytest.mark.parametrize(
    "name", ["a", "build-1.2", "system:node", "Admin_2", "x" * 253]
)
def test_names_that_kubernetes_has_are_accepted(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    "namespace", ["", "a.b", "A", "a/..", "..", "-a", "a-", "x" * 64]
)
def test_a_namespace_that_is_none_is_refused(namespace: str) -> None:
    with pytest.raises(TRPCError, match="is no namespace"):
        check_namespace(namespace)


def test_selectors_are_bounded() -> None:
    assert check_selector("  ") is None
    assert check_selector(" a=b ") == "a=b"
    with pytest.raises(TRPCError, match="longer than"):
        check_selector("x" * 5000)
    with pytest.raises(TRPCError, match="control characters"):
        check_selector("a=b\r\nX: y")


def test_paths_of_groups_core_namespaces_and_subresources() -> None:
    widget, zone = get_info(Widget), get_info(Zone)
    assert get_collection_path(widget, None) == "/apis/example.com/v1/widgets"
    assert (
        get_object_path(widget, "w", "ns", "status")
        == "/apis/example.com/v1/namespaces/ns/widgets/w/status"
    )
    assert get_object_path(zone, "system:a", None) == "/api/v1/zones/system%3Aa"


def test_a_missing_or_needless_namespace_is_refused() -> None:
    with pytest.raises(TRPCError, match="say which namespace"):
        get_object_path(get_info(Widget), "w", None)
    with pytest.raises(TRPCError, match="cluster-scoped"):
        get_collection_path(get_info(Zone), "ns")
    with pytest.raises(TRPCError, match="is no subresource"):
        get_object_path(get_info(Widget), "w", "ns", "../x")


def test_queries_leave_out_what_is_none_and_quote_the_rest() -> None:
    query = to_query({"watch": True, "limit": None, "labelSelector": "a in (b,c)"})
    assert query == "watch=true&labelSelector=a%20in%20%28b%2Cc%29"
