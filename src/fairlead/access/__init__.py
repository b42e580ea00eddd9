"""Who may call what: policies, decisions, engines, and the record of both.

General layout, imports going down only:

    trail, store                  a kept audit trail, and the procedures that show it
    local, sources                the engine for applications without a cluster
    rules, objects                Kubernetes-style roles and bindings, and what they allow
    audit                         a record of each denial and of each allowed mutation
    resource                      `can`, and what answers it
    policy, rights                policies; rights in the terms of Kubernetes
"""

from fairlead.access.audit import Audit, AuditRecord, AuditSink, LogSink
from fairlead.access.policy import (
    AccessRequest,
    Decision,
    Policy,
    Verdict,
    all_of,
    any_of,
    authenticated,
    custom,
    public,
)
from fairlead.access.resource import Authorizer, Engine, From, can
from fairlead.access.rights import Kind, ResourceAttributes, ResourceDescription

__all__ = [
    "AccessRequest",
    "Audit",
    "AuditRecord",
    "AuditSink",
    "Authorizer",
    "Decision",
    "Engine",
    "From",
    "Kind",
    "LogSink",
    "Policy",
    "ResourceAttributes",
    "ResourceDescription",
    "Verdict",
    "all_of",
    "any_of",
    "authenticated",
    "can",
    "custom",
    "public",
]
