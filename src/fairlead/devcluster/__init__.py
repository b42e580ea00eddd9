"""The Fairlead dev cluster: an embedded Kubernetes-compatible API server.

General layout, from the bottom up (imports go down only):

    errors, jsontypes, names, selectors, schema    leaves
    storage                                        versions in SQLite, the live set
    registry, builtins, crds                       which resources there are
    rbac, authentication                           who may do what
    writes, patches, apply, deletes, reads, watches  the verbs
    controllers, definitions                       what happens after a write
    routes, server                                 HTTP
    cluster                                        the whole, as an object
"""

from __future__ import annotations

from fairlead.devcluster.authentication import StaticToken
from fairlead.devcluster.cluster import DevCluster
from fairlead.devcluster.errors import DevClusterError
from fairlead.devcluster.execution import ExecHandler, ExecRequest, ExecSession
from fairlead.devcluster.faults import Faults
from fairlead.devcluster.state import Limits
from fairlead.devcluster.timekeeping import Clock

__all__ = [
    "Clock",
    "DevCluster",
    "DevClusterError",
    "ExecHandler",
    "ExecRequest",
    "ExecSession",
    "Faults",
    "Limits",
    "StaticToken",
]
