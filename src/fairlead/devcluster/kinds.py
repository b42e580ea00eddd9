"""What is particular to built-in kinds: defaults, validation, permissions, deletion."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from fairlead.devcluster import errors as err
from fairlead.devcluster import workloads
from fairlead.devcluster.crds import (
    default_definition,
    unchecked_rules,
    validate_definition,
)
from fairlead.devcluster.errors import ApiError, FieldError, forbidden
from fairlead.devcluster.escalation import check_grant
from fairlead.devcluster.jsontypes import NO_FIELDS, NO_ITEMS, JsonObject
from fairlead.devcluster.pod_checks import not_negative
from fairlead.devcluster.registry import Resource
from fairlead.devcluster.request import Request

if TYPE_CHECKING:
    from fairlead.devcluster.state import State

Defaulter: TypeAlias = "Callable[[JsonObject, JsonObject | None], None]"
Validator: TypeAlias = "Callable[[JsonObject, JsonObject | None], Iterator[FieldError]]"

RBAC = "rbac.authorization.k8s.io"
DATA_LIMIT = 1024 * 1024
PROTECTED_NAMESPACES = {"default", "kube-system", "kube-public"}


def default_new(state: State, resource: Resource, body: JsonObject) -> None:
    """Fill in what the server decides for a new object of a built-in kind."""
    _default(state, resource, body, None)


def default_changed(
    state: State, resource: Resource, body: JsonObject, old: JsonObject
) -> None:
    """Fill in what the server decides for a changed object of a built-in kind."""
    _default(state, resource, body, old)


def _default(
    state: State, resource: Resource, body: JsonObject, old: JsonObject | None
) -> None:
    if resource.custom:
        return
    if resource.kind == "CustomResourceDefinition":
        default_definition(state.registry, body, old, state.clock())
        return
    for defaulter in (
        _DEFAULTS.get(resource.kind),
        workloads.DEFAULTS.get(resource.kind),
    ):
        if defaulter is not None:
            defaulter(body, old)


def validate_kind(
    state: State, resource: Resource, body: JsonObject, old: JsonObject | None
) -> list[FieldError]:
    """Return the errors that only this kind can have."""
    if resource.custom:
        return []
    if resource.kind == "CustomResourceDefinition":
        return list(validate_definition(state.registry, body, old))
    found: list[FieldError] = []
    for validator in (
        _VALIDATORS.get(resource.kind),
        workloads.VALIDATORS.get(resource.kind),
    ):
        if validator is not None:
            found += validator(body, old)
    return found


def check_permission(
    state: State,
    request: Request,
    resource: Resource,
    body: JsonObject,
    old: JsonObject | None,
) -> None:
    """Refuse with 403 a write that would give away what the writer does not have.

    A definition with rules that cannot be checked here is accepted with a warning.
    """
    if resource.kind == "CustomResourceDefinition" and not resource.custom:
        for text in unchecked_rules(body):
            request.warn(text)
    if resource.group == RBAC:
        check_grant(state.authorizer, request.user, resource.plural, body, old)


def namespace_terminating(resource: Resource, name: str, namespace: str) -> ApiError:
    """403 for a new object in a namespace that is being deleted."""
    problem = forbidden(
        resource.subject,
        name,
        f"unable to create new content in namespace {namespace} because it is being terminated",
    )
    if problem.details is not None:
        problem.details["causes"] = [
            {
                "reason": "NamespaceTerminating",
                "message": f"namespace {namespace} is being terminated",
                "field": "metadata.namespace",
            }
        ]
    return problem


def without_filled(resource: Resource, body: JsonObject) -> JsonObject:
    """Return a new object without what the server filled in, which the client does not own."""
    filled = {"spec", "status"} if resource.label_names else {"status"}
    own = {key: value for key, value in body.items() if key not in filled}
    if resource.kind == "Service" and not resource.custom:
        allocated = {"ipFamilies", "ipFamilyPolicy", "clusterIPs"}
        if own["spec"].get("clusterIP") != "None":
            allocated.add("clusterIP")
        own["spec"] = {key: value for key, value in own["spec"].items() if key not in allocated}  # fmt: skip
    return own


def written_with_status(kind: str) -> tuple[str, ...]:
    """Return the metadata that a write of a kind's status also writes."""
    if kind in {"", "CustomResourceDefinition"}:
        return ()
    if kind == "Deployment":
        return ("annotations", "finalizers", "ownerReferences")
    return ("labels", "annotations", "finalizers")


