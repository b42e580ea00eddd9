"""Discovery: which groups, versions and resources there are, in both formats."""

from __future__ import annotations

import base64
import hashlib
import platform
import sys

from fairlead.devcluster.jsontypes import JsonArray, JsonObject
from fairlead.devcluster.registry import Registry, Resource

VERSION_MINOR = "32"
GIT_VERSION = f"v1.{VERSION_MINOR}.0+fairlead"


def version_info() -> JsonObject:
    """Return the answer of /version."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(
        platform.machine(), platform.machine()
    )
    return {
        "major": "1",
        "minor": VERSION_MINOR,
        "gitVersion": GIT_VERSION,
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": f"python{sys.version_info.major}.{sys.version_info.minor}",
        "compiler": platform.python_implementation().lower(),
        "platform": f"{sys.platform}/{machine}",
    }


def api_versions(address: str) -> JsonObject:
    """Return the legacy answer of /api."""
    places = [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": places,
    }


def api_group(registry: Registry, group: str) -> JsonObject:
    """Return one APIGroup, without kind and apiVersion."""
    versions = [
        {"groupVersion": f"{group}/{version}", "version": version}
        for version in registry.versions(group)
    ]
    return {"name": group, "versions": versions, "preferredVersion": versions[0]}


def group_list(registry: Registry) -> JsonObject:
    """Return the legacy answer of /apis."""
    groups = [api_group(registry, group) for group in registry.groups()]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def resource_list(registry: Registry, group: str, version: str) -> JsonObject:
    """Return the legacy answer of /api/v1 and /apis/G/V."""
    found: JsonArray = []
    for resource in registry.resources(group, version):
        found.append(_legacy_resource(resource))
        found += _legacy_subresources(resource, version)
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": f"{group}/{version}" if group else version,
        "resources": found,
    }


def _legacy_resource(resource: Resource) -> JsonObject:
    found: JsonObject = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(resource.verbs),
    }
    if resource.short_names:
        found["shortNames"] = list(resource.short_names)
    if resource.categories:
        found["categories"] = list(resource.categories)
    if not resource.virtual:
        digest = hashlib.sha256(
            f"{resource.subject}/{resource.storage_version}".encode()
        ).digest()
        found["storageVersionHash"] = base64.b64encode(digest[:8]).decode()
    return found


def _legacy_subresources(resource: Resource, version: str) -> JsonArray:
    found: JsonArray = []
    for sub in resource.subresources:
        if not _served(resource, version, sub.name):
            continue
        entry: JsonObject = {
            "name": f"{resource.plural}/{sub.name}",
            "singularName": "",
            "namespaced": resource.namespaced,
            "kind": sub.kind,
            "verbs": list(sub.verbs),
        }
        if sub.version:
            entry["group"], entry["version"] = sub.group, sub.version
        found.append(entry)
    return found


def _served(resource: Resource, version: str, name: str) -> bool:
    """Whether one version of a custom resource has a subresource."""
    if not resource.custom:
        return True
    found = resource.versions[version]
    return found.status if name == "status" else found.scale is not None


def aggregated(registry: Registry, groups: list[str]) -> JsonObject:
    """Return aggregated discovery of the given groups."""
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": [_aggregated_group(registry, group) for group in groups],
    }


def _aggregated_group(registry: Registry, group: str) -> JsonObject:
    metadata: JsonObject = {"creationTimestamp": None}
    if group:
        metadata["name"] = group
    versions = [
        {
            "version": version,
            "resources": [
                _aggregated_resource(resource, version)
                for resource in registry.resources(group, version)
            ],
            "freshness": "Current",
        }
        for version in registry.versions(group)
    ]
    return {"metadata": metadata, "versions": versions}


def _aggregated_resource(resource: Resource, version: str) -> JsonObject:
    kind = {"group": resource.group, "version": version, "kind": resource.kind}
    found: JsonObject = {
        "resource": resource.plural,
        "responseKind": kind,
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(resource.verbs),
    }
    if resource.short_names:
        found["shortNames"] = list(resource.short_names)
    if resource.categories:
        found["categories"] = list(resource.categories)
    subresources = [
        {
            "subresource": sub.name,
            "responseKind": {
                "group": sub.group or resource.group,
                "version": sub.version or version,
                "kind": sub.kind,
            },
            "verbs": list(sub.verbs),
        }
        for sub in resource.subresources
        if _served(resource, version, sub.name)
    ]
    if subresources:
        found["subresources"] = subresources
    return found
