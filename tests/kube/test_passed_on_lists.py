"""Lists on their way through: every form of a list gives the same items and metadata."""

from __future__ import annotations

import json

import pytest
from tests.kube.cluster import Widget

from fairlead.kube.errors import KubeProtocolError
from fairlead.kube.resource import get_info
from fairlead.kube.wire import WireReader

READER = WireReader(get_info(Widget))
META = '"kind":"WidgetList","apiVersion":"example.com/v1"'
VERSION = '"metadata":{"resourceVersion":"7","continue":"","remainingItemCount":3}'
KINDS = '"apiVersion":"example.com/v1","kind":"Widget"'
ITEM = (
    '{%s,"metadata":{"name":"a","annotations":{"items":"\\"items\\":[{}]"}}}'.replace(
        "%s", KINDS
    )
)
BARE = '{"metadata":{"name":"a"}}'
# In the metadata, where a search for the first `"items":[` finds something else.
TRAP = '"metadata":{"resourceVersion":"7","items":[{%s}]}'.replace("%s", KINDS)


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (f'{{{META},{VERSION},"items":[{ITEM},{ITEM}]}}', 2),
        (f'{{{META},{VERSION},"items":[{ITEM}]}}\n', 1),
        (f'{{{META},{VERSION},"items":[{ITEM}],"more":[1]}}', 1),
        (f'{{{META},"items":[{ITEM}],{VERSION}}}', 1),
        (f'{{"items":[{ITEM}],{META},{VERSION}}}', 1),
        (f'{{{META},{TRAP},"items":[{ITEM}]}}', 1),
        (f'{{{META},{VERSION},"items":[{BARE}]}}', 1),
        (f'{{ {META}, {VERSION}, "items": [ {ITEM} ] }}', 1),
        (f'{{{META},{VERSION},"items":[]}}', 0),
        (f'{{{META},{VERSION},"items":null}}', 0),
        (f"{{{META},{VERSION}}}", 0),
    ],
)
def test_items_and_version_of_every_form(body: str, names: int) -> None:
    passed = json.loads(READER.rewrite_list(body.encode()))
    assert passed["metadata"]["resourceVersion"] == "7"
    assert passed["metadata"]["continue"] is None
    assert [item["metadata"]["name"] for item in passed["items"]] == ["a"] * names
    assert all(item["kind"] == "Widget" for item in passed["items"])


def test_a_token_and_what_remains_are_told() -> None:
    head = '"metadata":{"resourceVersion":"7","continue":"next","remainingItemCount":3}'
    passed = json.loads(
        READER.rewrite_list(f'{{{META},{head},"items":[{ITEM}]}}'.encode())
    )
    assert passed["metadata"] == {
        "resourceVersion": "7",
        "continue": "next",
        "remainingItemCount": 3,
        "missing": [],
    }


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>",
        f'{{{META},{VERSION},"items":[{ITEM}',
        f'{{{META},{VERSION},"items":[{ITEM}]',
        f'{{{META},"metadata":3,"items":[{ITEM}]}}',
        '{"kind":"Status"}',
    ],
)
def test_what_is_no_list_is_told(body: str) -> None:
    with pytest.raises(KubeProtocolError):
        READER.rewrite_list(body.encode())
