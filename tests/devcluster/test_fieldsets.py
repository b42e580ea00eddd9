from __future__ import annotations

from typing import Any

from fairlead.devcluster import fieldsets as sets
from fairlead.devcluster.schema import compile_structural

SCHEMA = compile_structural(
    {
        "type": "object",
        "properties": {
            "color": {"type": "string"},
            "tags": {
                "type": "array",
                "x-kubernetes-list-type": "set",
                "items": {"type": "string"},
            },
            "atoms": {"type": "array", "items": {"type": "string"}},
            "ports": {
                "type": "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
                "items": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string"},
                        "port": {"type": "integer"},
                    },
                },
            },
        },
    }
)
VALUE: dict[str, Any] = {
    "color": "red",
    "tags": ["t"],
    "atoms": ["x"],
    "ports": [{"name": "a", "port": 1}],
}


def test_applied_fields_are_leaves_and_list_items() -> None:
    assert sets.owned_by_apply(VALUE, SCHEMA) == {
        "f:color": {},
        "f:tags": {'v:"t"': {}},
        "f:atoms": {},
        "f:ports": {'k:{"name":"a"}': {".": {}, "f:name": {}, "f:port": {}}},
    }


def test_union_and_difference_are_inverse_on_disjoint_sets() -> None:
    left: sets.FieldSet = {"f:a": {}, "f:m": {"f:x": {}}}
    right: sets.FieldSet = {"f:m": {"f:y": {}}, "f:b": {}}
    both = sets.union(left, right)
    assert both == {"f:a": {}, "f:m": {"f:x": {}, "f:y": {}}, "f:b": {}}
    assert sets.difference(both, right) == left


def test_intersection_keeps_common_members_only() -> None:
    left: sets.FieldSet = {"f:m": {".": {}, "f:x": {}}, "f:a": {}}
    right: sets.FieldSet = {"f:m": {"f:x": {}, "f:y": {}}}
    assert sets.intersection(left, right) == {"f:m": {"f:x": {}}}


def test_changed_and_removed_compare_item_by_item() -> None:
    new = {"color": "red", "ports": [{"name": "a", "port": 2}, {"name": "b"}]}
    assert sets.changed(VALUE, new, SCHEMA) == {
        "f:ports": {
            'k:{"name":"a"}': {"f:port": {}},
            'k:{"name":"b"}': {".": {}, "f:name": {}},
        }
    }
    assert sets.removed(VALUE, new, SCHEMA) == {"f:tags": {}, "f:atoms": {}}


def test_paths_are_shown_as_in_messages() -> None:
    fields = sets.owned_by_apply(VALUE, SCHEMA)
    assert list(sets.paths(fields)) == [
        ".atoms",
        ".color",
        '.ports[name="a"]',
        '.ports[name="a"].name',
        '.ports[name="a"].port',
        '.tags[="t"]',
    ]


def test_removing_fields_takes_items_and_empty_parents() -> None:
    value = {"color": "red", "ports": [{"name": "a"}]}
    sets.remove_fields(
        value, {"f:ports": {'k:{"name":"a"}': {".": {}, "f:name": {}}}}, SCHEMA
    )
    assert value == {"color": "red"}
