"""Defaults and checks of workload kinds: what portals show beside their own resources."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import TypeAlias

from fairlead.devcluster import errors as err
from fairlead.devcluster.errors import FieldError
from fairlead.devcluster.jsontypes import NO_FIELDS, NO_ITEMS, JsonObject
from fairlead.devcluster.pod_checks import (
    check_pod_spec,
    check_service,
    check_template,
    not_negative,
    one_of,
    show_map,
)

Defaulter: TypeAlias = "Callable[[JsonObject, JsonObject | None], None]"
Validator: TypeAlias = "Callable[[JsonObject, JsonObject | None], Iterator[FieldError]]"


def default_pod_spec(spec: JsonObject) -> None:
    """Fill in the defaults of a pod specification."""
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("securityContext", {})
    spec.setdefault("schedulerName", "default-scheduler")
    for name in ("containers", "initContainers"):
        for container in spec.get(name) or NO_ITEMS:
            _default_container(container)


def _default_container(container: JsonObject) -> None:
    container.setdefault("resources", {})
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    image = container.get("image", "")
    latest = ":" not in image.rpartition("/")[2] or image.endswith(":latest")
    container.setdefault("imagePullPolicy", "Always" if latest else "IfNotPresent")
    for port in container.get("ports") or NO_ITEMS:
        port.setdefault("protocol", "TCP")


def _template(body: JsonObject) -> JsonObject:
    template: JsonObject = body.setdefault("spec", {}).setdefault("template", {})
    return template


def _default_template(body: JsonObject) -> None:
    template = _template(body)
    template.setdefault("metadata", {}).setdefault("creationTimestamp", None)
    default_pod_spec(template.setdefault("spec", {}))


def _default_pod(body: JsonObject, old: JsonObject | None) -> None:
    default_pod_spec(body.setdefault("spec", {}))
    if old is None:
        body["status"] = {"phase": "Pending", "qosClass": "BestEffort"}


def _default_deployment(body: JsonObject, old: JsonObject | None) -> None:
    _default_template(body)
    spec = body["spec"]
    spec.setdefault("replicas", 1)
    rolling = {"maxUnavailable": "25%", "maxSurge": "25%"}
    strategy = spec.setdefault(
        "strategy", {"type": "RollingUpdate", "rollingUpdate": rolling}
    )
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        strategy.setdefault("rollingUpdate", rolling)
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    _empty_status(body, old)


def _default_replicas(body: JsonObject, old: JsonObject | None) -> None:
    _default_template(body)
    body["spec"].setdefault("replicas", 1)
    if old is None:
        body["status"] = {"replicas": 0}


def _default_set(body: JsonObject, old: JsonObject | None) -> None:
    _default_replicas(body, old)
    spec = body["spec"]
    spec.setdefault("podManagementPolicy", "OrderedReady")
    strategy = spec.setdefault("updateStrategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        strategy.setdefault("rollingUpdate", {}).setdefault("partition", 0)
    spec.setdefault("revisionHistoryLimit", 10)
    retained = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
    retained.setdefault("whenDeleted", "Retain")
    retained.setdefault("whenScaled", "Retain")
    if old is None:
        body["status"] = {"replicas": 0, "availableReplicas": 0}


def _default_controller(body: JsonObject, old: JsonObject | None) -> None:
    _default_replicas(body, old)
    labels = body["spec"]["template"]["metadata"].get("labels")
    if labels and not body["spec"].get("selector"):
        body["spec"]["selector"] = dict(labels)
    if labels and not body["metadata"].get("labels"):
        body["metadata"]["labels"] = dict(labels)


def _default_daemons(body: JsonObject, old: JsonObject | None) -> None:
    _default_template(body)
    spec = body["spec"]
    strategy = spec.setdefault("updateStrategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", 1)
        rolling.setdefault("maxSurge", 0)
    spec.setdefault("revisionHistoryLimit", 10)
    if old is None:
        body["status"] = {
            "currentNumberScheduled": 0,
            "numberMisscheduled": 0,
            "desiredNumberScheduled": 0,
            "numberReady": 0,
        }


def _default_volume(body: JsonObject, old: JsonObject | None) -> None:
    spec = body.setdefault("spec", {})
    spec.setdefault("persistentVolumeReclaimPolicy", "Retain")
    spec.setdefault("volumeMode", "Filesystem")
    if "hostPath" in spec:
        spec["hostPath"].setdefault("type", "")
    if old is None:
        body["status"] = {"phase": "Pending"}


def _default_job(body: JsonObject, old: JsonObject | None) -> None:
    _default_template(body)
    spec = body["spec"]
    for name, value in {
        "parallelism": 1,
        "completions": 1,
        "backoffLimit": 6,
        "completionMode": "NonIndexed",
        "suspend": False,
        "manualSelector": False,
        "podReplacementPolicy": "TerminatingOrFailed",
    }.items():
        spec.setdefault(name, value)
    _empty_status(body, old)


def _default_cron_job(body: JsonObject, old: JsonObject | None) -> None:
    spec = body.setdefault("spec", {})
    for name, value in {
        "concurrencyPolicy": "Allow",
        "suspend": False,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
    }.items():
        spec.setdefault(name, value)
    _default_template(spec.setdefault("jobTemplate", {}))
    _empty_status(body, old)


def _empty_status(body: JsonObject, old: JsonObject | None) -> None:
    if old is None:
        body["status"] = {}


def _default_service(body: JsonObject, old: JsonObject | None) -> None:
    spec = body.setdefault("spec", {})
    spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    if spec["type"] != "ExternalName" and not spec.get("clusterIP"):
        before = (old or NO_FIELDS).get("spec", {}).get("clusterIP")
        spec["clusterIP"] = before or _cluster_ip(body["metadata"]["uid"])
        spec["clusterIPs"] = [spec["clusterIP"]]
    if spec.get("clusterIP"):
        spec.setdefault("clusterIPs", [spec["clusterIP"]])
    spec.setdefault("internalTrafficPolicy", "Cluster")
    dual = spec.get("clusterIP") == "None" and not spec.get("selector")
    spec.setdefault("ipFamilies", ["IPv4", "IPv6"] if dual else ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "RequireDualStack" if dual else "SingleStack")
    for port in spec.get("ports") or NO_ITEMS:
        port.setdefault("protocol", "TCP")
        port["targetPort"] = port.get("targetPort") or port.get("port", 0)
    if spec["sessionAffinity"] == "None":
        spec.pop("sessionAffinityConfig", None)
    elif spec["sessionAffinity"] == "ClientIP":
        spec.setdefault(
            "sessionAffinityConfig", {"clientIP": {"timeoutSeconds": 10800}}
        )
    if old is None:
        body["status"] = {"loadBalancer": {}}


def _cluster_ip(uid: str) -> str:
    number = zlib.crc32(uid.encode())
    return f"10.96.{number >> 8 & 255}.{number % 254 + 1}"


def _default_claim(body: JsonObject, old: JsonObject | None) -> None:
    body.setdefault("spec", {}).setdefault("volumeMode", "Filesystem")
    if old is None:
        body["status"] = {"phase": "Pending"}


def _default_ingress(body: JsonObject, old: JsonObject | None) -> None:
    if old is None:
        body["status"] = {"loadBalancer": {}}


def _default_priority(body: JsonObject, _old: JsonObject | None) -> None:
    body.setdefault("preemptionPolicy", "PreemptLowerPriority")


def _default_storage_class(body: JsonObject, _old: JsonObject | None) -> None:
    body.setdefault("reclaimPolicy", "Delete")
    body.setdefault("volumeBindingMode", "Immediate")


DEFAULTS: dict[str, Defaulter] = {
    "Pod": _default_pod,
    "Deployment": _default_deployment,
    "ReplicaSet": _default_replicas,
    "ReplicationController": _default_controller,
    "StatefulSet": _default_set,
    "DaemonSet": _default_daemons,
    "PersistentVolume": _default_volume,
    "Job": _default_job,
    "CronJob": _default_cron_job,
    "Service": _default_service,
    "PersistentVolumeClaim": _default_claim,
    "Ingress": _default_ingress,
    "PriorityClass": _default_priority,
    "StorageClass": _default_storage_class,
}


def _validate_pod(body: JsonObject, _old: JsonObject | None) -> Iterator[FieldError]:
    yield from check_pod_spec(body.get("spec") or NO_FIELDS, "spec")


def _validate_service(
    body: JsonObject, _old: JsonObject | None
) -> Iterator[FieldError]:
    yield from check_service(body.get("spec") or NO_FIELDS)


def _validate_workload(
    body: JsonObject, old: JsonObject | None
) -> Iterator[FieldError]:
    spec = body.get("spec") or NO_FIELDS
    template = spec.get("template") or NO_FIELDS
    yield from not_negative(spec, "replicas", "spec")
    yield from _check_selector(spec, template)
    yield from check_template(template, "spec.template")
    policy = (template.get("spec") or NO_FIELDS).get("restartPolicy", "Always")
    yield from one_of(policy, ("Always",), "spec.template.spec.restartPolicy")
    strategy = spec.get("strategy") or NO_FIELDS
    if strategy.get("type") == "Recreate" and strategy.get("rollingUpdate"):
        yield err.forbidden_field("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'")  # fmt: skip
    for name in ("minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"):
        yield from not_negative(spec, name, "spec")
    if old is not None and (old.get("spec") or NO_FIELDS).get("selector") != spec.get(
        "selector"
    ):
        yield err.invalid_value(
            "spec.selector", _show_selector(spec.get("selector")), "field is immutable"
        )


def _check_selector(spec: JsonObject, template: JsonObject) -> Iterator[FieldError]:
    selector = spec.get("selector")
    labels = (template.get("metadata") or NO_FIELDS).get("labels")
    if not selector:
        yield err.required("spec.selector")
    wanted = (selector or NO_FIELDS).get("matchLabels") or NO_FIELDS
    if not selector or any(
        (labels or NO_FIELDS).get(key) != value for key, value in wanted.items()
    ):
        yield err.invalid_value(
            "spec.template.metadata.labels",
            show_map(labels),
            "`selector` does not match template `labels`",
        )


def _show_selector(selector: JsonObject | None) -> str:
    labels = show_map((selector or NO_FIELDS).get("matchLabels"))
    return f"v1.LabelSelector{{MatchLabels:{labels}, MatchExpressions:[]v1.LabelSelectorRequirement(nil)}}"


def _validate_job(body: JsonObject, _old: JsonObject | None) -> Iterator[FieldError]:
    template = (body.get("spec") or NO_FIELDS).get("template") or NO_FIELDS
    yield from check_template(template, "spec.template")


VALIDATORS: dict[str, Validator] = {
    "Pod": _validate_pod,
    "Deployment": _validate_workload,
    "ReplicaSet": _validate_workload,
    "StatefulSet": _validate_workload,
    "DaemonSet": _validate_workload,
    "Job": _validate_job,
    "Service": _validate_service,
}
