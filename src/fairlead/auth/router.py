"""A router for an application: the user's own sessions, listed and ended."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from fairlead.access import authenticated
from fairlead.auth.sessions import LiveSession, SignedIn
from fairlead.auth.sign_in import SignIn
from fairlead.context import UserContext
from fairlead.errors import TRPCError
from fairlead.procedure import mutation, query
from fairlead.router import Router

__all__ = ["EndedSessions", "MySession", "MySessions"]


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class MySession(_Model):
    """One of the user's sessions.

    Attributes:
        provider: how it was signed in; `token` for a pasted token.
        address: of the client that signed in.
        browser: its user agent.
        current: it is the one that asks.
    """

    id: str
    provider: str
    address: str | None
    browser: str | None
    signed_in_at: datetime
    last_seen: datetime
    expires_at: datetime
    current: bool


class EndedSessions(_Model):
    """How many sessions were ended."""

    ended: int


class MySessions(Router[UserContext]):
    """The user's own sessions. Their open connections end within a second of them.

    class Account(Router[UserContext]):
        sessions: MySessions
    """

    @query(access=authenticated)
    async def list_(self) -> list[MySession]:
        """All of them, the latest used first; none for a bearer token."""
        return [_show(each, self._current_key) for each in await self._find_all()]

    @mutation(access=authenticated)
    async def end(self, id: str) -> EndedSessions:  # noqa: A002  its name on the wire
        """Signs out one session, which may be this one."""
        for each in await self._find_all():
            if each.session.id == id:
                return await self._end([each])
        raise TRPCError("NOT_FOUND", "You have no such session (any more)")

    @mutation(access=authenticated)
    async def end_others(self) -> EndedSessions:
        """Signs out all but this one."""
        found = await self._find_all()
        return await self._end(
            [each for each in found if each.key != self._current_key]
        )

    async def _find_all(self) -> list[SignedIn]:
        """Without sign-in (a fixed user in development) there is none."""
        sign_in = self.ctx.request.services.find(SignIn)
        if sign_in is None or not sign_in.is_running:
            return []
        return await sign_in.sessions.list_for(self.ctx.user.name)

    async def _end(self, found: list[SignedIn]) -> EndedSessions:
        if not found:
            return EndedSessions(ended=0)
        sessions = self.ctx.request.services.get(SignIn).sessions
        return EndedSessions(ended=await sessions.end([each.key for each in found]))

    @property
    def _current_key(self) -> str | None:
        session = self.ctx.request.session
        return session.key if isinstance(session, LiveSession) else None


def _show(signed_in: SignedIn, current: str | None) -> MySession:
    session = signed_in.session
    return MySession(
        id=session.id,
        provider=session.origin.provider,
        address=session.address,
        browser=session.browser,
        signed_in_at=datetime.fromtimestamp(session.signed_in_at, UTC),
        last_seen=datetime.fromtimestamp(signed_in.last_seen, UTC),
        expires_at=datetime.fromtimestamp(session.expires_at, UTC),
        current=signed_in.key == current,
    )
