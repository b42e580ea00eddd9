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


def test_own_fields_hold_over_merged_ones_and_the_first_merge_over_the_next() -> None:
    text = "a: &a {k: 1, l: 1}\nb: &b {k: 2, m: 2}\nc: {<<: [*a, *b], l: 3}"
    (one,) = read_documents(text, limit=1)
    assert one.value["c"] == {"k": 1, "l": 3, "m": 2}


def test_merges_cannot_make_a_small_text_huge() -> None:
    text = "{k: v}"
    for level in range(12):
        text = f"{{<<: [&a{level} {text}{f', *a{level}' * 9}]}}"
    with pytest.raises(TRPCError, match=f"more than {MAX_VALUES} values"):
        read_documents(f"a: {text}", limit=1)


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("12:30:45", "12:30:45"),
        ("22:22", "22:22"),
        ("=", "="),
        ("0b_", "0b_"),
        ("0x_", "0x_"),
        ("12e4567", "12e4567"),
        ("0644", 0o644),
        ("0x1F", 31),
        ("1_000", 1000),
        ("1e3", 1000),
        ("1.0", 1),
        ("-.5", -0.5),
        ("1.5e-3", 0.0015),
    ],
)
def test_scalars_are_read_as_kubernetes_reads_them(scalar: str, value: object) -> None:
    (one,) = read_documents(f"a: {scalar}", limit=1)
    assert one.value["a"] == value
    assert type(one.value["a"]) is type(value)


@pytest.mark.parametrize(
    ("scalar", "message"),
    [
        ("!!int abc", "'abc' cannot be read as int"),
        ("!!float abc", "'abc' cannot be read as float"),
        ("!!bool abc", "'abc' cannot be read as bool"),
        ("!!timestamp abc", "'abc' cannot be read as timestamp"),
        ("9" * 5000, "cannot be read as int"),
        (".inf", ".inf has no counterpart in JSON"),
        ("-.INF", "-.INF has no counterpart in JSON"),
        (".NaN", ".NaN has no counterpart in JSON"),
        (r'"\UFFFFFFFF"', "an escape stands for no character"),
        (r'"\U00110000"', "an escape stands for no character"),
        (r'"\ud800"', "an escape stands for half a character"),
        (r'{"\udc00": 1}', "an escape stands for half a character"),
        ("{<<: 3}", "only mappings can be merged"),
        ("\x00", "no YAML may hold the character"),
        ("!!null {b: 1}", "null has no counterpart in JSON"),
    ],
)
def test_value_that_cannot_be_sent_is_refused_with_its_line(
    scalar: str, message: str
) -> None:
    with pytest.raises(TRPCError, match=f"^Line 2: .*{message}") as caught:
        read_documents(f"kind: A\na: {scalar}", limit=1)
    assert caught.value.code == "BAD_REQUEST"


def test_large_documents_are_refused_before_they_are_read_whole() -> None:
    text = "a:\n" + "- b\n" * 2 * MAX_VALUES + "...\nthis: [is no YAML"
    with pytest.raises(TRPCError, match=f"Line {MAX_VALUES}.*more than {MAX_VALUES}"):
        read_documents(text, limit=1)


def test_items_of_a_list_have_lines_of_their_own() -> None:
    text = "kind: List\nitems:\n- kind: A\n  spec:\n    size: 1\n- kind: B\n  spec:\n    size: 2"
    first, second = read_documents(text, limit=2)
    assert (first.line, first.find_line("spec.size")) == (3, 5)
    assert (second.line, second.find_line("spec.size")) == (6, 8)
    assert second.find_line("metadata.name") == 6


def test_items_of_a_list_of_one_kind_are_of_that_kind() -> None:
    text = "apiVersion: v1\nkind: PodList\nitems: [{metadata: {name: a}}]"
    (pod,) = read_documents(text, limit=1)
    assert (pod.value["apiVersion"], pod.value["kind"]) == ("v1", "Pod")


def test_item_of_a_list_that_is_no_object_is_not_passed_over() -> None:
    with pytest.raises(TRPCError, match="Line 4: an item of a List must be an object"):
        read_documents("kind: List\nitems:\n- kind: A\n- null", limit=2)
