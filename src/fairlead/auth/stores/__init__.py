"""Where sessions are kept: SQLite (the default), Redis, PostgreSQL."""

from fairlead.auth.stores.choosing import open_store
from fairlead.auth.stores.sqlite import SqliteSessionStore
from fairlead.auth.stores.store import SessionRow, SessionStore, StoreError

__all__ = [
    "SessionRow",
    "SessionStore",
    "SqliteSessionStore",
    "StoreError",
    "open_store",
]
