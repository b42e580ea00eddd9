"""String formats that Kubernetes checks in custom resource schemas."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from datetime import date, datetime
from urllib.parse import urlsplit
from uuid import UUID

_DURATION = re.compile(
    r"^[-+]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))*$|^0$"
)
_HOST = re.compile(
    r"^([a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?)(\.[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?)*$"
)
_MAIL = re.compile(r"^[^@\s]+@[^@\s]+$")
_RFC3339 = re.compile(
    r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[-+]\d{2}:\d{2})$"
)


def matches_format(name: str, value: str) -> bool:
    """Tell whether `value` has the format; unknown formats accept everything."""
    check = _CHECKS.get(name)
    if check is None:
        return True
    try:
        return check(value)
    except (ValueError, binascii.Error):
        return False


def _date_time(value: str) -> bool:
    if not _RFC3339.match(value):
        return False
    datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value.upper()))
    return True


def _date(value: str) -> bool:
    date.fromisoformat(value)
    return len(value) == 10


def _uri(value: str) -> bool:
    return bool(urlsplit(value).scheme or value.startswith("/"))


def _byte(value: str) -> bool:
    base64.b64decode(value, validate=True)
    return True


_CHECKS: dict[str, Callable[[str], bool]] = {
    "date-time": _date_time,
    "datetime": _date_time,
    "date": _date,
    "byte": _byte,
    "uuid": lambda value: bool(UUID(value)),
    "uuid3": lambda value: UUID(value).version == 3,
    "uuid4": lambda value: UUID(value).version == 4,
    "uuid5": lambda value: UUID(value).version == 5,
    "ipv4": lambda value: bool(ipaddress.IPv4Address(value)),
    "ipv6": lambda value: bool(ipaddress.IPv6Address(value)),
    "cidr": lambda value: bool(ipaddress.ip_network(value, strict=False)),
    "email": lambda value: bool(_MAIL.match(value)),
    "hostname": lambda value: len(value) <= 255 and bool(_HOST.match(value)),
    "uri": _uri,
    "duration": lambda value: bool(_DURATION.match(value)),
}
