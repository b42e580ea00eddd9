"""The ASGI application: HTTP, streams, WebSockets, and what a server needs around them."""

from fairlead.asgi.access_log import JsonFormatter
from fairlead.asgi.app import Fairlead, LifespanHook
from fairlead.asgi.cors import Cors
from fairlead.asgi.static import StaticSite

__all__ = ["Cors", "Fairlead", "JsonFormatter", "LifespanHook", "StaticSite"]
