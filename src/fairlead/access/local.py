"""`LocalAuthorizer`: Kubernetes-style access control for applications without a cluster."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from fairlead.access.explaining import Contact, explain_denial
from fairlead.access.policy import Decision
from fairlead.access.rbac import RbacPolicy
from fairlead.access.resource import Engine
from fairlead.access.rights import ResourceAttributes
from fairlead.access.sources import RbacSource
from fairlead.context import Request
from fairlead.errors import DefinitionError

__all__ = ["LocalAuthorizer"]

log = logging.getLogger("fairlead.access")

MAX_GRANTERS = 3


class LocalAuthorizer(Engine):
    """Answers access reviews from roles and bindings that the application keeps itself.

        engine = LocalAuthorizer(YamlSource("roles.yaml"))
        app = Fairlead(App, services=[engine])

    The decisions are those that a cluster with the same roles and bindings takes. Changes are
    noticed while it runs; what cannot be read then is logged, and the last good state stays.

    Args:
        contact: who can grant rights, for denials; by default the users and groups that may
            create bindings.
        default_namespace: where operations go whose input names no namespace.
        check_seconds: how often the source is looked at for changes, at most.

    Raises:
        DefinitionError: the source cannot be read.
    """

    def __init__(
        self,
        source: RbacSource,
        *,
        contact: Contact | None = None,
        default_namespace: str | None = None,
        check_seconds: float = 1.0,
    ) -> None:
        self.default_namespace = default_namespace
        self.poll_seconds = 60.0
        self._source = source
        self._contact = contact
        self._check_seconds = check_seconds
        self._version = source.get_version()
        self._policy = RbacPolicy(source.read())
        self._checked_at = time.monotonic()
        self._listeners: dict[object, Callable[[], None]] = {}
        self._watching: asyncio.Task[None] | None = None

    @property
    def policy(self) -> RbacPolicy:
        """Roles and bindings as they are now."""
        now = time.monotonic()
        if now - self._checked_at >= self._check_seconds:
            self._checked_at = now
            self._reload()
        return self._policy

    async def review(
        self, request: Request, attributes: ResourceAttributes
    ) -> Decision:
        """May the user of this request do it?"""
        if request.user is None:
            return Decision(allowed=False, reason="Sign in first", needs_user=True)
        policy = self.policy
        if policy.allows(request.user, attributes):
            return Decision(allowed=True, right=attributes)
        contact = self._contact or _name_granters(policy, attributes.namespace)
        reason = explain_denial(attributes, contact)
        return Decision(allowed=False, reason=reason, right=attributes)

    async def review_many(
        self,
        request: Request,
        attributes: Sequence[ResourceAttributes],
        *,
        max_age: float | None = None,
    ) -> list[Decision]:
        """The same for many rights at once."""
        if max_age is not None:
            self._checked_at = min(self._checked_at, time.monotonic() - max_age)
        return [await self.review(request, each) for each in attributes]

    def on_change(
        self, request: Request, wake: Callable[[], None]
    ) -> Callable[[], None]:
        """Tells of every change of the source."""
        del request
        token = object()
        self._listeners[token] = wake
        if self._watching is None:
            self._watching = asyncio.get_running_loop().create_task(self._watch())

        def stop() -> None:
            self._listeners.pop(token, None)
            if not self._listeners and self._watching is not None:
                self._watching.cancel()
                self._watching = None

        return stop

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._check_seconds)
            self._reload()

    def _reload(self) -> None:
        version = self._source.get_version()
        if version == self._version:
            return
        self._version = version
        try:
            self._policy = RbacPolicy(self._source.read())
        except (DefinitionError, OSError) as error:
            log.error("The roles cannot be read; the last ones stay: %s", error)
            return
        for wake in list(self._listeners.values()):
            wake()


def _name_granters(policy: RbacPolicy, namespace: str | None) -> str | None:
    names = policy.find_granters(namespace)
    if not names:
        return None
    return " or ".join(names[:MAX_GRANTERS])
