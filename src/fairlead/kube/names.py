"""Names, namespaces and selectors, checked before they become part of a URL.

An API server reads its URLs by position: an empty name turns "delete this one" into "delete
all of them", and `..` or `/` reach another resource. Nothing gets into a path unchecked.
"""

from __future__ import annotations

import re

from fairlead.errors import TRPCError

__all__ = [
    "check_name",
    "check_namespace",
    "check_selector",
    "is_dns_label",
    "is_dns_subdomain",
]

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(
    r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
)
# Wider than DNS names: RBAC objects are called `system:node` or `Admin_2`.
_NAME = re.compile(r"[A-Za-z0-9_:@][-A-Za-z0-9_.:@]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

MAX_NAME = 253
MAX_LABEL = 63
MAX_SELECTOR = 4096


def is_dns_label(text: str) -> bool:
    """Is it a DNS label (RFC 1123): what namespaces and plurals are made of?"""
    return len(text) <= MAX_LABEL and _LABEL.fullmatch(text) is not None


def is_dns_subdomain(text: str) -> bool:
    """Is it a DNS name: what groups and most objects are called?"""
    return len(text) <= MAX_NAME and _SUBDOMAIN.fullmatch(text) is not None


def check_name(name: str) -> str:
    """An object's name that may stand in a URL.

    Raises:
        TRPCError: BAD_REQUEST; it is empty, too long or would reach something else.
    """
    if len(name) > MAX_NAME or _NAME.fullmatch(name) is None:
        raise TRPCError(
            "BAD_REQUEST",
            f"{name[:MAX_NAME]!r} is no name of an object: 1 to {MAX_NAME} letters, digits, "
            "'-', '.', '_' or ':', not starting with '-' or '.'",
        )
    return name


def check_namespace(namespace: str) -> str:
    """A namespace that may stand in a URL.

    Raises:
        TRPCError: BAD_REQUEST; it is none.
    """
    if not is_dns_label(namespace):
        raise TRPCError(
            "BAD_REQUEST",
            f"{namespace[:MAX_NAME]!r} is no namespace: 1 to {MAX_LABEL} lower-case letters, "
            "digits or '-', starting and ending with a letter or digit",
        )
    return namespace


def check_selector(selector: str | None) -> str | None:
    """A label or field selector of a length that fits a URL; empty is none.

    Its grammar is the API server's to judge: it answers BAD_REQUEST with the reason.

    Raises:
        TRPCError: BAD_REQUEST; it is too long or has control characters.
    """
    if not selector or not selector.strip():
        return None
    if len(selector) > MAX_SELECTOR or _CONTROL.search(selector):
        raise TRPCError(
            "BAD_REQUEST",
            f"The selector is longer than {MAX_SELECTOR} characters or has control characters",
        )
    return selector.strip()
