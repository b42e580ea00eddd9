"""A store by its URL."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from fairlead.auth.stores.sqlite import SqliteSessionStore
from fairlead.auth.stores.store import SessionStore
from fairlead.errors import DefinitionError

__all__ = ["open_store"]


def open_store(url: str) -> SessionStore:
    """The store that a URL names; it connects when it is entered.

    `sqlite:///var/lib/app/sessions.db` (or `sqlite:sessions.db`, relative),
    `redis://host:6379/0`, `rediss://...`, `postgresql://user@host/database`.

    Raises:
        DefinitionError: no store is like that, or its library is not installed.
    """
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        path = url.removeprefix("sqlite:")
        return SqliteSessionStore(Path(unquote(path.removeprefix("//"))))
    if scheme in ("redis", "rediss", "unix"):
        from fairlead.auth.stores.redis import RedisSessionStore  # noqa: PLC0415  an extra

        return RedisSessionStore(url)
    if scheme in ("postgresql", "postgres"):
        from fairlead.auth.stores.postgres import (  # noqa: PLC0415  an extra
            PostgresSessionStore,
        )

        return PostgresSessionStore(url)
    raise DefinitionError(
        f"no session store is called {scheme or 'nothing'!r}: "
        "use sqlite:, redis:, rediss: or postgresql:"
    )
