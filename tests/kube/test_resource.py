"""Resource classes: their place, their wire form, what they keep."""

import json
import types
from typing import Any

import pytest
from pydantic import TypeAdapter

from fairlead import DefinitionError
from fairlead.codegen.annotate import AnnotatedJsonSchema
from fairlead.kube import KubeModel, ObjectMeta, Resource
from fairlead.kube.drafts import get_draft_model
from fairlead.kube.resource import get_info


class WidgetSpec(KubeModel):
    git_url: str
    size: int = 1
    note: str | None = None


class WidgetStatus(KubeModel):
    phase: str | None = None


class Widget(
    Resource,
    group="example.com",
    version="v1",
    plural="widgets",
    short_names=("w",),
    labels={"owner": "example.com/owner"},
):
    """A thing."""

    spec: WidgetSpec
    status: WidgetStatus | None = None


def test_a_resource_says_where_it_is_kept() -> None:
    info = get_info(Widget)
    assert (info.api_version, info.kind, info.singular) == (
        "example.com/v1",
        "Widget",
        "widget",
    )
    assert info.qualified_plural == "widgets.example.com"
    assert info.labels == {"owner": "example.com/owner"}


def test_type_and_kind_fill_themselves_in_and_accept_no_others() -> None:
    widget = Widget(metadata=ObjectMeta(name="a"), spec=WidgetSpec(git_url="u"))
    assert (widget.api_version, widget.kind) == ("example.com/v1", "Widget")
    with pytest.raises(ValueError, match="kind"):
        Widget.model_validate({**widget.model_dump(by_alias=True), "kind": "Other"})


def test_unknown_fields_survive_a_round_trip() -> None:
    wire = {
        "apiVersion": "example.com/v1",
        "kind": "Widget",
        "metadata": {
            "name": "a",
            "uid": "1",
            "resourceVersion": "2",
            "managedFields": [{"manager": "m"}],
            "creationTimestamp": "2026-01-02T03:04:05Z",
        },
        "spec": {"gitUrl": "u", "size": 1, "newField": {"deepKey": [1]}},
        "status": {"observedGeneration": 3},
    }
    assert Widget.from_wire(json.dumps(wire).encode()).to_wire() == wire


def test_what_only_the_cluster_fills_is_not_sent_empty() -> None:
    widget = Widget(
        metadata=ObjectMeta(generate_name="a-"), spec=WidgetSpec(git_url="u")
    )
    assert widget.to_wire()["metadata"] == {"generateName": "a-"}


def test_fields_with_a_default_are_optional_in_what_clients_receive() -> None:
    schemas: Any = AnnotatedJsonSchema().generate_definitions(
        [("w", "serialization", TypeAdapter(Widget).core_schema)]
    )[1]
    required = {
        name.rpartition(".")[2]: schema.get("required")
        for name, schema in schemas.items()
    }
    assert required["WidgetSpec"] == ["gitUrl"]
    assert required["Widget"] == ["apiVersion", "kind", "metadata", "spec"]
    assert required["ObjectMeta"] == ["name", "uid", "resourceVersion"]


def test_a_draft_has_no_status_and_none_of_the_clusters_metadata() -> None:
    draft = get_draft_model(Widget)
    assert "status" not in draft.model_fields
    with pytest.raises(ValueError, match="uid"):
        draft.model_validate(
            {"metadata": {"name": "a", "uid": "x"}, "spec": {"gitUrl": "u"}}
        )


def test_wrong_declarations_are_told_with_the_cure() -> None:
    right = {"group": "example.com", "version": "v1", "plural": "widgets"}
    for wrong, message in (
        ({"version": ""}, "needs a version"),
        ({"plural": "Widgets"}, "is no plural"),
        ({"group": "Example/"}, "is no API group"),
    ):
        with pytest.raises(DefinitionError, match=message):
            types.new_class("Wrong", (Resource,), {**right, **wrong})

    class Nowhere(Resource):
        pass

    with pytest.raises(DefinitionError, match="does not say where"):
        get_info(Nowhere)