def as_stored(resource: Resource, body: JsonObject) -> JsonObject:
    """Return an object as it comes back from the store: a role without rules has null."""
    if resource.group == RBAC and "rules" in body and not body["rules"]:
        return {**body, "rules": None}
    return body


def blocks_deletion(resource: Resource, body: JsonObject) -> bool:
    """Whether something still holds an object that is being deleted."""
    metadata = body["metadata"]
    if metadata.get("finalizers"):
        return True
    if resource.kind == "Namespace":
        return bool((body.get("spec") or NO_FIELDS).get("finalizers"))
    return bool(metadata.get("deletionGracePeriodSeconds"))


# defaults


def _default_namespace(body: JsonObject, old: JsonObject | None) -> None:
    metadata = body["metadata"]
    metadata.setdefault("labels", {})["kubernetes.io/metadata.name"] = metadata["name"]
    if old is None:
        body["spec"] = {"finalizers": ["kubernetes"]}
        body["status"] = {"phase": "Active"}
    else:
        body["spec"] = old.get("spec", {})


def _default_secret(body: JsonObject, _old: JsonObject | None) -> None:
    body["type"] = body.get("type") or "Opaque"
    strings = body.pop("stringData", None)
    if strings:
        data = body.setdefault("data", {})
        for key, text in strings.items():
            data[key] = base64.b64encode(text.encode(errors="replace")).decode()


def _default_binding(body: JsonObject, _old: JsonObject | None) -> None:
    body.setdefault("roleRef", {}).setdefault("apiGroup", RBAC)
    for subject in body.get("subjects") or NO_ITEMS:
        if subject.get("kind") in {"User", "Group"}:
            subject.setdefault("apiGroup", RBAC)


def _default_role(body: JsonObject, _old: JsonObject | None) -> None:
    body.setdefault("rules", None)  # what Go writes for a list that is not set


def _default_event(body: JsonObject, _old: JsonObject | None) -> None:
    """Fill in what Go writes for fields that are not set."""
    if "regarding" in body:
        return
    for name in ("firstTimestamp", "lastTimestamp", "eventTime"):
        body.setdefault(name, None)
    body.setdefault("source", {})
    for name in ("reportingComponent", "reportingInstance"):
        body.setdefault(name, "")


_DEFAULTS: dict[str, Defaulter] = {
    "Event": _default_event,
    "Namespace": _default_namespace,
    "Secret": _default_secret,
    "RoleBinding": _default_binding,
    "ClusterRoleBinding": _default_binding,
    "Role": _default_role,
    "ClusterRole": _default_role,
}


# validation


def _validate_data(body: JsonObject, old: JsonObject | None) -> Iterator[FieldError]:
    data = {**(body.get("data") or NO_FIELDS), **(body.get("binaryData") or NO_FIELDS)}
    for key in data:
        if problem := _data_key_problem(key):
            yield err.invalid_value(f"data[{key}]", f'"{key}"', problem)
    secret = "type" in body
    size = sum(len(value) for value in data.values())
    if secret:
        size = sum(len(value.rstrip("=")) * 3 // 4 for value in data.values())
    if size > DATA_LIMIT:
        yield err.too_long("data" if secret else "[]", DATA_LIMIT)
    if old is not None and old.get("immutable"):
        if not body.get("immutable"):
            yield err.forbidden_field(
                "immutable", "field is immutable when `immutable` is set"
            )
        for name in ("data", "binaryData"):
            if old.get(name) != body.get(name):
                yield err.forbidden_field(
                    name, "field is immutable when `immutable` is set"
                )


def _data_key_problem(key: str) -> str:
    if len(key) > 253:
        return "must be no more than 253 characters"
    if key in {".", ".."} or key.startswith(".."):
        return f"a valid config key must not be '{key}'"
    if key and all(
        (sign.isalnum() and sign.isascii()) or sign in "-_." for sign in key
    ):
        return ""
    return "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"


_SECRET_KEYS = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}


def _validate_lease(body: JsonObject, _old: JsonObject | None) -> Iterator[FieldError]:
    spec = body.get("spec") or NO_FIELDS
    if spec.get("leaseDurationSeconds", 1) <= 0:
        shown = str(spec["leaseDurationSeconds"])
        yield err.invalid_value("spec.leaseDurationSeconds", shown, "must be greater than 0")  # fmt: skip
    yield from not_negative(spec, "leaseTransitions", "spec")


