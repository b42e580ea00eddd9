"""Denials in words that a person can act on: which right, where, and who can grant it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from fairlead.access.rights import ResourceAttributes

__all__ = ["Contact", "explain_denial"]

Contact: TypeAlias = "str | Callable[[ResourceAttributes], str | None]"
"""Who can grant rights: a person, a channel or an address, or a function that says who."""


def explain_denial(
    attributes: ResourceAttributes, contact: Contact | None = None, told: str = ""
) -> str:
    """Why somebody may not do something.

    Args:
        told: what the cluster itself said.
    """
    who = contact if isinstance(contact, str | None) else contact(attributes)
    if who is None:
        who = (
            "whoever manages ClusterRoleBindings"
            if attributes.namespace is None
            else f"whoever manages RoleBindings in {attributes.namespace}"
        )
    because = f" ({told})" if told else ""
    return f"You may not {attributes}{because}. To get that right, ask {who}"
