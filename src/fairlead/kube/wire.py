"""What API servers send, decoded no further than needed: metadata as values, the rest as bytes.

An object of 3 KB costs a few microseconds to look at and none to send on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from fairlead.kube.errors import (
    KubeProtocolError,
    KubeStatusError,
    Status,
    make_status_error,
    parse_status,
)
from fairlead.kube.resource import ResourceInfo

__all__ = ["LineSplitter", "ListPage", "RawObject", "WatchEvent", "WireReader"]


T = TypeVar("T")


class RawObject(msgspec.Struct, frozen=True, gc=False):
    """An object as JSON bytes, with the metadata that identifies it."""

    raw: bytes
    name: str
    namespace: str | None
    uid: str
    resource_version: str

    @property
    def key(self) -> str:
        """`namespace/name`, or `/name` for a cluster-scoped object."""
        return f"{self.namespace or ''}/{self.name}"


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a list."""

    objects: list[RawObject]
    resource_version: str
    continue_: str | None
    remaining: int | None


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """One event of a watch. A bookmark's object has nothing but a resource version.

    Attributes:
        ends_initial: a bookmark that says that all objects have come that there were.
    """

    type: str
    object: RawObject
    ends_initial: bool = False


class _Metadata(msgspec.Struct, rename="camel", gc=False):
    name: str = ""
    namespace: str | None = None
    uid: str = ""
    resource_version: str = ""


class _Object(msgspec.Struct, gc=False):
    metadata: _Metadata
    kind: str = ""


class _Anything(msgspec.Struct, gc=False):
    """An object, whatever it has."""


class _Item(msgspec.Struct, gc=False):
    metadata: _Anything
    kind: str = ""


class _BookmarkMetadata(msgspec.Struct):
    annotations: dict[str, str] | None = None


class _Bookmark(msgspec.Struct):
    metadata: _BookmarkMetadata


class ListMetadata(msgspec.Struct, rename="camel"):
    resource_version: str = ""
    continue_: str | None = msgspec.field(name="continue", default=None)
    remaining_item_count: int | None = None


class _List(msgspec.Struct):
    metadata: ListMetadata
    items: list[msgspec.Raw] | None = None


class _WholeList(msgspec.Struct):
    metadata: ListMetadata
    items: msgspec.Raw = msgspec.Raw(b"[]")


class _Line(msgspec.Struct):
    type: str
    object: msgspec.Raw


_object_decoder = msgspec.json.Decoder(_Object)
_items_decoder = msgspec.json.Decoder(list[_Item])
_raw_items_decoder = msgspec.json.Decoder(list[msgspec.Raw])
_list_decoder = msgspec.json.Decoder(_List)
_whole_decoder = msgspec.json.Decoder(_WholeList)
_line_decoder = msgspec.json.Decoder(_Line)
_bookmark_decoder = msgspec.json.Decoder(_Bookmark)

ITEMS = b'"items":['
LONGEST_HEAD = 16_384
"""Bytes of a list before its items: its kind, version, and a token for the next page."""
INITIAL_END = "k8s.io/initial-events-end"


