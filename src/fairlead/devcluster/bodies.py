"""Request bodies: bytes and a content type become a decoded object."""

from __future__ import annotations

import json
from typing import Final

import msgspec

from fairlead.devcluster.errors import bad_request, unsupported_media_type
from fairlead.devcluster.jsonsyntax import syntax_error
from fairlead.devcluster.jsontypes import JsonObject, JsonValue, is_array, is_object

PROTOBUF: Final = "application/vnd.kubernetes.protobuf"
_JSON = {"", "application/json"}
_YAML = {"application/yaml", "application/x-yaml", "text/yaml"}
_ACCEPTED = ("application/json", "application/yaml")
MAX_DEPTH: Final = 100


def media_type(content_type: str) -> str:
    """Return the media type without parameters."""
    return content_type.partition(";")[0].strip().lower()


def decode_document(body: bytes, content_type: str, kind: str) -> JsonObject:
    """Return the object in a body; 400 or 415 with Kubernetes' words otherwise."""
    media = media_type(content_type)
    if media == PROTOBUF:
        from fairlead.devcluster.protobuf import decode_body  # noqa: PLC0415 - the type table loads only when a Go client appears

        decoded: JsonValue = decode_body(body)
    elif media in _JSON:
        decoded = decode_json(body, kind)
    elif media in _YAML:
        decoded = decode_yaml(body)
    else:
        raise unsupported_media_type(_ACCEPTED)
    if not is_object(decoded):
        raise bad_request(
            f"the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse error: json: cannot unmarshal a value that is not an object"
        )
    check_depth(decoded)
    return decoded


def decode_json(body: bytes, kind: str) -> JsonValue:
    """Decode JSON; 400 names the kind that was expected."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError) as exc:
        reason = syntax_error(body) or str(exc)
        if not body:
            reason += " (<empty>)"
        raise bad_request(
            f"the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse error: {reason}"
        ) from exc


def decode_yaml(body: bytes) -> JsonValue:
    """Decode YAML (JSON is YAML too, and much faster to read as JSON)."""
    if body.lstrip()[:1] == b"{":
        try:
            return _whole(msgspec.json.decode(body))
        except (msgspec.DecodeError, RecursionError, ValueError):
            pass
    import yaml  # noqa: PLC0415 - most clients never send YAML; keeps the start fast

    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        decoded: JsonValue = yaml.load(body, Loader=loader)  # noqa: S506 - a safe loader in either form
        # Dates, sets and other YAML-only values have no place in the API.
        return _whole(msgspec.json.decode(json.dumps(decoded, default=_plain)))
    except (
        yaml.YAMLError,
        ValueError,
        TypeError,
        RecursionError,
        msgspec.DecodeError,
    ) as exc:
        raise bad_request(f"error converting YAML to JSON: yaml: {exc}") from exc


def _whole(value: JsonValue) -> JsonValue:
    """Return a value of YAML with whole numbers as integers: 1.0 is 1 there."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if is_object(value):
        return {key: _whole(item) for key, item in value.items()}
    if is_array(value):
        return [_whole(item) for item in value]
    return value


def _plain(value: object) -> str:
    isoformat = getattr(value, "isoformat", None)
    if isoformat is None:
        raise TypeError(f"a {type(value).__name__} has no JSON form")
    text: str = isoformat()
    return text.replace("+00:00", "Z") if "T" in text else text


def check_depth(value: JsonValue, depth: int = 0) -> None:
    """Refuse objects that are nested deeper than anything real."""
    if depth > MAX_DEPTH:
        raise bad_request(
            f"exceeded max depth: objects may be nested {MAX_DEPTH} levels deep"
        )
    if is_object(value):
        for item in value.values():
            if isinstance(item, (dict, list)):
                check_depth(item, depth + 1)
    elif is_array(value):
        for item in value:
            if isinstance(item, (dict, list)):
                check_depth(item, depth + 1)


def find_duplicates(body: bytes) -> list[str]:
    """Return the paths of keys that occur twice in one JSON object."""
    duplicates: list[tuple[str, ...]] = []
    try:
        tree = json.loads(body, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        return []
    if _Pairs.repeated(tree):
        _walk(tree, (), duplicates)
    return [".".join(path) for path in duplicates]


class _Pairs:
    """An object as its list of pairs, so that repeated keys stay visible."""

    __slots__ = ("pairs",)

    def __init__(self, pairs: list[tuple[str, JsonValue]]) -> None:
        self.pairs = pairs

    @staticmethod
    def repeated(value: JsonValue) -> bool:
        if isinstance(value, _Pairs):
            names = {name for name, _ in value.pairs}
            return len(names) != len(value.pairs) or any(
                _Pairs.repeated(item) for _, item in value.pairs
            )
        return is_array(value) and any(_Pairs.repeated(item) for item in value)


def _walk(
    value: JsonValue, path: tuple[str, ...], found: list[tuple[str, ...]]
) -> None:
    if isinstance(value, _Pairs):
        seen = set[str]()
        for name, item in value.pairs:
            if name in seen:
                found.append((*path, name))
            seen.add(name)
            _walk(item, (*path, name), found)
    elif is_array(value):
        for index, item in enumerate(value):
            last = f"{path[-1]}[{index}]" if path else f"[{index}]"
            _walk(item, (*path[:-1], last), found)
