"""The sessions of an application: made, found, used, refreshed once for all, ended for all."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Collection, Coroutine, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from fairlead.auth.endings import Endings, make_ended_error
from fairlead.auth.keys import KeyRing
from fairlead.auth.renewal import Renewal, Renewer
from fairlead.auth.session import (
    Session,
    SessionOptions,
    decode_session,
    encode_session,
    get_key,
    get_origin_tag,
    get_user_tag,
    make_cookie_value,
)
from fairlead.auth.stores.store import SessionRow, SessionStore, StoreError
from fairlead.errors import TRPCError

__all__ = ["LiveSession", "Sessions", "SignedIn"]

log = logging.getLogger("fairlead.sessions")

PURGE_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One session as its user sees it in a list."""

    session: Session
    last_seen: float
    key: str


@dataclass(slots=True)
class _Kept:
    """A session in memory."""

    session: Session
    last_seen: float
    expires_at: float
    loaded_at: float


class LiveSession:
    """The session of a request."""

    __slots__ = ("_sessions", "key", "session")

    def __init__(self, sessions: Sessions, key: str, session: Session) -> None:
        self._sessions = sessions
        self.key = key
        self.session = session

    def note_use(self) -> None:
        """The user did something: the session is not idle."""
        self._sessions.note_use(self.key)

    def on_end(self, tell: Callable[[TRPCError], None]) -> Callable[[], None]:
        """Calls `tell` once when the session ends; returns what stops that."""
        return self._sessions.endings.listen(self.key, tell)

    async def get_cluster_token(self, *, renew: bool = False) -> str | None:
        """The token for the cluster now; a new one when the cluster refused the last.

        Raises:
            TRPCError: UNAUTHORIZED; the session has ended.
        """
        session = await self._sessions.find_fresh(self.key)
        token = session.tokens.cluster
        if renew and token is not None and session.tokens.refresh is not None:
            session = await self._sessions.renew(self.key, refused=token)
            token = session.tokens.cluster
        return token


@contextmanager
def _explaining() -> Generator[None]:
    """What clients hear of a store that does not answer."""
    try:
        yield
    except StoreError as error:
        log.exception("sessions cannot be read")
        raise TRPCError(
            "SERVICE_UNAVAILABLE", "Sessions cannot be read just now: try again"
        ) from error


