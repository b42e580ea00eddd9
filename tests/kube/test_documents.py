"""YAML documents: read as Kubernetes reads them, with lines, within bounds."""

from __future__ import annotations

import pytest

from fairlead import TRPCError
from fairlead.kube.documents import MAX_VALUES, read_documents

TEXT = """\
# a comment
apiVersion: v1
kind: Pod
metadata:
  name: web
  creationTimestamp: 2026-01-02
spec:
  containers:
    - name: app
      image: nginx
    - {name: side, image: proxy}
---
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  on: "yes"
"""


def test_documents_come_with_the_line_of_every_field() -> None:
    pod, settings = read_documents(TEXT, limit=10)
    assert (pod.line, settings.line) == (2, 14)
    assert pod.find_line("spec.containers[0].image") == 10
    assert pod.find_line("spec.containers[1].image") == 11
    assert settings.find_line("data.on") == 18


def test_missing_field_is_shown_where_it_would_stand() -> None:
    (pod, _) = read_documents(TEXT, limit=10)
    assert pod.find_line("spec.containers[0].ports[2].name") == 9
    assert pod.find_line("spec.volumes[name=data]") == 7
    assert pod.find_line("nowhere") == 2


def test_dates_stay_text_and_keys_are_text() -> None:
    pod, settings = read_documents(TEXT, limit=10)
    metadata = pod.value["metadata"]
    assert isinstance(metadata, dict)
    assert metadata["creationTimestamp"] == "2026-01-02"
    assert settings.value["data"] == {"on": "yes"}


def test_items_of_a_list_are_documents() -> None:
    text = "kind: List\nitems: [{kind: A}, {kind: B}]"
    assert [each.value["kind"] for each in read_documents(text, limit=2)] == ["A", "B"]


def test_merged_and_shared_parts_are_written_out() -> None:
    (one,) = read_documents("a: &x {k: 1}\nb: *x\nc: {<<: *x, m: 2}", limit=1)
    assert one.value == {"a": {"k": 1}, "b": {"k": 1}, "c": {"k": 1, "m": 2}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: [", "Line 2"),
        ("a: 1\na: 2", "Line 2: the key 'a' is given twice"),
        ("- a\n- b", "Line 1: a document must be a mapping"),
        ("just words", "Line 1: a document must be a mapping"),
        ("a: !!binary aGk=", "Line 1: .* has no counterpart in JSON"),
        ("a: 1\n? [x]\n: 2", "Line 2: a key must be text"),
        ("a: *nowhere", "Line 1"),
        ("a: !!python/object:os.system {}", "Line 1: .* has no counterpart in JSON"),
        ("a: " + "[" * 5000, "nested|Line 1"),
        ("a: \x00", "no YAML"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, message: str) -> None:
    with pytest.raises(TRPCError, match=message) as caught:
        read_documents(text, limit=10)
    assert caught.value.code == "BAD_REQUEST"


def test_number_of_documents_is_bounded() -> None:
    text = "a: 1\n---\n" * 3
    assert len(read_documents(text, limit=3)) == 3
    with pytest.raises(TRPCError, match="Line 5: there are more than 2 documents"):
        read_documents(text, limit=2)


def test_aliases_cannot_make_a_small_text_huge() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 8)]
    with pytest.raises(TRPCError, match=f"more than {MAX_VALUES} values"):
        read_documents("\n".join(lines), limit=1)


def test_alias_of_itself_ends() -> None:
    with pytest.raises(TRPCError, match="nested deeper"):
        read_documents("a: &a [*a]", limit=1)
