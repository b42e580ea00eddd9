"""Defaults and checks of workload kinds: what portals show beside their own resources."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import TypeAlias

from fairlead.devcluster import errors as err
from fairlead.devcluster.errors import FieldError
from fairlead.devcluster.jsontypes import NO_FIELDS, NO_ITEMS, JsonObject

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
    default_pod_spec(_template(body).setdefault("spec", {}))


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


def _default_templated(body: JsonObject, old: JsonObject | None) -> None:
    _default_template(body)
    _empty_status(body, old)


def _default_job(body: JsonObject, old: JsonObject | None) -> None:
    _default_template(body)
    spec = body["spec"]
    for name, value in {
        "parallelism": 1,
        "completions": 1,
        "backoffLimit": 6,
        "completionMode": "NonIndexed",
        "suspend": False,
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
    spec.setdefault("internalTrafficPolicy", "Cluster")
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")
    for port in spec.get("ports") or NO_ITEMS:
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port.get("port"))
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
    "ReplicationController": _default_replicas,
    "StatefulSet": _default_replicas,
    "DaemonSet": _default_templated,
    "Job": _default_job,
    "CronJob": _default_cron_job,
    "Service": _default_service,
    "PersistentVolumeClaim": _default_claim,
    "Ingress": _default_ingress,
    "PriorityClass": _default_priority,
    "StorageClass": _default_storage_class,
}


def _validate_containers(spec: JsonObject, path: str) -> Iterator[FieldError]:
    containers = spec.get("containers")
    if not containers:
        yield err.required(f"{path}.containers")
    seen = set[str]()
    for index, container in enumerate(containers or NO_ITEMS):
        here, name = f"{path}.containers[{index}]", container.get("name", "")
        if not name:
            yield err.required(f"{here}.name")
        elif name in seen:
            yield err.duplicate(f"{here}.name", f'"{name}"')
        seen.add(name)


def _validate_pod(body: JsonObject, _old: JsonObject | None) -> Iterator[FieldError]:
    yield from _validate_containers(body.get("spec") or NO_FIELDS, "spec")
    for index, container in enumerate(
        (body.get("spec") or NO_FIELDS).get("containers") or NO_ITEMS
    ):
        if not container.get("image"):
            yield err.required(f"spec.containers[{index}].image")


def _validate_workload(
    body: JsonObject, old: JsonObject | None
) -> Iterator[FieldError]:
    spec = body.get("spec") or NO_FIELDS
    selector = spec.get("selector")
    template = spec.get("template") or NO_FIELDS
    labels = (template.get("metadata") or NO_FIELDS).get("labels")
    if not selector:
        yield err.required("spec.selector")
    wanted = (selector or NO_FIELDS).get("matchLabels")
    if not selector or (
        wanted
        and any(
            (labels or NO_FIELDS).get(key) != value for key, value in wanted.items()
        )
    ):
        shown = "map[string]string(nil)" if not labels else "map[string]string{...}"
        yield err.invalid_value(
            "spec.template.metadata.labels",
            shown,
            "`selector` does not match template `labels`",
        )
    yield from _validate_containers(
        template.get("spec") or NO_FIELDS, "spec.template.spec"
    )
    if spec.get("replicas", 0) < 0:
        yield err.invalid_value(
            "spec.replicas", str(spec["replicas"]), "must be greater than or equal to 0"
        )
    if old is not None and (old.get("spec") or NO_FIELDS).get("selector") != selector:
        yield err.invalid_value(
            "spec.selector", "v1.LabelSelector{...}", "field is immutable"
        )


def _validate_job(body: JsonObject, _old: JsonObject | None) -> Iterator[FieldError]:
    template = (body.get("spec") or NO_FIELDS).get("template") or NO_FIELDS
    yield from _validate_containers(
        template.get("spec") or NO_FIELDS, "spec.template.spec"
    )


VALIDATORS: dict[str, Validator] = {
    "Pod": _validate_pod,
    "Deployment": _validate_workload,
    "ReplicaSet": _validate_workload,
    "StatefulSet": _validate_workload,
    "DaemonSet": _validate_workload,
    "Job": _validate_job,
}
