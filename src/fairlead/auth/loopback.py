"""Is it this machine?"""

from __future__ import annotations

import ipaddress

__all__ = ["is_loopback_address", "is_loopback_host"]


def is_loopback_address(text: str) -> bool:
    """An IP address of this machine itself."""
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


def is_loopback_host(host: str) -> bool:
    """A `Host` header (or the host part of a URL) that names this machine: no page elsewhere
    can make a browser send it.
    """
    name = host.rpartition(":")[0] if ":" in host.rpartition("]")[2] else host
    return name == "localhost" or is_loopback_address(name.strip("[]"))
