"""Kubernetes: resources as models, a cluster as part of an application, live views, routers.

General layout, imports going down only:

    live                          a mapping that stays equal to the cluster
    explorer, tables, manifests   kinds without a class; YAML applied with a result per document
    discovery, documents          what a cluster serves; YAML with the line of every field
    executing, terminals, channels  commands in containers, and their streams
    controller_revisions, rollouts, workloads  logs of pods; scale, restart and rollback
    routers, reading, policies, drafts  procedures of one kind of resource
    view_routers, watching        the same of rows computed from it; live views of a user
    permissions, bulk             what a user may do with it; many objects in one call
    scopes, merging, merged_lists, guard  rights in some namespaces only, and rights taken away
    clusters                      several of them; each request names one
    cluster                       `Kube`, and the context that binds it to a user
    user_kube, objects, reviews   operations and rights, as one user has them
    change_rules, protection      what of them the application forbids
    rules, remembering, rbac_changes  rights told by the cluster, kept, and dropped
    hub, feed, subscription       live views: one list and watch for all who look
    views, windows, deriving      rows computed of objects, sorted and cut; sources of sources
    store, frames, wire           what they are made of, without input or output
    client, credentials, identity HTTP, and as whom
    kubeconfig, urls, names, resource, errors
"""

from fairlead.kube.change_rules import Change, ChangeRule
from fairlead.kube.cluster import Kube, KubeContext, KubeOptions
from fairlead.kube.clusters import ClusterNames, Clusters
from fairlead.kube.controller_revisions import DaemonSetRouter, StatefulSetRouter
from fairlead.kube.counting import Facet, FacetCount
from fairlead.kube.discovery import KindRef, ServedKind
from fairlead.kube.errors import (
    KubeConfigError,
    KubeConflictError,
    KubeError,
    KubeForbiddenError,
    KubeGoneError,
    KubeInvalidError,
    KubeNotFoundError,
    KubeProtocolError,
    KubeStatusError,
    KubeThrottledError,
    KubeTimeoutError,
    KubeUnauthorizedError,
    KubeUnreachableError,
)
from fairlead.kube.explorer import Explorer
from fairlead.kube.feeds import FeedReport, Feeds
from fairlead.kube.frames import Delta, ObjectRef, Snapshot, StateChange
from fairlead.kube.identity import TokenSource, UserToken
from fairlead.kube.lists import ListMeta, MissingObjects, ResourceList
from fairlead.kube.live import LiveStore, live
from fairlead.kube.manifests import AppliedDocument, DocumentProblem, Manifests
from fairlead.kube.objects import DeleteOptions, ListOptions
from fairlead.kube.permissions import (
    Permission,
    Permissions,
    PermissionTarget,
    TargetPermissions,
)
from fairlead.kube.protection import Protection
from fairlead.kube.reading import ReadRouter
from fairlead.kube.resource import (
    KubeModel,
    ObjectMeta,
    OwnerReference,
    Resource,
    ResourceInfo,
)
from fairlead.kube.rollouts import DeploymentRouter, KeptRevision, Revision
from fairlead.kube.routers import (
    FieldProblem,
    InvalidObject,
    JsonPatchOperation,
    ObjectInUse,
    ResourceRouter,
    StaleObject,
    explain_invalid,
)
from fairlead.kube.tables import KindTable, TableColumn, TableRow
from fairlead.kube.user_kube import UserKube
from fairlead.kube.view_routers import ViewRouter
from fairlead.kube.views import RowMeta, View, ViewDelta, ViewList, ViewSnapshot
from fairlead.kube.windows import RowFilter
from fairlead.kube.workloads import LogChunk, PodRouter, WorkloadRouter

__all__ = [
    "AppliedDocument",
    "Change",
    "ChangeRule",
    "ClusterNames",
    "Clusters",
    "DaemonSetRouter",
    "DeleteOptions",
    "Delta",
    "DeploymentRouter",
    "DocumentProblem",
    "Explorer",
    "Facet",
    "FacetCount",
    "FeedReport",
    "Feeds",
    "FieldProblem",
    "InvalidObject",
    "JsonPatchOperation",
    "KeptRevision",
    "KindRef",
    "KindTable",
    "Kube",
    "KubeConfigError",
    "KubeConflictError",
    "KubeContext",
    "KubeError",
    "KubeForbiddenError",
    "KubeGoneError",
    "KubeInvalidError",
    "KubeModel",
    "KubeNotFoundError",
    "KubeOptions",
    "KubeProtocolError",
    "KubeStatusError",
    "KubeThrottledError",
    "KubeTimeoutError",
    "KubeUnauthorizedError",
    "KubeUnreachableError",
    "ListMeta",
    "ListOptions",
    "LiveStore",
    "LogChunk",
    "Manifests",
    "MissingObjects",
    "ObjectInUse",
    "ObjectMeta",
    "ObjectRef",
    "OwnerReference",
    "Permission",
    "PermissionTarget",
    "Permissions",
    "PodRouter",
    "Protection",
    "ReadRouter",
    "Resource",
    "ResourceInfo",
    "ResourceList",
    "ResourceRouter",
    "Revision",
    "RowFilter",
    "RowMeta",
    "ServedKind",
    "Snapshot",
    "StaleObject",
    "StateChange",
    "StatefulSetRouter",
    "TableColumn",
    "TableRow",
    "TargetPermissions",
    "TokenSource",
    "UserKube",
    "UserToken",
    "View",
    "ViewDelta",
    "ViewList",
    "ViewRouter",
    "ViewSnapshot",
    "WorkloadRouter",
    "explain_invalid",
    "live",
]
