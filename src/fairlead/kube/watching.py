"""Opening live views for a user: where he may look, as long as he may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from fairlead.access.audit import Subject, note_denied
from fairlead.calling import Call
from fairlead.errors import TRPCError
from fairlead.kube.cluster import Kube, KubeContext
from fairlead.kube.guard import Guard
from fairlead.kube.hub import LiveQuery
from fairlead.kube.merging import follow_scope
from fairlead.kube.resource import Resource, get_info
from fairlead.kube.scopes import (
    Scope,
    is_known_everywhere,
    listen_to_rights,
    resolve_scope,
    review,
)
from fairlead.kube.subscription import Pace, Subscription
from fairlead.kube.user_kube import UserKube
from fairlead.kube.views import View
from fairlead.kube.windows import WindowQuery
from fairlead.tracking import tracked

__all__ = ["Watch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What a user wants to see live; `open` begins.

    Attributes:
        name: only that object, in that namespace.
    """

    resource: type[Resource]
    namespace: str | None = None
    name: str | None = None
    label_selector: str | None = None
    field_selector: str | None = None
    view: type[View[Any]] | None = None
    window: WindowQuery | None = None
    pace: Pace | None = None

    def open(
        self, context: KubeContext, last_event_id: str | None, call: Call
    ) -> AsyncIterator[tracked[Any]]:
        """The frames, until the user's right to them ends, which is recorded for the call.

        Raises:
            TRPCError: what is asked for cannot be.
        """
        request, kube = context.request, context.kube
        info = get_info(self.resource)
        seconds = request.services.get(Kube).options.recheck_seconds
        fields = {"namespace": self.namespace, "name": self.name}
        note = partial(note_denied, Subject(request, call.path, call.kind, fields))
        if (
            self.namespace is None
            and self.name is None
            and not is_known_everywhere(request, info, "watch")
        ):
            resume = [last_event_id]

            def open_scope(scope: Scope) -> Subscription:
                query = self._query(scope.namespaces or (None,), scope.reason)
                seen = resume.pop() if resume else None
                return kube.watch_query(query, seen, self.pace)

            async def resolve() -> Scope:
                scope = await resolve_scope(request, info, "watch")
                if scope.namespaces == ():
                    note(TRPCError("FORBIDDEN", scope.reason))
                return scope

            return follow_scope(resolve, open_scope, seconds)
        query = self._query((self.namespace,), None)
        frames = kube.watch_query(query, last_event_id, self.pace)
        check = partial(review, request, info, "watch", self.namespace, self.name)
        Guard(frames, check, seconds, listen_to_rights(request), note)
        return frames

    def _query(self, namespaces: tuple[str | None, ...], note: str | None) -> LiveQuery:
        fields = f"metadata.name={self.name}" if self.name else self.field_selector
        query = UserKube.make_query(
            get_info(self.resource),
            namespaces,
            label_selector=self.label_selector,
            field_selector=fields,
        )
        if self.view is None and note is None:
            return query
        view = (self.resource, self.view) if self.view is not None else None
        return replace(query, view=view, window=self.window, note=note)
