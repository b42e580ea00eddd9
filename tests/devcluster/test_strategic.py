from __future__ import annotations

from typing import Any

import pytest

from fairlead.devcluster.builtin_schemas import kind_schema
from fairlead.devcluster.errors import ApiError
from fairlead.devcluster.strategic import merge_object

POD = kind_schema("core.v1.Pod")


def _containers(*items: dict[str, Any]) -> dict[str, Any]:
    return {"spec": {"containers": list(items)}}


def test_lists_with_a_merge_key_merge_by_key() -> None:
    old = _containers({"name": "a", "image": "1"}, {"name": "b", "image": "1"})
    new = merge_object(
        old, _containers({"name": "b", "image": "2"}, {"name": "c"}), POD
    )
    assert new == _containers(
        {"name": "a", "image": "1"}, {"name": "b", "image": "2"}, {"name": "c"}
    )


def test_delete_and_replace_directives() -> None:
    old = _containers({"name": "a"}, {"name": "b"})
    assert merge_object(
        old, _containers({"name": "a", "$patch": "delete"}), POD
    ) == _containers({"name": "b"})
    replaced = merge_object(old, _containers({"$patch": "replace"}, {"name": "z"}), POD)
    assert replaced == _containers({"name": "z"})


def test_primitive_merge_lists_union_and_delete() -> None:
    old = {"metadata": {"finalizers": ["a.b/c"]}}
    added = merge_object(old, {"metadata": {"finalizers": ["a.b/d"]}}, POD)
    assert added == {"metadata": {"finalizers": ["a.b/d", "a.b/c"]}}
    less = merge_object(
        added, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a.b/c"]}}, POD
    )
    assert less == {"metadata": {"finalizers": ["a.b/d"]}}


def test_retain_keys_drops_the_others() -> None:
    assert merge_object(
        {"data": {"a": "1", "b": "2"}}, {"data": {"$retainKeys": ["b"], "b": "3"}}, None
    ) == {"data": {"b": "3"}}


def test_set_element_order_sorts() -> None:
    patch = _containers({"name": "b", "image": "2"})
    patch["spec"]["$setElementOrder/containers"] = [{"name": "b"}, {"name": "a"}]
    new = merge_object(_containers({"name": "a"}, {"name": "b"}), patch, POD)
    assert [item["name"] for item in new["spec"]["containers"]] == ["b", "a"]


def test_an_item_without_its_merge_key_is_refused() -> None:
    with pytest.raises(ApiError, match="does not contain declared merge key: name"):
        merge_object(_containers(), _containers({"image": "x"}), POD)
