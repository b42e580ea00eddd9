from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.devcluster.errors import ApiError
from fairlead.devcluster.protobuf import MAGIC, decode_body


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def _bytes_field(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _wrapped(api_version: str, kind: str, message: bytes) -> bytes:
    meta = _bytes_field(1, api_version.encode()) + _bytes_field(2, kind.encode())
    return MAGIC + _bytes_field(1, meta) + _bytes_field(2, message)


def test_a_config_map_is_decoded() -> None:
    metadata = _bytes_field(1, b"x") + _bytes_field(3, b"") + _varint(7 << 3) + b"\x00"
    pair = _bytes_field(1, b"a") + _bytes_field(2, b"1")
    body = _wrapped(
        "v1", "ConfigMap", _bytes_field(1, metadata) + _bytes_field(2, pair)
    )
    assert decode_body(body) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "x"},
        "data": {"a": "1"},
    }


def test_bytes_times_and_numbers_take_their_json_form() -> None:
    pair = _bytes_field(1, b"k") + _bytes_field(2, b"b")
    secret = decode_body(_wrapped("v1", "Secret", _bytes_field(2, pair)))
    assert secret["data"] == {"k": "Yg=="}
    micro = (
        _varint(1 << 3) + _varint(1_700_000_000) + _varint(2 << 3) + _varint(5_000_000)
    )
    spec = (
        _bytes_field(1, b"me") + _varint(2 << 3) + _varint(15) + _bytes_field(4, micro)
    )
    lease = decode_body(
        _wrapped("coordination.k8s.io/v1", "Lease", _bytes_field(2, spec))
    )
    assert lease["spec"] == {
        "holderIdentity": "me",
        "leaseDurationSeconds": 15,
        "renewTime": "2023-11-14T22:13:20.005000Z",
    }


def test_a_kind_without_a_message_is_415() -> None:
    with pytest.raises(ApiError) as caught:
        decode_body(_wrapped("demo.dev/v1", "Gadget", b""))
    assert caught.value.code == 415


def test_a_body_without_the_magic_is_400() -> None:
    with pytest.raises(ApiError, match="expected prefix"):
        decode_body(b"{}")


@given(
    st.binary(max_size=200),
    st.sampled_from(["ConfigMap", "Pod", "Event", "DeleteOptions"]),
)
def test_any_bytes_decode_or_are_refused(data: bytes, kind: str) -> None:
    with contextlib.suppress(ApiError):
        decode_body(_wrapped("v1", kind, data))
