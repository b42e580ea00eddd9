"""Content negotiation: which representation a client accepts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from fairlead.devcluster.errors import ApiError

JSON = "application/json"
YAML = "application/yaml"
_MEDIA = {
    "application/json": JSON,
    "application/*": JSON,
    "*/*": JSON,
    "application/yaml": YAML,
}
_TABLE_VERSIONS = {"v1", "v1beta1"}
_META_GROUP = "meta.k8s.io"


@dataclass(frozen=True, slots=True)
class Form:
    """The chosen representation."""

    media: str = JSON
    shape: str = ""  # "", Table, PartialObjectMetadata, PartialObjectMetadataList
    version: str = "v1"


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One entry of an Accept header."""

    media: str
    params: Mapping[str, str] = field(default_factory=dict[str, str])


@lru_cache(maxsize=512)
def parse_accept(header: str) -> tuple[MediaRange, ...]:
    """Return the entries of an Accept header in the client's order of preference."""
    found: list[tuple[float, MediaRange]] = []
    for entry in header.split(","):
        media, *rest = (part.strip() for part in entry.split(";"))
        params: dict[str, str] = {}
        for part in rest:
            key, _, value = part.partition("=")
            params[key] = value
        try:
            quality = float(params.pop("q", "1"))
        except ValueError:
            quality = 1.0
        found.append((quality, MediaRange(media.lower(), params)))
    found.sort(key=lambda item: -item[0])
    return tuple(item[1] for item in found)


@lru_cache(maxsize=512)
def choose_form(header: str, *, shapes: bool = True) -> Form:
    """Return the first acceptable representation; 406 when there is none."""
    if not header.strip():
        return Form()
    for entry in parse_accept(header):
        media = _MEDIA.get(entry.media)
        if media is None:
            continue
        shape = entry.params.get("as", "")
        if not shape:
            return Form(media)
        version = entry.params.get("v", "")
        if not shapes or entry.params.get("g") != _META_GROUP:
            continue
        if shape == "Table" and version in _TABLE_VERSIONS:
            return Form(media, shape, version)
        if shape.startswith("PartialObjectMetadata") and version in _TABLE_VERSIONS:
            return Form(media, shape, version)
    raise not_acceptable()


def not_acceptable() -> ApiError:
    """406."""
    return ApiError(
        406,
        "NotAcceptable",
        "406: Not Acceptable\n\nAvailable representations: application/json, "
        "application/yaml, application/vnd.kubernetes.protobuf",
        {},
    )


def error_media(header: str) -> str:
    """Return the media type in which an error can be read."""
    try:
        return choose_form(header, shapes=False).media
    except ApiError:
        return JSON


def accepts_aggregated(header: str) -> str:
    """Return the version of aggregated discovery that a client asks for, if any."""
    for entry in parse_accept(header):
        params = entry.params
        if entry.media == JSON and params.get("as") == "APIGroupDiscoveryList":
            if params.get("g") == "apidiscovery.k8s.io" and params.get("v") == "v2":
                return "v2"
        elif entry.media in {JSON, "*/*", "application/*"}:
            return ""
    return ""
