"""Views: rows that the server computes from objects, one for each, so that a table costs bytes.

    class RunRow(View[PipelineRun]):
        '''One line of the table of runs.'''

        status: str
        started_at: datetime | None

        @classmethod
        def of(cls, source: PipelineRun) -> RunRow | None:
            ...

A row is computed again when its object changes, and sent when its own fields did.
"""

from __future__ import annotations

import logging
from typing import Any, Generic, Literal, Self, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from fairlead.kube.counting import FacetCount
from fairlead.kube.frames import FrameSource, ObjectRef
from fairlead.kube.lists import ListMeta
from fairlead.kube.resource import Resource
from fairlead.kube.store import Store
from fairlead.kube.wire import RawObject

__all__ = [
    "Compute",
    "RowMaker",
    "RowMeta",
    "View",
    "ViewDelta",
    "ViewList",
    "ViewSnapshot",
]

R = TypeVar("R", bound=Resource)
V = TypeVar("V", bound="View[Any]")

log = logging.getLogger("fairlead.views")

_decoder = msgspec.json.Decoder()


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class RowMeta(_Model):
    """Which object a row was computed from; the framework fills it."""

    namespace: str | None = None
    name: str = ""
    uid: str = ""
    resource_version: str = ""


class View(_Model, Generic[R]):
    """Base of all views: a Pydantic model with a way to compute it from an object."""

    metadata: RowMeta = Field(default_factory=RowMeta)

    @classmethod
    def of(cls, source: R, /) -> Self | None:
        """The row of an object; None leaves it out. Must depend on nothing but the object."""
        raise NotImplementedError(f"{cls.__qualname__} needs a classmethod `of`")


class ViewList(_Model, Generic[V]):
    """Rows, or a page of them.

    Attributes:
        total: rows that fit the filters, on this page or not.
        counts: one list for each facet that was asked for.
    """

    items: list[V]
    metadata: ListMeta
    total: int
    counts: list[list[FacetCount]] | None = None


class ViewSnapshot(_Model, Generic[V]):
    """The window as it is: its rows in order.

    Attributes:
        total: rows that fit the filters, in the window or not.
        counts: one list for each facet that was asked for.
    """

    type: Literal["snapshot"]
    resource_version: str
    items: list[V]
    total: int
    counts: list[list[FacetCount]] | None = None


class ViewDelta(_Model, Generic[V]):
    """What has changed in the window since the frame before.

    Attributes:
        upserts: rows that came or changed, by their position.
        positions: where each of them stands now. To keep the order: take the deleted and
            the upserted rows out, then insert each upserted one at its position, in turn.
        deletes: rows that are gone, or not in the window any more.
        counts: all of them anew, where one has changed.
    """

    type: Literal["delta"]
    resource_version: str
    upserts: list[V]
    positions: list[int]
    deletes: list[ObjectRef]
    total: int
    counts: list[list[FacetCount]] | None = None


class RowMaker:
    """Computes the rows of a view, as bytes."""

    def __init__(self, resource: type[Resource], view: type[View[Any]]) -> None:
        self._resource = resource
        self._view = view
        self._dump = view.__pydantic_serializer__.to_json

    def make(self, found: RawObject) -> RawObject | None:
        """The row of an object; None when it has none.

        One object that a view cannot cope with does not cost the others: it is logged.
        """
        try:
            row = self._view.of(self._resource.from_wire(found.raw))
            if row is None:
                return None
            body = self._dump(row, by_alias=True, exclude={"metadata"})
            _decoder.decode(body)  # NaN, for one, would be no JSON for clients
        except Exception:
            log.exception(
                "%s could not be computed of %s", self._view.__qualname__, found.key
            )
            return None
        meta = msgspec.json.encode(
            {
                "namespace": found.namespace,
                "name": found.name,
                "uid": found.uid,
                "resourceVersion": found.resource_version,
            }
        )
        rest = b"}" if body == b"{}" else b",%b" % body[1:]
        return RawObject(
            b'{"metadata":%b%b' % (meta, rest),
            found.name,
            found.namespace,
            found.uid,
            found.resource_version,
        )


class Compute:
    """A step from objects to the rows of a view."""

    def __init__(self, maker: RowMaker, store: Store) -> None:
        self.frames = FrameSource(store)
        self._maker = maker
        self._store = store

    def put(self, found: RawObject) -> None:
        """An object is new or has changed."""
        row = self._maker.make(found)
        if row is None:
            self._store.delete(found.key)
            return
        known = self._store.find(found.key)
        if known is None or known.uid != row.uid or _content(known) != _content(row):
            self._store.upsert(row)

    def drop(self, key: str) -> None:
        """An object is gone."""
        self._store.delete(key)

    def flush(self) -> None:
        """Nothing is kept back."""


def _content(row: RawObject) -> bytes:
    """A row's fields without its metadata, which changes with every write."""
    return row.raw[row.raw.index(b"}") :]
