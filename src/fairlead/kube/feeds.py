"""`Feeds`: how the live feeds of a cluster are, as a procedure, for whoever may see it."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from fairlead.access import Kind, can
from fairlead.context import UserContext
from fairlead.kube.frames import FeedState
from fairlead.kube.hub import FeedHealth, Hub
from fairlead.procedure import query
from fairlead.router import Router

__all__ = ["LIVE_FEEDS", "FeedReport", "Feeds"]

LIVE_FEEDS = Kind(group="fairlead.dev", plural="livefeeds")
"""What a role must let somebody `list` who may see the feeds: they tell what others look at."""


class FeedReport(BaseModel):
    """How one feed is.

    Attributes:
        selectors: of labels and fields, as they stand in the URL; empty for none.
        reason: why it is stale.
        subscriptions: who reads it: subscriptions, and views of it.
        lists: how often the objects were listed: more than once means a loss was made good.
        quiet_seconds: its lag: since the cluster last told it anything; None: nothing yet.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    resource: str
    namespace: str | None
    selectors: str
    state: FeedState
    reason: str | None
    objects: int
    subscriptions: int
    lists: int
    watches: int
    quiet_seconds: float | None

    @classmethod
    def of(cls, health: FeedHealth) -> Self:
        """A feed's health as it travels."""
        return cls(**{name: getattr(health, name) for name in cls.model_fields})


class Feeds(Router[UserContext]):
    """The live feeds of the application's cluster.

    A cluster role that lets its subjects `list` `livefeeds` of the group `fairlead.dev` gives
    access to them; nobody else has it. Users' names are not told.
    """

    @query(access=can("list", LIVE_FEEDS, namespace=None, name=None))
    async def list_(self) -> list[FeedReport]:
        """All feeds, those that have lost the cluster first, then by how long they are quiet."""
        found = self.ctx.request.services.get(Hub).get_health()
        found.sort(
            key=lambda each: (each.state != "stale", -(each.quiet_seconds or 0.0))
        )
        return [FeedReport.of(each) for each in found]
