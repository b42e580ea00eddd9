"""`ViewRouter[R, V]`: rows of a view, listed and watched, sorted and cut on the server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any, Generic, TypeVar, cast

import msgspec
from pydantic import Field

from fairlead.errors import DefinitionError
from fairlead.kube.cluster import KubeContext
from fairlead.kube.counting import Facet
from fairlead.kube.frames import StateChange
from fairlead.kube.lists import MissingObjects
from fairlead.kube.merged_lists import merge_lists
from fairlead.kube.objects import ListOptions
from fairlead.kube.policies import on_resource
from fairlead.kube.resource import Resource, get_info
from fairlead.kube.scopes import Scope, resolve_scope
from fairlead.kube.store import Store
from fairlead.kube.subscription import Pace
from fairlead.kube.views import RowMaker, View, ViewDelta, ViewList, ViewSnapshot
from fairlead.kube.watching import Watch
from fairlead.kube.windows import RowFilter, Window, WindowQuery, check_fields
from fairlead.kube.wire import WireReader
from fairlead.procedure import query, subscription
from fairlead.router import Router, get_type_arguments
from fairlead.schema import raw_json
from fairlead.tracking import tracked

__all__ = ["ViewRouter"]

R = TypeVar("R", bound=Resource)
V = TypeVar("V", bound=View[Any])
_R: Any = R
_V: Any = V

_BY_TYPE = Field(discriminator="type")

Offset = Annotated[int, Field(ge=0)]
Limit = Annotated[int, Field(ge=1, le=100_000)]
Rate = Annotated[float, Field(gt=0, le=1e9)]
Names = Annotated[list[str], Field(max_length=10)]
Facets = Annotated[list[Facet], Field(max_length=10)]
Filters = Annotated[list[RowFilter], Field(max_length=50)]


class ViewRouter(Router[KubeContext], Generic[R, V]):
    """Rows that the server computes from objects, allowed to whom the cluster shows those.

        class RunRows(ViewRouter[PipelineRun, RunRow]):
            '''The table of runs.'''

        class Runs(ResourceRouter[PipelineRun]):
            rows: RunRows

    Attributes:
        resource: the resource class, from the first type argument.
        view: the view class, from the second one.
    """

    resource: type[R]
    view: type[V]

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        arguments = get_type_arguments(cls)
        resource, view = arguments.get(_R), arguments.get(_V)
        if isinstance(resource, type) and isinstance(view, type):
            get_info(resource)
            cls.resource = cast("type[R]", resource)
            cls.view = cast("type[V]", view)
        elif not getattr(cls, "__parameters__", ()):
            name = cls.__qualname__
            raise DefinitionError(
                f"{name} does not say which view of what it serves: "
                f"class {name}(ViewRouter[PipelineRun, RunRow])"
            )

    @query(access=on_resource("list"))
    async def list_(  # noqa: PLR0913, PLR0917  the fields of a query
        self,
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
        filters: Filters | None = None,
        search: str | None = None,
        sort: Names | None = None,
        offset: Offset = 0,
        limit: Limit | None = None,
        facets: Facets | None = None,
    ) -> ViewList[V]:
        """Rows as they are now; `limit` and `offset` count rows in their order."""
        asked = WindowQuery.of(
            filters=filters,
            search=search,
            sort=sort,
            offset=offset,
            limit=limit,
            facets=facets,
        )
        check_fields(asked, self.view)
        options = ListOptions(
            label_selector=label_selector, field_selector=field_selector
        )
        window, version, missing = await self._read(namespace, options, asked)
        items = window.get_items()
        metadata = {
            "resourceVersion": version,
            "continue": None,
            "remainingItemCount": max(0, window.total - offset - len(items)),
            "missing": [each.model_dump() for each in missing],
        }
        body = b'{"items":[%b],"metadata":%b,"total":%d,"counts":%b}' % (
            b",".join([row.raw for row in items]),
            msgspec.json.encode(metadata),
            window.total,
            window.get_counts(),
        )
        return raw_json(body, ViewList[V])

    async def _read(
        self, namespace: str | None, options: ListOptions, asked: WindowQuery
    ) -> tuple[Window, str, list[MissingObjects]]:
        info = get_info(self.resource)
        scope = Scope(None)
        if namespace is None:
            scope = await resolve_scope(self.ctx.request, info, "list")
        list_one = partial(self.ctx.kube.raw.list_, info)
        missing: list[MissingObjects] = []
        if scope.namespaces is None:
            found = await list_one(namespace, options)
        else:
            merged = await merge_lists(scope, options, list_one)
            found, missing = merged.to_json(), merged.missing
        page = WireReader(info).read_list(found)
        window = Window(asked, Store())
        maker = RowMaker(self.resource, self.view)
        for object_ in page.objects:
            row = maker.make(object_)
            if row is not None:
                window.put(row)
        return window, page.resource_version, missing

    @subscription(access=on_resource("watch"))
    def watch(  # noqa: PLR0913, PLR0917  the fields of a query
        self,
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
        filters: Filters | None = None,
        search: str | None = None,
        sort: Names | None = None,
        offset: Offset = 0,
        limit: Limit | None = None,
        facets: Facets | None = None,
        max_frames_per_second: Rate | None = None,
        max_bytes_per_second: Rate | None = None,
        last_event_id: str | None = None,
    ) -> AsyncIterator[
        tracked[Annotated[ViewSnapshot[V] | ViewDelta[V] | StateChange, _BY_TYPE]]
    ]:
        """The window live: as it is, then what changes in it."""
        asked = WindowQuery.of(
            filters=filters,
            search=search,
            sort=sort,
            offset=offset,
            limit=limit,
            facets=facets,
        )
        check_fields(asked, self.view)
        wanted = Watch(
            info=get_info(self.resource),
            namespace=namespace,
            label_selector=label_selector,
            field_selector=field_selector,
            view=(self.resource, self.view),
            window=asked,
            pace=Pace.of(max_frames_per_second, max_bytes_per_second),
        )
        return wanted.open(self.ctx, last_event_id, self.call)
