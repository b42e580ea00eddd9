"""What the Tables of built-in kinds show, cell by cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from fairlead.devcluster.jsonpath import first
from fairlead.devcluster.jsontypes import (
    NO_FIELDS,
    NO_ITEMS,
    JsonArray,
    JsonObject,
    JsonValue,
)

Cell: TypeAlias = Callable[[JsonObject], JsonValue]

_NONE = "<none>"
_ANY_PORT: JsonArray = [{}]
_UNSET = "<unset>"
_WORKLOAD = "Containers* Images* Selector*"

# The columns of each kind; `_` is a space, `*` marks those of `-o wide`.
LAYOUT = {
    "namespaces": "Name Status Age",
    "configmaps": "Name Data Age",
    "secrets": "Name Type Data Age",
    "serviceaccounts": "Name Secrets Age",
    "pods": "Name Ready Status Restarts Age IP* Node* Nominated_Node* Readiness_Gates*",
    "services": "Name Type Cluster-IP External-IP Port(s) Age Selector*",
    "endpoints": "Name Endpoints Age",
    "events": "Last_Seen Type Reason Object Subobject* Source* Message First_Seen* Count* Name*",
    "nodes": "Name Status Roles Age Version Internal-IP* External-IP* OS-Image* Kernel-Version* Container-Runtime*",
    "persistentvolumes": "Name Capacity Access_Modes Reclaim_Policy Status Claim StorageClass VolumeAttributesClass Reason Age VolumeMode*",
    "persistentvolumeclaims": "Name Status Volume Capacity Access_Modes StorageClass VolumeAttributesClass Age VolumeMode*",
    "replicationcontrollers": f"Name Desired Current Ready Age {_WORKLOAD}",
    "resourcequotas": "Name Age Request Limit",
    "limitranges": "Name Created_At",
    "deployments": f"Name Ready Up-to-date Available Age {_WORKLOAD}",
    "replicasets": f"Name Desired Current Ready Age {_WORKLOAD}",
    "statefulsets": "Name Ready Age Containers* Images*",
    "daemonsets": f"Name Desired Current Ready Up-to-date Available Node_Selector Age {_WORKLOAD}",
    "controllerrevisions": "Name Controller Revision Age",
    "jobs": f"Name Status Completions Duration Age {_WORKLOAD}",
    "cronjobs": f"Name Schedule Timezone Suspend Active Last_Schedule Age {_WORKLOAD}",
    "horizontalpodautoscalers": "Name Reference Targets MinPods MaxPods Replicas Age",
    "ingresses": "Name Class Hosts Address Ports Age",
    "ingressclasses": "Name Controller Parameters Age",
    "networkpolicies": "Name Pod-Selector Age",
    "poddisruptionbudgets": "Name Min_Available Max_Unavailable Allowed_Disruptions Age",
    "roles": "Name Created_At",
    "rolebindings": "Name Role Age Users* Groups* ServiceAccounts*",
    "clusterroles": "Name Created_At",
    "clusterrolebindings": "Name Role Age Users* Groups* ServiceAccounts*",
    "customresourcedefinitions": "Name Created_At",
    "leases": "Name Holder Age",
    "priorityclasses": "Name Value Global-Default Age PreemptionPolicy",
    "storageclasses": "Name Provisioner ReclaimPolicy VolumeBindingMode AllowVolumeExpansion Age",
    "endpointslices": "Name AddressType Ports Endpoints Age",
}


def _at(path: str, default: JsonValue = _NONE) -> Cell:
    def cell(body: JsonObject) -> JsonValue:
        found = first(body, path)
        return default if found is None or found == "" else found

    return cell


def _count(*paths: str) -> Cell:
    return lambda body: sum(len(first(body, path) or NO_ITEMS) for path in paths)


def _join(path: str, key: str = "") -> Cell:
    def cell(body: JsonObject) -> JsonValue:
        items = first(body, path) or NO_ITEMS
        return ",".join(str(item.get(key, "") if key else item) for item in items)

    return cell


def _selector(path: str) -> Cell:
    def cell(body: JsonObject) -> JsonValue:
        found = first(body, path)
        if not found:
            return _NONE
        return ",".join(f"{key}={value}" for key, value in sorted(found.items()))

    return cell


def _ratio(ready: str, wanted: str) -> Cell:
    return lambda body: f"{first(body, ready) or 0}/{_or(first(body, wanted), 1)}"


def _or(value: JsonValue, default: JsonValue) -> JsonValue:
    return default if value is None else value


def _pod_ready(body: JsonObject) -> JsonValue:
    statuses = first(body, ".status.containerStatuses") or NO_ITEMS
    total = len(first(body, ".spec.containers") or NO_ITEMS)
    return f"{sum(1 for item in statuses if item.get('ready'))}/{total}"


def _pod_status(body: JsonObject) -> JsonValue:
    if body["metadata"].get("deletionTimestamp"):
        return "Terminating"
    for item in first(body, ".status.containerStatuses") or NO_ITEMS:
        state = item.get("state") or NO_FIELDS
        reason = (state.get("waiting") or state.get("terminated") or NO_FIELDS).get(
            "reason"
        )
        if reason:
            return reason
    return first(body, ".status.reason") or first(body, ".status.phase") or "Unknown"


def _pod_restarts(body: JsonObject) -> JsonValue:
    statuses = first(body, ".status.containerStatuses") or NO_ITEMS
    return str(sum(item.get("restartCount", 0) for item in statuses))


def _ports(body: JsonObject) -> JsonValue:
    shown: list[str] = []
    for port in first(body, ".spec.ports") or NO_ITEMS:
        node = f":{port['nodePort']}" if port.get("nodePort") else ""
        shown.append(f"{port.get('port')}{node}/{port.get('protocol', 'TCP')}")
    return ",".join(shown) or _NONE


def _endpoints(body: JsonObject) -> JsonValue:
    shown = [
        f"{address.get('ip')}:{port.get('port')}"
        for subset in body.get("subsets") or NO_ITEMS
        for address in subset.get("addresses") or NO_ITEMS
        for port in subset.get("ports") or _ANY_PORT
    ]
    return ",".join(shown) or _NONE


def last_seen(event: JsonObject) -> JsonValue:
    """Return when an event (in either spelling) was last seen."""
    series = event.get("series") or NO_FIELDS
    return (
        series.get("lastObservedTime")
        or event.get("lastTimestamp")
        or event.get("deprecatedLastTimestamp")
        or first_seen(event)
    )


def first_seen(event: JsonObject) -> JsonValue:
    """Return when an event (in either spelling) was first seen."""
    return (
        event.get("firstTimestamp")
        or event.get("deprecatedFirstTimestamp")
        or event.get("eventTime")
        or event["metadata"].get("creationTimestamp")
    )


def _event_object(event: JsonObject) -> JsonValue:
    target = event.get("involvedObject") or event.get("regarding") or NO_FIELDS
    return f"{target.get('kind', '').lower()}/{target.get('name', '')}"


def _event_subobject(event: JsonObject) -> JsonValue:
    target = event.get("involvedObject") or event.get("regarding") or NO_FIELDS
    return target.get("fieldPath", "")


def _event_source(event: JsonObject) -> JsonValue:
    source = event.get("source") or event.get("deprecatedSource") or NO_FIELDS
    return (
        source.get("component")
        or event.get("reportingComponent")
        or event.get("reportingController")
        or ""
    )


def _event_message(event: JsonObject) -> JsonValue:
    return (event.get("message") or event.get("note") or "").strip()


def _event_count(event: JsonObject) -> JsonValue:
    return (
        event.get("count")
        or event.get("deprecatedCount")
        or (event.get("series") or NO_FIELDS).get("count")
        or 1
    )


def _containers(field: str) -> Cell:
    def cell(body: JsonObject) -> JsonValue:
        found = (
            first(body, ".spec.template.spec.containers")
            or first(body, ".spec.jobTemplate.spec.template.spec.containers")
            or NO_ITEMS
        )
        return ",".join(str(item.get(field, "")) for item in found)

    return cell


_WORKLOAD_CELLS: dict[str, Cell] = {
    "Containers": _containers("name"),
    "Images": _containers("image"),
    "Selector": _selector(".spec.selector.matchLabels"),
}
_REPLICAS: dict[str, Cell] = {
    "Desired": _at(".spec.replicas", 0),
    "Current": _at(".status.replicas", 0),
    "Ready": _at(".status.readyReplicas", 0),
    **_WORKLOAD_CELLS,
}


def _subjects(kind: str) -> Cell:
    def cell(body: JsonObject) -> JsonValue:
        found = [
            item
            for item in body.get("subjects") or NO_ITEMS
            if item.get("kind") == kind
        ]
        if kind == "ServiceAccount":
            return ", ".join(
                f"{item.get('namespace', '')}/{item.get('name')}" for item in found
            )
        return ", ".join(str(item.get("name")) for item in found)

    return cell


def _role(body: JsonObject) -> JsonValue:
    ref = body.get("roleRef") or NO_FIELDS
    return f"{ref.get('kind')}/{ref.get('name')}"


_BINDING: dict[str, Cell] = {
    "Role": _role,
    "Users": _subjects("User"),
    "Groups": _subjects("Group"),
    "ServiceAccounts": _subjects("ServiceAccount"),
}


def _job_status(body: JsonObject) -> JsonValue:
    for kind, word in (
        ("Failed", "Failed"),
        ("Complete", "Complete"),
        ("Suspended", "Suspended"),
    ):
        if first(body, f'.status.conditions[?(@.type=="{kind}")].status') == "True":
            return word
    return "Running"


def _reference(body: JsonObject) -> JsonValue:
    target = first(body, ".spec.scaleTargetRef") or NO_FIELDS
    return f"{target.get('kind')}/{target.get('name')}"


def _roles_of_node(body: JsonObject) -> JsonValue:
    prefix = "node-role.kubernetes.io/"
    labels = body["metadata"].get("labels") or NO_FIELDS
    found = sorted(key.removeprefix(prefix) for key in labels if key.startswith(prefix))
    return ",".join(found) or _NONE


def _node_status(body: JsonObject) -> JsonValue:
    ready = first(body, '.status.conditions[?(@.type=="Ready")].status')
    word = {"True": "Ready", None: "Unknown"}.get(ready, "NotReady")
    return f"{word},SchedulingDisabled" if first(body, ".spec.unschedulable") else word


def _claim(body: JsonObject) -> JsonValue:
    ref = first(body, ".spec.claimRef")
    return f"{ref.get('namespace')}/{ref.get('name')}" if ref else ""


_VOLUME: dict[str, Cell] = {
    "Status": _at(".status.phase", ""),
    "Access Modes": _join(".spec.accessModes"),
    "StorageClass": _at(".spec.storageClassName", ""),
    "VolumeAttributesClass": _at(".spec.volumeAttributesClassName", _UNSET),
    "VolumeMode": _at(".spec.volumeMode", _UNSET),
}

CELLS: dict[str, dict[str, Cell]] = {
    "namespaces": {"Status": lambda body: "Terminating" if body["metadata"].get("deletionTimestamp") else first(body, ".status.phase")},
    "configmaps": {"Data": _count(".data", ".binaryData")},
    "secrets": {"Type": _at(".type", ""), "Data": _count(".data")},
    "serviceaccounts": {"Secrets": _count(".secrets")},
    "pods": {
        "Ready": _pod_ready, "Status": _pod_status, "Restarts": _pod_restarts,
        "IP": _at(".status.podIP"), "Node": _at(".spec.nodeName"),
        "Nominated Node": _at(".status.nominatedNodeName"), "Readiness Gates": _at(".spec.readinessGates[0].conditionType"),
    },
    "services": {
        "Type": _at(".spec.type", "ClusterIP"), "Cluster-IP": _at(".spec.clusterIP"),
        "External-IP": _at(".status.loadBalancer.ingress[0].ip"), "Port(s)": _ports, "Selector": _selector(".spec.selector"),
    },
    "endpoints": {"Endpoints": _endpoints},
    "events": {
        "Type": _at(".type", ""), "Reason": _at(".reason", ""), "Object": _event_object, "Subobject": _event_subobject,
        "Source": _event_source, "Message": _event_message, "Count": _event_count,
    },
    "nodes": {
        "Status": _node_status, "Roles": _roles_of_node, "Version": _at(".status.nodeInfo.kubeletVersion", ""),
        "Internal-IP": _at('.status.addresses[?(@.type=="InternalIP")].address'),
        "External-IP": _at('.status.addresses[?(@.type=="ExternalIP")].address'),
        "OS-Image": _at(".status.nodeInfo.osImage", "<unknown>"), "Kernel-Version": _at(".status.nodeInfo.kernelVersion", "<unknown>"),
        "Container-Runtime": _at(".status.nodeInfo.containerRuntimeVersion", "<unknown>"),
    },
    "persistentvolumes": {**_VOLUME, "Capacity": _at(".spec.capacity.storage", ""), "Reclaim Policy": _at(".spec.persistentVolumeReclaimPolicy", ""), "Claim": _claim, "Reason": _at(".status.reason", "")},
    "persistentvolumeclaims": {**_VOLUME, "Volume": _at(".spec.volumeName", ""), "Capacity": _at(".status.capacity.storage", "")},
    "replicationcontrollers": {**_REPLICAS, "Selector": _selector(".spec.selector")},
    "resourcequotas": {"Request": lambda _: "", "Limit": lambda _: ""},
    "deployments": {"Ready": _ratio(".status.readyReplicas", ".spec.replicas"), "Up-to-date": _at(".status.updatedReplicas", 0), "Available": _at(".status.availableReplicas", 0), **_WORKLOAD_CELLS},
    "replicasets": _REPLICAS,
    "statefulsets": {"Ready": _ratio(".status.readyReplicas", ".spec.replicas"), **_WORKLOAD_CELLS},
    "daemonsets": {
        "Desired": _at(".status.desiredNumberScheduled", 0), "Current": _at(".status.currentNumberScheduled", 0),
        "Ready": _at(".status.numberReady", 0), "Up-to-date": _at(".status.updatedNumberScheduled", 0),
        "Available": _at(".status.numberAvailable", 0), "Node Selector": _selector(".spec.template.spec.nodeSelector"), **_WORKLOAD_CELLS,
    },
    "controllerrevisions": {"Controller": _at(".metadata.ownerReferences[0].name"), "Revision": _at(".revision", 0)},
    "jobs": {"Status": _job_status, "Completions": _ratio(".status.succeeded", ".spec.completions"), "Duration": lambda _: "", **_WORKLOAD_CELLS},
    "cronjobs": {
        "Schedule": _at(".spec.schedule", ""), "Timezone": _at(".spec.timeZone"), "Suspend": lambda body: str(bool(first(body, ".spec.suspend"))),
        "Active": _count(".status.active"), "Last Schedule": _at(".status.lastScheduleTime"), **_WORKLOAD_CELLS, "Selector": lambda _: _NONE,
    },
    "horizontalpodautoscalers": {"Reference": _reference, "Targets": lambda _: _NONE, "MinPods": lambda body: str(first(body, ".spec.minReplicas") or _UNSET), "MaxPods": _at(".spec.maxReplicas", 0), "Replicas": _at(".status.currentReplicas", 0)},
    "ingresses": {"Class": _at(".spec.ingressClassName"), "Hosts": lambda body: _join(".spec.rules", "host")(body) or "*", "Address": _join(".status.loadBalancer.ingress", "ip"), "Ports": lambda body: "80, 443" if first(body, ".spec.tls") else "80"},
    "ingressclasses": {"Controller": _at(".spec.controller", ""), "Parameters": lambda _: _NONE},
    "networkpolicies": {"Pod-Selector": _selector(".spec.podSelector.matchLabels")},
    "poddisruptionbudgets": {"Min Available": _at(".spec.minAvailable", "N/A"), "Max Unavailable": _at(".spec.maxUnavailable", "N/A"), "Allowed Disruptions": _at(".status.disruptionsAllowed", 0)},
    "rolebindings": _BINDING,
    "clusterrolebindings": _BINDING,
    "leases": {"Holder": _at(".spec.holderIdentity", "")},
    "priorityclasses": {"Value": _at(".value", 0), "Global-Default": _at(".globalDefault", False), "PreemptionPolicy": _at(".preemptionPolicy", "PreemptLowerPriority")},
    "storageclasses": {"Provisioner": _at(".provisioner", ""), "ReclaimPolicy": _at(".reclaimPolicy", "Delete"), "VolumeBindingMode": _at(".volumeBindingMode", "Immediate"), "AllowVolumeExpansion": _at(".allowVolumeExpansion", False)},
    "endpointslices": {"AddressType": _at(".addressType", ""), "Ports": _join(".ports", "port"), "Endpoints": lambda body: ",".join(address for item in body.get("endpoints") or NO_ITEMS for address in item.get("addresses") or NO_ITEMS) or _UNSET},
}  # fmt: skip