class WireReader:
    """Reads answers about one kind.

    API servers leave `apiVersion` and `kind` out of the items of built-in lists; here every
    object has them.
    """

    def __init__(self, info: ResourceInfo) -> None:
        type_meta = {"apiVersion": info.api_version, "kind": info.kind}
        self._prefix = msgspec.json.encode(type_meta)[:-1] + b","
        self.kind = info.kind

    def read_object(self, data: msgspec.Raw | bytes) -> RawObject:
        """Reads one object.

        Raises:
            KubeProtocolError: it is none.
        """
        found = _decode(_object_decoder, data)
        raw = bytes(data)
        if not found.kind:
            raw = self._prefix + raw.lstrip()[1:]
        metadata = found.metadata
        return RawObject(
            raw,
            metadata.name,
            metadata.namespace,
            metadata.uid,
            metadata.resource_version,
        )

    def read_list(self, body: bytes) -> ListPage:
        """Reads a list, object by object.

        Raises:
            KubeProtocolError: it is none.
        """
        page = _decode(_list_decoder, body)
        return ListPage(
            [self.read_object(item) for item in page.items or ()],
            page.metadata.resource_version,
            page.metadata.continue_ or None,
            page.metadata.remaining_item_count,
        )

    def complete(self, items: msgspec.Raw | bytes | memoryview) -> bytes:
        """A JSON array of objects, each of which has its kind.

        Raises:
            KubeProtocolError: it is none.
        """
        found = _decode(_items_decoder, items)
        if not found:
            return b"[]"
        raw = [memoryview(item) for item in _decode(_raw_items_decoder, items)]
        if any(item.kind for item in found):
            pairs = zip(found, raw, strict=True)
            whole = [
                bytes(each) if item.kind else self._prefix + bytes(each[1:])
                for item, each in pairs
            ]
            return b"[%b]" % b",".join(whole)
        opening = b"," + self._prefix
        first = b"[" + self._prefix
        return b"".join((first, opening.join([each[1:] for each in raw]), b"]"))

    def rewrite_list(self, body: bytes) -> bytes:
        """A list answer in the form of resource routers, without looking into its items.

        Raises:
            KubeProtocolError: it is none.
        """
        return _pass_items_on(body) or self._rewrite_whole(body)

    def _rewrite_whole(self, body: bytes) -> bytes:
        page = _decode(_whole_decoder, body)
        items = memoryview(page.items)
        if bytes(items[:2]) not in (b"[]", b"nu") and not names_kinds(items):
            items = memoryview(self.complete(items))
        elif bytes(items[:4]) == b"null":
            items = memoryview(b"[]")
        metadata = write_metadata(page.metadata)
        return b"".join((b'{"items":', items, b',"metadata":', metadata, b"}"))

    def read_event(self, line: bytes) -> WatchEvent:
        """Reads one line of a watch.

        Raises:
            KubeStatusError: it is an ERROR event: the watch is over.
            KubeProtocolError: it is none.
        """
        event = _decode(_line_decoder, line)
        if event.type == "ERROR":
            raise read_error(bytes(event.object))
        ends = event.type == "BOOKMARK" and _ends_initial(event.object)
        return WatchEvent(event.type, self.read_object(event.object), ends)


def _ends_initial(bookmark: msgspec.Raw) -> bool:
    annotations = _decode(_bookmark_decoder, bookmark).metadata.annotations
    return annotations is not None and annotations.get(INITIAL_END) == "true"


def _pass_items_on(body: bytes) -> bytes | None:
    """A long list costs no look at its items where they come last, as API servers send them.

    None: they do not, or they leave out their kind.
    """
    start = body.find(ITEMS, 0, LONGEST_HEAD)
    if start < 0 or body[-16:].rstrip()[-2:] != b"]}":
        return None
    items = start + len(ITEMS)
    if not names_kinds(memoryview(body)[items - 1 : items + 16]):
        return None
    try:
        head = _whole_decoder.decode(body[:items] + b"]}")
    except msgspec.DecodeError:
        return None  # those were the items of something else
    metadata = write_metadata(head.metadata)
    return b"".join((b'{"metadata":', metadata, b",", memoryview(body)[start:]))


def write_metadata(metadata: ListMetadata) -> bytes:
    return msgspec.json.encode(
        {
            "resourceVersion": metadata.resource_version,
            "continue": metadata.continue_ or None,
            "remainingItemCount": metadata.remaining_item_count,
            "missing": (),
        }
    )


def names_kinds(items: memoryview) -> bool:
    """Do a list's items begin with their kind? Of custom resources they do."""
    return bytes(items[:16]).startswith((b'[{"apiVersion":', b'[{"kind":'))


def read_error(body: bytes) -> KubeStatusError:
    """The error in an ERROR event of a watch."""
    status = parse_status(body) or Status(code=500, message="The watch failed")
    return make_status_error(status.code or 500, body)


def _decode(
    decoder: msgspec.json.Decoder[T], data: msgspec.Raw | bytes | memoryview
) -> T:
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise KubeProtocolError(
            f"The cluster sent something that is no Kubernetes JSON: {error}"
        ) from error


class LineSplitter:
    """Bytes as they arrive, to lines.

    Args:
        limit: a longer line is refused: etcd itself keeps no object above 1.5 MiB.
    """

    def __init__(self, limit: int = 16 * 2**20) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._limit = limit

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The lines that are complete now, without their ends; empty ones left out.

        Raises:
            KubeProtocolError: a line is too long.
        """
        *complete, rest = chunk.split(b"\n")
        for line in complete:
            if self._parts:
                self._parts.append(line)
                line = b"".join(self._parts)  # noqa: PLW2901  the whole line
                self._parts.clear()
                self._size = 0
            if line.strip():
                yield line
        if rest:
            self._parts.append(rest)
            self._size += len(rest)
        if self._size > self._limit:
            raise KubeProtocolError(
                f"The cluster sent an event of more than {self._limit} bytes"
            )
