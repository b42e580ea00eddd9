"""Who may call what: policies, decisions, and Kubernetes-style rights."""

from fairlead.access.policy import (
    AccessRequest,
    Decision,
    Policy,
    all_of,
    any_of,
    authenticated,
    public,
)
from fairlead.access.resource import Authorizer, ResourceAttributes, can

__all__ = [
    "AccessRequest",
    "Authorizer",
    "Decision",
    "Policy",
    "ResourceAttributes",
    "all_of",
    "any_of",
    "authenticated",
    "can",
    "public",
]