def _validate_secret(body: JsonObject, old: JsonObject | None) -> Iterator[FieldError]:
    yield from _validate_data(body, old)
    for key, value in (body.get("data") or NO_FIELDS).items():
        try:
            base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            yield err.invalid_value(f"data[{key}]", '"<redacted>"', "must be base64")
    for key in _SECRET_KEYS.get(body.get("type", ""), ()):
        if key not in (body.get("data") or NO_FIELDS):
            yield err.required(f"data[{key}]")
    if old is not None and old.get("type") != body.get("type"):
        yield err.invalid_value("type", f'"{body.get("type")}"', "field is immutable")


def _validate_role(body: JsonObject, _old: JsonObject | None) -> Iterator[FieldError]:
    namespaced = "namespace" in body["metadata"]
    for index, rule in enumerate(body.get("rules") or NO_ITEMS):
        path = f"rules[{index}]"
        if not rule.get("verbs"):
            yield err.required(f"{path}.verbs", "verbs must contain at least one value")
        urls = rule.get("nonResourceURLs")
        if urls:
            shown = ", ".join(f'"{url}"' for url in urls)
            if namespaced:
                yield err.invalid_value(
                    f"{path}.nonResourceURLs",
                    f"[]string{{{shown}}}",
                    "namespaced rules cannot apply to non-resource URLs",
                )
            if any(
                rule.get(name) for name in ("apiGroups", "resources", "resourceNames")
            ):
                yield err.invalid_value(
                    f"{path}.nonResourceURLs",
                    f"[]string{{{shown}}}",
                    "rules cannot apply to both regular resources and non-resource URLs",
                )
            continue
        if not rule.get("apiGroups"):
            yield err.required(
                f"{path}.apiGroups", "resource rules must supply at least one api group"
            )
        if not rule.get("resources"):
            yield err.required(
                f"{path}.resources", "resource rules must supply at least one resource"
            )


def _validate_binding(body: JsonObject, old: JsonObject | None) -> Iterator[FieldError]:
    ref = body.get("roleRef") or NO_FIELDS
    if ref.get("apiGroup") != RBAC:
        yield err.not_supported(
            "roleRef.apiGroup", f'"{ref.get("apiGroup")}"', [f'"{RBAC}"']
        )
    allowed = (
        ("Role", "ClusterRole") if "namespace" in body["metadata"] else ("ClusterRole",)
    )
    if ref.get("kind") not in allowed:
        yield err.not_supported(
            "roleRef.kind",
            f'"{ref.get("kind", "")}"',
            [f'"{kind}"' for kind in allowed],
        )
    if not ref.get("name"):
        yield err.required("roleRef.name")
    if old is not None and old.get("roleRef") != ref:
        shown = f'rbac.RoleRef{{APIGroup:"{ref.get("apiGroup")}", Kind:"{ref.get("kind")}", Name:"{ref.get("name")}"}}'
        yield err.invalid_value("roleRef", shown, "cannot change roleRef")
    for index, subject in enumerate(body.get("subjects") or NO_ITEMS):
        path = f"subjects[{index}]"
        if not subject.get("name"):
            yield err.required(f"{path}.name")
        if subject.get("kind") not in {"User", "Group", "ServiceAccount"}:
            yield err.not_supported(
                f"{path}.kind",
                f'"{subject.get("kind", "")}"',
                ['"ServiceAccount"', '"User"', '"Group"'],
            )
        if (
            subject.get("kind") == "ServiceAccount"
            and not subject.get("namespace")
            and len(allowed) == 1
        ):
            yield err.required(f"{path}.namespace")


def _validate_event(body: JsonObject, _old: JsonObject | None) -> Iterator[FieldError]:
    target = body.get("involvedObject") or body.get("regarding") or NO_FIELDS
    place = target.get("namespace", "")
    name = "regarding" if "regarding" in body else "involvedObject"
    own = body["metadata"].get("namespace", "")
    if place != own and not (place == "" and own == "default"):
        yield err.invalid_value(
            f"{name}.namespace", f'"{place}"', "does not match event.namespace"
        )


_VALIDATORS: dict[str, Validator] = {
    "ConfigMap": _validate_data,
    "Secret": _validate_secret,
    "Role": _validate_role,
    "ClusterRole": _validate_role,
    "RoleBinding": _validate_binding,
    "ClusterRoleBinding": _validate_binding,
    "Event": _validate_event,
    "Lease": _validate_lease,
}
