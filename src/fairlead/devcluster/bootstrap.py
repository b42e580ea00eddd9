"""What a fresh cluster contains: namespaces, and the roles that everybody relies on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from uuid import uuid4

from fairlead.devcluster.identity import AUTHENTICATED, MASTERS, UNAUTHENTICATED
from fairlead.devcluster.jsontypes import JsonObject
from fairlead.devcluster.metadata import timestamp
from fairlead.devcluster.rbac import GROUP
from fairlead.devcluster.state import State

NAMESPACES: Final = ("default", "kube-system", "kube-public", "kube-node-lease")
_AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-"
_READ = ["get", "list", "watch"]
_WRITE = ["create", "delete", "deletecollection", "patch", "update"]
_HEALTH = ["/healthz", "/livez", "/readyz", "/version", "/version/"]
_DISCOVERY = ["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*", *_HEALTH]


def _rule(verbs: list[str], group: str, *resources: str) -> JsonObject:
    return {"verbs": verbs, "apiGroups": [group], "resources": list(resources)}


def _paths(*paths: str) -> JsonObject:
    return {"verbs": ["get"], "nonResourceURLs": list(paths)}


_EVERYTHING = [
    {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
    {"verbs": ["*"], "nonResourceURLs": ["*"]},
]
_VIEW = [
    _rule(_READ, "", "configmaps", "endpoints", "persistentvolumeclaims", "persistentvolumeclaims/status", "pods", "replicationcontrollers", "replicationcontrollers/scale", "serviceaccounts", "services", "services/status"),
    _rule(_READ, "", "bindings", "events", "limitranges", "namespaces/status", "pods/log", "pods/status", "replicationcontrollers/status", "resourcequotas", "resourcequotas/status"),
    _rule(_READ, "", "namespaces"),
    _rule(_READ, "discovery.k8s.io", "endpointslices"),
    _rule(_READ, "apps", "controllerrevisions", "daemonsets", "daemonsets/status", "deployments", "deployments/scale", "deployments/status", "replicasets", "replicasets/scale", "replicasets/status", "statefulsets", "statefulsets/scale", "statefulsets/status"),
    _rule(_READ, "autoscaling", "horizontalpodautoscalers", "horizontalpodautoscalers/status"),
    _rule(_READ, "batch", "cronjobs", "cronjobs/status", "jobs", "jobs/status"),
    _rule(_READ, "policy", "poddisruptionbudgets", "poddisruptionbudgets/status"),
    _rule(_READ, "networking.k8s.io", "ingresses", "ingresses/status", "networkpolicies"),
]  # fmt: skip
_EDIT = [
    _rule(_READ, "", "pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "secrets", "services/proxy"),
    _rule(["impersonate"], "", "serviceaccounts"),
    _rule(_WRITE, "", "pods", "pods/attach", "pods/exec", "pods/portforward", "pods/proxy"),
    _rule(["create"], "", "pods/eviction"),
    _rule(_WRITE, "", "configmaps", "events", "persistentvolumeclaims", "replicationcontrollers", "replicationcontrollers/scale", "secrets", "serviceaccounts", "services", "services/proxy"),
    _rule(["create"], "", "serviceaccounts/token"),
    _rule(_WRITE, "apps", "daemonsets", "deployments", "deployments/rollback", "deployments/scale", "replicasets", "replicasets/scale", "statefulsets", "statefulsets/scale"),
    _rule(_WRITE, "autoscaling", "horizontalpodautoscalers"),
    _rule(_WRITE, "batch", "cronjobs", "jobs"),
    _rule(_WRITE, "policy", "poddisruptionbudgets"),
    _rule(_WRITE, "networking.k8s.io", "ingresses", "networkpolicies"),
    _rule([*_WRITE, *_READ], "coordination.k8s.io", "leases"),
]  # fmt: skip
_ADMIN = [
    _rule(["create"], "authorization.k8s.io", "localsubjectaccessreviews"),
    _rule([*_WRITE, *_READ], GROUP, "rolebindings", "roles"),
]
_BASIC_USER = [
    _rule(["create"], "authorization.k8s.io", "selfsubjectaccessreviews", "selfsubjectrulesreviews"),
    _rule(["create"], "authentication.k8s.io", "selfsubjectreviews"),
]  # fmt: skip

# name: (rules, the role that takes them in, the role label that it collects)
ROLES: Final[dict[str, tuple[list[JsonObject], str, str]]] = {
    "cluster-admin": (_EVERYTHING, "", ""),
    "admin": ([], "", "admin"),
    "edit": ([], "admin", "edit"),
    "view": ([], "edit", "view"),
    "system:aggregate-to-admin": (_ADMIN, "admin", ""),
    "system:aggregate-to-edit": (_EDIT, "edit", ""),
    "system:aggregate-to-view": (_VIEW, "view", ""),
    "system:discovery": ([_paths(*_DISCOVERY)], "", ""),
    "system:basic-user": (_BASIC_USER, "", ""),
    "system:public-info-viewer": ([_paths(*_HEALTH)], "", ""),
    "system:monitoring": ([_paths("/healthz", "/healthz/*", "/livez", "/livez/*", "/metrics", "/readyz", "/readyz/*")], "", ""),
    "system:service-account-issuer-discovery": ([_paths("/.well-known/openid-configuration", "/openid/v1/jwks")], "", ""),
}  # fmt: skip
BINDINGS: Final[dict[str, tuple[str, ...]]] = {
    "cluster-admin": (MASTERS,),
    "system:discovery": (AUTHENTICATED,),
    "system:basic-user": (AUTHENTICATED,),
    "system:public-info-viewer": (AUTHENTICATED, UNAUTHENTICATED),
    "system:monitoring": ("system:monitoring",),
    "system:service-account-issuer-discovery": ("system:serviceaccounts",),
}


def bootstrap(state: State) -> None:
    """Store what is missing; what an operator changed is left alone."""
    for key, name, body in _objects():
        if state.storage.find(key, "", name) is None:
            metadata = {
                "name": name,
                "uid": str(uuid4()),
                "creationTimestamp": timestamp(state.clock()),
                **body.pop("metadata", {}),
            }
            state.storage.put(key, "", name, {"metadata": metadata, **body})


def _objects() -> Iterator[tuple[str, str, JsonObject]]:
    for name in NAMESPACES:
        labels = {"kubernetes.io/metadata.name": name}
        body = {
            "metadata": {"labels": labels},
            "spec": {"finalizers": ["kubernetes"]},
            "status": {"phase": "Active"},
        }
        yield "namespaces", name, body
    for name, (rules, into, collects) in ROLES.items():
        yield f"clusterroles.{GROUP}", name, _role(rules, into, collects)
    for name, groups in BINDINGS.items():
        subjects = [
            {"kind": "Group", "apiGroup": GROUP, "name": group} for group in groups
        ]
        ref = {"apiGroup": GROUP, "kind": "ClusterRole", "name": name}
        yield (
            f"clusterrolebindings.{GROUP}",
            name,
            {"metadata": _marks(), "subjects": subjects, "roleRef": ref},
        )


def _role(rules: list[JsonObject], into: str, collects: str) -> JsonObject:
    metadata = _marks()
    if into:
        metadata["labels"][_AGGREGATE + into] = "true"
    body: JsonObject = {"metadata": metadata, "rules": rules}
    if collects:
        selector = {"matchLabels": {_AGGREGATE + collects: "true"}}
        body["aggregationRule"] = {"clusterRoleSelectors": [selector]}
    return body


def _marks() -> JsonObject:
    return {
        "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"},
        "annotations": {"rbac.authorization.kubernetes.io/autoupdate": "true"},
    }
