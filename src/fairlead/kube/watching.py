"""Opening live views for a user: where he may look, as long as he may."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from fairlead.access import Authorizer, Decision, ResourceAttributes
from fairlead.access.audit import Subject, note_denied
from fairlead.calling import Call
from fairlead.context import Request
from fairlead.errors import TRPCError
from fairlead.kube.cluster import Kube, KubeContext
from fairlead.kube.guard import FRESH, Guard, Guarded
from fairlead.kube.hub import LiveQuery
from fairlead.kube.merging import follow_scope
from fairlead.kube.resource import Resource, ResourceInfo
from fairlead.kube.scopes import (
    Scope,
    is_known,
    listen_to_rights,
    resolve_watch,
    review,
    review_watch,
)
from fairlead.kube.subscription import Pace, Subscription
from fairlead.kube.user_kube import UserKube
from fairlead.kube.views import View
from fairlead.kube.windows import WindowQuery
from fairlead.tracking import tracked

__all__ = ["Watch", "set_guard"]


class Watch(Struct, frozen=True, kw_only=True):
    """What a user wants to see live; `open` begins.

    Attributes:
        name: only that object, in that namespace.
        view: computes rows of objects of that class.
    """

    info: ResourceInfo
    namespace: str | None = None
    name: str | None = None
    label_selector: str | None = None
    field_selector: str | None = None
    view: tuple[type[Resource], type[View[Any]]] | None = None
    window: WindowQuery | None = None
    pace: Pace | None = None

    def open(
        self, context: KubeContext, last_event_id: str | None, call: Call
    ) -> AsyncIterator[tracked[Any]]:
        """The frames, until the user's right to them ends, which is recorded for the call.

        They are to be closed (`aclose`) by who does not read them to their end.

        Raises:
            TRPCError: what is asked for cannot be.
        """
        request, kube = context.request, context.kube
        info = self.info
        seconds = request.services.get(Kube).options.recheck_seconds
        fresh = seconds * FRESH
        note = partial(_note, self, request, call)
        place = (self.namespace, self.name)
        known = is_known(request, info, "watch", *place)
        if known or (known is None and place != (None, None)):
            query = self._query(Scope(None if place[0] is None else (place[0],)))
            frames = kube.watch_query(query, last_event_id, self.pace)
            # Where answers are not kept, nobody knows here which of the two it was.
            check = (
                partial(review, request, info, "watch", *place, fresh)
                if known
                else partial(review_watch, request, info, *place, fresh)
            )
            Guard(frames, check, seconds, listen_to_rights(request), note)
            frames.on_refused = note
            return frames
        resume = [last_event_id]

        def open_scope(scope: Scope) -> Subscription:
            seen = resume.pop() if resume else None
            return kube.watch_query(self._query(scope), seen, self.pace)

        resolve = partial(resolve_watch, request, info, *place, fresh)
        return follow_scope(resolve, open_scope, seconds, note)

    def _query(self, scope: Scope) -> LiveQuery:
        fields = f"metadata.name={self.name}" if self.name else self.field_selector
        query = UserKube.make_query(
            self.info,
            scope.namespaces or (None,),
            label_selector=self.label_selector,
            field_selector=fields,
        )
        if scope.polled:
            targets = (
                replace(each, polled=each.namespace in scope.polled)
                for each in query.targets
            )
            query = replace(query, targets=tuple(targets))
        if self.view is None and scope.reason is None:
            return query
        return replace(query, view=self.view, window=self.window, note=scope.reason)


def _note(wanted: Watch, request: Request, call: Call, error: TRPCError) -> None:
    fields = {"namespace": wanted.namespace, "name": wanted.name}
    note_denied(Subject(request, call.path, call.kind, fields), error)


def set_guard(
    context: KubeContext,
    call: Call,
    right: ResourceAttributes,
    end: Callable[[], None] | None,
    guarded: Guarded,
) -> Guard:
    """Ends what was opened with a right when that is taken away, which is recorded.

    Args:
        end: called then, before the reader is told.
    """
    request = context.request
    fields = {"namespace": right.namespace, "name": right.name}
    subject = Subject(request, call.path, call.kind, fields)

    def deny(error: TRPCError) -> None:
        if end is not None:
            end()
        note_denied(subject, error, right)

    authorizer = request.services.get(Authorizer)  # type: ignore[type-abstract]
    seconds = request.services.get(Kube).options.recheck_seconds

    async def check() -> Decision:
        found = await authorizer.review_many(request, [right], max_age=seconds * FRESH)
        return found[0]

    return Guard(guarded, check, seconds, listen_to_rights(request), deny)