class Sessions:
    """All sessions in a store.

    Args:
        renew: asks a session's provider for new tokens.
    """

    def __init__(
        self,
        store: SessionStore,
        keys: KeyRing,
        renew: Renewer,
        options: SessionOptions | None = None,
    ) -> None:
        self.options = options or SessionOptions()
        self.endings = Endings(self._keep)
        self._store = store
        self._keys = keys
        self._kept: dict[str, _Kept] = {}
        self._renewal = Renewal(store, self._load, self._save, renew)
        self._tasks: set[asyncio.Task[None]] = set()
        self._background: list[asyncio.Task[None]] = []

    # --- life

    async def __aenter__(self) -> Self:
        await self._store.__aenter__()
        self._background = [
            asyncio.create_task(self._follow_endings()),
            asyncio.create_task(self._purge_forever()),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._background:
            task.cancel()
        self.endings.close()
        await asyncio.gather(*self._background, *self._tasks, return_exceptions=True)
        await self._renewal.wait()  # a rotated refresh token must not be lost
        await self._store.__aexit__(None, None, None)

    # --- making and finding

    async def create(self, session: Session) -> str:
        """Keeps a new session; returns what its cookie holds."""
        cookie = make_cookie_value()
        key, now = get_key(cookie), time.time()
        tags = [get_user_tag(session.user.name)]
        origin = session.origin
        if origin.issuer:
            tags.append(get_origin_tag(origin.issuer, "sub", origin.subject))
            if origin.session is not None:
                tags.append(get_origin_tag(origin.issuer, "sid", origin.session))
        row = SessionRow(
            key=key,
            data=encode_session(self._keys, key, session),
            tags=tuple(tags),
            last_seen=now,
            expires_at=min(now + self.options.idle_seconds, session.expires_at),
        )
        await self._store.insert(row)
        await self._bound(tags[0])
        return cookie

    async def _bound(self, user_tag: str) -> None:
        rows = await self._store.find_tagged(user_tag)
        surplus = len(rows) - self.options.per_user
        if surplus > 0:
            rows.sort(key=lambda row: row.last_seen)
            await self.end([row.key for row in rows[:surplus]])

    async def find(self, cookie: str) -> LiveSession | None:
        """The session of a cookie; None when it has ended, or never was.

        Raises:
            TRPCError: SERVICE_UNAVAILABLE; the store does not answer.
        """
        key = get_key(cookie)
        try:
            with _explaining():
                session = await self.find_fresh(key)
        except TRPCError as error:
            if error.code == "UNAUTHORIZED":
                return None
            raise
        return LiveSession(self, key, session)

    async def find_to_end(self, cookie: str) -> LiveSession | None:
        """The same as it is: to be ended it needs no new tokens, nor a provider that gives some.

        Raises:
            TRPCError: SERVICE_UNAVAILABLE; the store does not answer.
        """
        key = get_key(cookie)
        with _explaining():
            kept = await self._load(key)
        return None if kept is None else LiveSession(self, key, kept.session)

    async def find_fresh(self, key: str) -> Session:
        """The session, its tokens refreshed when that is due.

        Raises:
            TRPCError: UNAUTHORIZED; it has ended.
        """
        kept = self._kept.get(key)
        now = time.time()
        if kept is None or now - kept.loaded_at > self.options.cache_seconds:
            kept = await self._load(key)
        if kept is None or kept.expires_at <= now:
            raise make_ended_error()
        tokens = kept.session.tokens
        if tokens.refresh_at is not None and tokens.refresh_at <= now:
            return await self.renew(key)
        if (
            tokens.binding
            and tokens.expires_at is not None
            and tokens.expires_at <= now
        ):
            await self.end([key])
            raise make_ended_error()
        return kept.session

    async def renew(self, key: str, *, refused: str | None = None) -> Session:
        """New tokens for a session: asked for once, however many wait, on whatever replica.

        Raises:
            TRPCError: UNAUTHORIZED; it has ended, or the provider ended it.
        """
        kept = await self._renewal.run(key, refused)
        if kept is None:
            await self.end([key])
            raise make_ended_error()
        return kept.session

    async def _load(self, key: str) -> _Kept | None:
        row = await self._store.find(key)
        session = None if row is None else decode_session(self._keys, row)
        if row is None or session is None:
            self._kept.pop(key, None)
            return None
        kept = _Kept(session, row.last_seen, row.expires_at, time.time())
        kept_before = self._kept.pop(key, None)
        if kept_before is not None:
            kept.last_seen = max(kept.last_seen, kept_before.last_seen)
            kept.expires_at = max(kept.expires_at, kept_before.expires_at)
        while len(self._kept) >= self.options.cached:
            self._kept.pop(next(iter(self._kept)))
        self._kept[key] = kept
        return kept

    async def _save(self, key: str, session: Session, version: int) -> bool:
        data = encode_session(self._keys, key, session)
        return await self._store.replace(key, data, version)

    # --- use

    def note_use(self, key: str) -> None:
        """Puts the idle end off; written down once in a while."""
        kept = self._kept.get(key)
        now = time.time()
        if kept is None:
            return
        options = self.options
        if now - kept.last_seen < min(options.touch_seconds, options.idle_seconds / 10):
            return
        kept.last_seen = now
        kept.expires_at = min(now + self.options.idle_seconds, kept.session.expires_at)
        self._start(self._touch(key, now, kept.expires_at))

    async def _touch(self, key: str, now: float, expires_at: float) -> None:
        try:
            await self._store.touch(key, now, expires_at)
        except StoreError:
            log.warning("a use of a session could not be noted", exc_info=True)

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- ending

    async def end(self, keys: Collection[str]) -> int:
        """Ends sessions here and on every replica; how many there were."""
        for key in keys:
            self._kept.pop(key, None)
        gone = await self._store.delete(keys)
        for key in keys:
            self._forget(key)
        return len(gone)

    async def end_tagged(self, tag: str, *, but: str | None = None) -> int:
        """Ends all sessions with a tag, but one."""
        rows = await self._store.find_tagged(tag)
        return await self.end([row.key for row in rows if row.key != but])

    async def remember_once(self, name: str, seconds: float = 600.0) -> bool:
        """True the first time that any replica says this name within that long."""
        return await self._store.try_lock(f"once:{name}", secrets.token_hex(8), seconds)

    async def list_for(self, user: str) -> list[SignedIn]:
        """A user's sessions, the latest used first."""
        rows = await self._store.find_tagged(get_user_tag(user))
        rows.sort(key=lambda row: -row.last_seen)
        found = [(row, decode_session(self._keys, row)) for row in rows]
        return [
            SignedIn(session, row.last_seen, row.key)
            for row, session in found
            if session is not None
        ]

    def _forget(self, key: str) -> None:
        self._kept.pop(key, None)
        self.endings.tell(key)

    async def _follow_endings(self) -> None:
        while True:
            try:
                async for key in self._store.watch():
                    if key is None:
                        self._kept.clear()
                        await self._check_open()
                    else:
                        self._forget(key)
            except StoreError:
                log.warning("the ends of sessions cannot be watched", exc_info=True)
                self._kept.clear()
            await asyncio.sleep(0.5)

    async def _check_open(self) -> None:
        keys = self.endings.keys
        for key in keys - await self._store.find_alive(keys):
            self._forget(key)

    async def _purge_forever(self) -> None:
        while True:
            try:
                await self._store.purge()
            except StoreError:
                log.warning("expired sessions could not be removed", exc_info=True)
            await asyncio.sleep(PURGE_SECONDS)

    # --- open streams

    async def _keep(self, key: str) -> None:
        """Lives as long as streams of a session are open: refreshes in time, ends in time."""
        delay = 0.0
        while True:
            await asyncio.sleep(delay)
            try:
                delay = await self._get_delay(key)
            except TRPCError as error:
                if error.code == "UNAUTHORIZED":
                    self._forget(key)
                    return
                delay = 5.0  # the provider does not answer: not the end of the session
            except StoreError:
                delay = 1.0

    async def _get_delay(self, key: str) -> float:
        """Does what is due; seconds until something is due again."""
        await self._load(key)
        session = await self.find_fresh(key)
        kept = self._kept.get(key)
        due = [session.expires_at if kept is None else kept.expires_at]
        tokens = session.tokens
        if tokens.refresh_at is not None:
            due.append(tokens.refresh_at)
        elif tokens.binding and tokens.expires_at is not None:
            due.append(tokens.expires_at)
        return max(0.01, min(due) - time.time())
