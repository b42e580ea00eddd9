"""Decoding of Kubernetes protobuf request bodies, driven by the derived type table.

A body is four magic bytes, then `runtime.Unknown {1: TypeMeta, 2: raw}`, where `raw` is
the object's own message. Answers are always JSON, so nothing is ever encoded.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import msgspec

from fairlead.devcluster.builtin_schemas import load_messages
from fairlead.devcluster.builtins import PACKAGES
from fairlead.devcluster.errors import ApiError, bad_request
from fairlead.devcluster.jsontypes import JsonObject, JsonValue

MAGIC: Final = b"k8s\x00"
_OPTIONS = {"DeleteOptions", "CreateOptions", "PatchOptions", "UpdateOptions", "Status"}
_MAX_DEPTH = 64
# Go writes zero values of fields that are not pointers; these zeros mean "not set".
_ZERO_MEANS_UNSET = {"generation", "nodePort", "hostPort", "deletionGracePeriodSeconds"}


def decode_body(body: bytes) -> JsonObject:
    """Return the object of a protobuf request body; 400 when it is not one."""
    if body[:4] != MAGIC:
        raise bad_request(
            "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"
        )
    try:
        return _decode_unknown(body[4:])
    except (
        ValueError,
        IndexError,
        KeyError,
        struct.error,
        UnicodeDecodeError,
        OverflowError,
        OSError,
        AttributeError,
        TypeError,
    ) as exc:
        raise bad_request(f"unable to decode the protobuf body: {exc}") from exc


def _decode_unknown(body: bytes) -> JsonObject:
    outer = dict(_fields(body))
    meta = {
        number: _bytes(value).decode() for number, value in _fields(_bytes(outer[1]))
    }
    api_version, kind = meta.get(1, ""), meta.get(2, "")
    message = _message_name(api_version, kind)
    decoded = _decode(message, _bytes(outer.get(2, b"")), 0)
    return {"apiVersion": api_version, "kind": kind, **decoded}


def _message_name(api_version: str, kind: str) -> str:
    if kind in _OPTIONS:
        return f"meta.v1.{kind}"
    group, _, version = api_version.rpartition("/")
    name = f"{PACKAGES.get(group, group)}.{version}.{kind}"
    if name not in load_messages():
        raise ApiError(
            415,
            "UnsupportedMediaType",
            f"no protobuf decoding for {api_version} {kind}: send application/json",
        )
    return name


def _varint(data: bytes, at: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        byte = data[at]
        at += 1
        result |= (byte & 127) << shift
        if byte < 128:
            return result, at
        shift += 7
        if shift > 63:
            raise ValueError("a number is longer than 64 bits")


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        value: int | bytes
        if wire == 0:
            value, at = _varint(data, at)
        else:
            if wire == 2:
                size, at = _varint(data, at)
            elif wire in {1, 5}:
                size = 8 if wire == 1 else 4
            else:
                raise ValueError(f"wire type {wire} is not used by Kubernetes")
            if at + size > len(data):
                raise ValueError("the message ends inside a field")
            value = data[at : at + size]
            at += size
        yield number, value


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError("a number stands where bytes are expected")
    return value


def _number(value: int | bytes) -> int:
    if isinstance(value, bytes):
        raise ValueError("bytes stand where a number is expected")
    return value - (1 << 64) if value >= 1 << 63 else value


def _scalar(kind: str, value: int | bytes) -> JsonValue:
    if kind == "string":
        return _bytes(value).decode()
    if kind == "bytes":
        return base64.b64encode(_bytes(value)).decode()
    if kind == "bool":
        return bool(_number(value))
    if kind == "double":
        return struct.unpack("<d", _bytes(value))[0]
    return _number(value)


def _value(kind: str, value: int | bytes, depth: int) -> JsonValue:
    if kind in {"string", "bytes", "bool", "int32", "int64", "double"}:
        return _scalar(kind, value)
    data = _bytes(value)
    special = _SPECIAL.get(kind)
    return special(data) if special else _decode(kind, data, depth + 1)


def _decode(message: str, data: bytes, depth: int) -> JsonObject:
    if depth > _MAX_DEPTH:
        raise ValueError(f"messages are nested deeper than {_MAX_DEPTH}")
    names = _by_number(message)
    found: JsonObject = {}
    for number, value in _fields(data):
        entry = names.get(number)
        if entry is None:
            continue
        name, label, kind, inline = entry
        if label == "m":
            pair = dict(_fields(_bytes(value)))
            empty = (
                b""
                if kind in {"string", "bytes"} or "." in kind or kind == "Quantity"
                else 0
            )
            key = _bytes(pair.get(1, b"")).decode()
            found.setdefault(name, {})[key] = _value(kind, pair.get(2, empty), depth)
            continue
        decoded = _value(kind, value, depth)
        if label == "*":
            found.setdefault(name, []).append(decoded)
        elif inline:
            found.update(decoded)
        elif not _is_unset(name, decoded):
            found[name] = decoded
    return found


def _is_unset(name: str, value: JsonValue) -> bool:
    if value is None or value == "":
        return True
    return (value == 0 and name in _ZERO_MEANS_UNSET) or (
        name == "status" and value == {}
    )


_by_number_cache: dict[str, dict[int, tuple[str, str, str, bool]]] = {}


def _by_number(message: str) -> dict[int, tuple[str, str, str, bool]]:
    found = _by_number_cache.get(message)
    if found is None:
        fields = load_messages()[message]
        found = _by_number_cache[message] = {
            entry[0]: (
                name,
                entry[1],
                entry[2],
                len(entry) > 3 and bool(entry[3].get("inline")),
            )
            for name, entry in fields.items()
            if name != "!atomic"
        }
    return found


def _time(data: bytes) -> str | None:
    found = dict(_fields(data))
    if not found:
        return None
    moment = datetime.fromtimestamp(_number(found.get(1, 0)), UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _micro_time(data: bytes) -> str | None:
    found = dict(_fields(data))
    if not found:
        return None
    moment = datetime.fromtimestamp(_number(found.get(1, 0)), UTC)
    micros = _number(found.get(2, 0)) // 1000
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{micros:06d}Z"


def _int_or_string(data: bytes) -> int | str:
    found = dict(_fields(data))
    if found.get(1):
        return _bytes(found.get(3, b"")).decode()
    return _number(found.get(2, 0))


def _raw_json(data: bytes) -> JsonValue:
    return msgspec.json.decode(_bytes(dict(_fields(data)).get(1, b"null")))


def _quantity(data: bytes) -> str:
    return _bytes(dict(_fields(data)).get(1, b"0")).decode()


def _extra(data: bytes) -> list[str]:
    return [_bytes(value).decode() for _, value in _fields(data)]


def _duration(data: bytes) -> str:
    return f"{_number(dict(_fields(data)).get(1, 0)) / 1e9:g}s"


_SPECIAL = {
    "meta.v1.Time": _time,
    "meta.v1.MicroTime": _micro_time,
    "meta.v1.Duration": _duration,
    "meta.v1.FieldsV1": _raw_json,
    "apiextensions.v1.JSON": _raw_json,
    "RawExtension": _raw_json,
    "Quantity": _quantity,
    "IntOrString": _int_or_string,
    "authentication.v1.ExtraValue": _extra,
    "authorization.v1.ExtraValue": _extra,
}
