"""The built-in resources: one row each."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from fairlead.devcluster.builtin_schemas import kind_schema
from fairlead.devcluster.registry import (
    ALL_VERBS,
    STATUS_VERBS,
    Registry,
    Resource,
    ScalePaths,
    Subresource,
    Version,
)

_REVIEW = ("create",)


@dataclass(frozen=True, slots=True)
class _Row:
    """What is particular to one built-in resource."""

    package: str
    kind: str
    plural: str
    namespaced: bool = True
    short: str = ""
    all: bool = False
    status: bool = False
    scale: bool = False
    verbs: tuple[str, ...] = ALL_VERBS
    singular: str = ""
    generation: bool = False
    extra: tuple[Subresource, ...] = ()
    fields: dict[str, str] = field(default_factory=dict[str, str])
    scheme_fields: bool = False


def _sub(name: str, kind: str, *verbs: str, of: str = "") -> Subresource:
    group, _, version = of.rpartition("/")
    return Subresource(name, kind, verbs, group, version)


_POD_FIELDS = {
    "spec.nodeName": "", "spec.restartPolicy": "Always",
    "spec.schedulerName": "default-scheduler", "spec.serviceAccountName": "",
    "spec.hostNetwork": "false", "status.phase": "", "status.podIP": "", "status.podIPs": "",
    "status.nominatedNodeName": "",
}  # fmt: skip
_EVENT_FIELDS = {
    "involvedObject.kind": "", "involvedObject.namespace": "", "involvedObject.name": "",
    "involvedObject.uid": "", "involvedObject.apiVersion": "",
    "involvedObject.resourceVersion": "", "involvedObject.fieldPath": "", "reason": "",
    "reportingComponent": "", "source": "", "type": "",
}  # fmt: skip
_EVENTS_V1_FIELDS = {
    "regarding.kind": "", "regarding.namespace": "", "regarding.name": "",
    "regarding.uid": "", "regarding.apiVersion": "", "regarding.resourceVersion": "",
    "regarding.fieldPath": "", "reason": "", "reportingController": "", "type": "",
}  # fmt: skip

_ROWS = (
    _Row("core.v1", "ConfigMap", "configmaps", short="cm"),
    _Row("core.v1", "Endpoints", "endpoints", short="ep", singular="endpoints"),
    _Row("core.v1", "Event", "events", short="ev", fields=_EVENT_FIELDS, scheme_fields=True),
    _Row("core.v1", "LimitRange", "limitranges", short="limits"),
    _Row(
        "core.v1", "Namespace", "namespaces", namespaced=False, short="ns", status=True,
        verbs=tuple(verb for verb in ALL_VERBS if verb != "deletecollection"),
        extra=(_sub("finalize", "Namespace", "update"),), fields={"status.phase": ""}, scheme_fields=True,
    ),
    _Row("core.v1", "Node", "nodes", namespaced=False, short="no", status=True, fields={"spec.unschedulable": "false"}, scheme_fields=True),
    _Row("core.v1", "PersistentVolumeClaim", "persistentvolumeclaims", short="pvc", status=True),
    _Row("core.v1", "PersistentVolume", "persistentvolumes", namespaced=False, short="pv", status=True),
    _Row(
        "core.v1", "Pod", "pods", short="po", all=True, status=True, fields=_POD_FIELDS, scheme_fields=True,
        extra=(
            _sub("binding", "Binding", "create"),
            _sub("eviction", "Eviction", "create", of="policy/v1"),
            _sub("log", "Pod", "get"),
            _sub("exec", "PodExecOptions", "create", "get"),
            _sub("attach", "PodAttachOptions", "create", "get"),
        ),
    ),
    _Row("core.v1", "ReplicationController", "replicationcontrollers", short="rc", all=True, status=True, scale=True, generation=True, fields={"status.replicas": "0"}, scheme_fields=True),
    _Row("core.v1", "ResourceQuota", "resourcequotas", short="quota", status=True),
    _Row("core.v1", "Secret", "secrets", fields={"type": ""}, scheme_fields=True),
    _Row("core.v1", "ServiceAccount", "serviceaccounts", short="sa", extra=(_sub("token", "TokenRequest", "create", of="authentication.k8s.io/v1"),)),
    _Row("core.v1", "Service", "services", short="svc", all=True, status=True, fields={"spec.type": "", "spec.clusterIP": ""}, scheme_fields=True),
    _Row("apps.v1", "ControllerRevision", "controllerrevisions"),
    _Row("apps.v1", "DaemonSet", "daemonsets", short="ds", all=True, status=True, generation=True),
    _Row("apps.v1", "Deployment", "deployments", short="deploy", all=True, status=True, scale=True, generation=True),
    _Row("apps.v1", "ReplicaSet", "replicasets", short="rs", all=True, status=True, scale=True, generation=True),
    _Row("apps.v1", "StatefulSet", "statefulsets", short="sts", all=True, status=True, scale=True, generation=True),
    _Row("events.v1", "Event", "events", short="ev", fields=_EVENTS_V1_FIELDS, scheme_fields=True),
    _Row("authentication.v1", "SelfSubjectReview", "selfsubjectreviews", namespaced=False, verbs=_REVIEW),
    _Row("authentication.v1", "TokenReview", "tokenreviews", namespaced=False, verbs=_REVIEW),
    _Row("authorization.v1", "LocalSubjectAccessReview", "localsubjectaccessreviews", verbs=_REVIEW),
    _Row("authorization.v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", namespaced=False, verbs=_REVIEW),
    _Row("authorization.v1", "SelfSubjectRulesReview", "selfsubjectrulesreviews", namespaced=False, verbs=_REVIEW),
    _Row("authorization.v1", "SubjectAccessReview", "subjectaccessreviews", namespaced=False, verbs=_REVIEW),
    _Row("autoscaling.v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", short="hpa", all=True, status=True),
    _Row("batch.v1", "CronJob", "cronjobs", short="cj", all=True, status=True, generation=True),
    _Row("batch.v1", "Job", "jobs", all=True, status=True, generation=True, fields={"status.successful": "0"}, scheme_fields=True),
    _Row("networking.v1", "IngressClass", "ingressclasses", namespaced=False, generation=True),
    _Row("networking.v1", "Ingress", "ingresses", short="ing", status=True, generation=True, singular="ingress"),
    _Row("networking.v1", "NetworkPolicy", "networkpolicies", short="netpol", generation=True, singular="networkpolicy"),
    _Row("policy.v1", "PodDisruptionBudget", "poddisruptionbudgets", short="pdb", status=True, generation=True),
    _Row("rbac.v1", "ClusterRoleBinding", "clusterrolebindings", namespaced=False),
    _Row("rbac.v1", "ClusterRole", "clusterroles", namespaced=False),
    _Row("rbac.v1", "RoleBinding", "rolebindings"),
    _Row("rbac.v1", "Role", "roles"),
    _Row("storage.v1", "StorageClass", "storageclasses", namespaced=False, short="sc"),
    _Row("scheduling.v1", "PriorityClass", "priorityclasses", namespaced=False, short="pc", generation=True),
    _Row("coordination.v1", "Lease", "leases"),
    _Row("discovery.v1", "EndpointSlice", "endpointslices", generation=True),
    _Row("apiextensions.v1", "CustomResourceDefinition", "customresourcedefinitions", namespaced=False, short="crd,crds", status=True, generation=True),
)  # fmt: skip

_GROUPS = {
    "core": "",
    "rbac": "rbac.authorization.k8s.io",
    "authorization": "authorization.k8s.io",
    "authentication": "authentication.k8s.io",
    "coordination": "coordination.k8s.io",
    "events": "events.k8s.io",
    "networking": "networking.k8s.io",
    "scheduling": "scheduling.k8s.io",
    "storage": "storage.k8s.io",
    "discovery": "discovery.k8s.io",
    "apiextensions": "apiextensions.k8s.io",
}
PACKAGES = {group: package for package, group in _GROUPS.items()}
_CONDITIONAL = {"Lease", "CustomResourceDefinition"}
_CREATE_ON_UPDATE = {
    "services",
    "endpoints",
    "limitranges",
    "events",
    "leases",
    "roles",
    "rolebindings",
    "clusterroles",
    "clusterrolebindings",
}


def register_builtins(registry: Registry) -> None:
    """Add every built-in resource."""
    for row in _ROWS:
        registry.add(_resource(row))


def _resource(row: _Row) -> Resource:
    package, version = row.package.split(".")
    rbac = package == "rbac"
    return Resource(
        group=_GROUPS.get(package, package),
        plural=row.plural,
        kind=row.kind,
        list_kind=f"{row.kind}List",
        singular=row.singular or row.kind.lower(),
        namespaced=row.namespaced,
        versions={version: _version(row, version)},
        storage_version=version,
        short_names=tuple(row.short.split(",")) if row.short else (),
        categories=_categories(row),
        verbs=row.verbs,
        subresources=_subresources(row),
        storage_key="events" if row.plural == "events" else "",
        unconditional_update=row.kind not in _CONDITIONAL,
        create_on_update=row.plural in _CREATE_ON_UPDATE,
        has_generation=row.generation,
        free_names=rbac,
        label_names=row.kind == "Namespace",
        field_paths=row.fields,
        scheme_fields=row.scheme_fields,
    )


def _categories(row: _Row) -> tuple[str, ...]:
    if row.package == "apiextensions.v1":
        return ("api-extensions",)
    return ("all",) if row.all else ()


def _version(row: _Row, version: str) -> Version:
    # The columns are functions, not paths: see columns.py.
    return Version(
        name=version,
        make_schema=partial(kind_schema, f"{row.package}.{row.kind}"),
        status=row.status,
        scale=ScalePaths(".spec.replicas", ".status.replicas") if row.scale else None,
        definition=f"io.k8s.api.{row.package}.{row.kind}",
    )


def _subresources(row: _Row) -> tuple[Subresource, ...]:
    found = list(row.extra)
    if row.scale:
        found.append(Subresource("scale", "Scale", STATUS_VERBS, "autoscaling", "v1"))
    if row.status:
        found.append(Subresource("status", row.kind, STATUS_VERBS))
    return tuple(sorted(found, key=lambda sub: sub.name))
