"""CustomResourceDefinitions: defaults, validation, and the resource they define."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final

from fairlead.devcluster import errors as err
from fairlead.devcluster.errors import FieldError
from fairlead.devcluster.jsonpath import parse_path
from fairlead.devcluster.jsontypes import (
    NO_FIELDS,
    NO_ITEMS,
    JsonObject,
    copy_json,
    is_object,
)
from fairlead.devcluster.metadata import timestamp
from fairlead.devcluster.names import dns_1035_problem, subdomain_problem
from fairlead.devcluster.registry import (
    Registry,
)
from fairlead.devcluster.rules import RuleError, Unchecked, compile_rule
from fairlead.devcluster.structural import validate_structural

KEY: Final = "customresourcedefinitions.apiextensions.k8s.io"
CLEANUP: Final = "customresourcecleanup.apiextensions.k8s.io"
_APPROVAL = "api-approved.kubernetes.io"
_PROTECTED = (".k8s.io", ".kubernetes.io")


def default_definition(
    registry: Registry, body: JsonObject, old: JsonObject | None, now: float
) -> None:
    """Fill in the names, the conversion and the status of a definition."""
    spec = body.setdefault("spec", {})
    names = spec.setdefault("names", {})
    kind = names.get("kind", "")
    names.setdefault("singular", kind.lower())
    names.setdefault("listKind", f"{kind}List")
    spec.setdefault("conversion", {"strategy": "None"})
    storage = [
        item.get("name")
        for item in spec.get("versions") or NO_ITEMS
        if item.get("storage")
    ]
    status: JsonObject = copy_json(
        (old or NO_FIELDS).get("status") or body.get("status") or NO_FIELDS
    )
    if old is None:
        status = {}
    stored = status.get("storedVersions") or NO_ITEMS
    status["storedVersions"] = list(dict.fromkeys([*stored, *storage]))
    conflict = _find_conflict(registry, spec)
    status["acceptedNames"] = _accepted_names(names, conflict)
    status["conditions"] = _conditions(
        status.get("conditions") or NO_ITEMS, conflict, timestamp(now)
    )
    body["status"] = status
    metadata = body["metadata"]
    if old is None:
        metadata["finalizers"] = list(metadata.get("finalizers") or NO_ITEMS)
        if not metadata["finalizers"]:
            del metadata["finalizers"]


def _find_conflict(registry: Registry, spec: JsonObject) -> tuple[str, str]:
    """Return the reason and the name when another resource of the group has it."""
    names = spec["names"]
    wanted = {
        "PluralConflict": names.get("plural"),
        "SingularConflict": names.get("singular"),
        "KindConflict": names.get("kind"),
        "ListKindConflict": names.get("listKind"),
    }
    for resource in registry:
        if resource.group != spec.get("group") or resource.plural == names.get(
            "plural"
        ):
            continue
        taken = {resource.plural, resource.singular, *resource.short_names}
        kinds = {resource.kind, resource.list_kind}
        for reason, name in wanted.items():
            if name in (kinds if "Kind" in reason else taken):
                return reason, str(name)
        for name in names.get("shortNames") or NO_ITEMS:
            if name in taken:
                return "ShortNamesConflict", name
    return "", ""


def _accepted_names(names: JsonObject, conflict: tuple[str, str]) -> JsonObject:
    accepted: JsonObject = copy_json(names)
    field = {
        "ShortNamesConflict": "shortNames",
        "PluralConflict": "plural",
        "SingularConflict": "singular",
        "KindConflict": "kind",
        "ListKindConflict": "listKind",
    }.get(conflict[0])
    if field is not None:
        accepted.pop(field, None)
    return accepted


def _conditions(
    old: list[JsonObject], conflict: tuple[str, str], now: str
) -> list[JsonObject]:
    if conflict[0]:
        accepted = ("False", conflict[0], f'"{conflict[1]}" is already in use')
        established = ("False", "NotAccepted", "not all names are accepted")
    else:
        accepted = ("True", "NoConflicts", "no conflicts found")
        established = (
            "True",
            "InitialNamesAccepted",
            "the initial names have been accepted",
        )
    found = [_condition(old, "NamesAccepted", accepted, now)]
    found.append(_condition(old, "Established", established, now))
    found += [item for item in old if item.get("type") == "Terminating"]
    return found


def _condition(
    old: list[JsonObject], kind: str, state: tuple[str, str, str], now: str
) -> JsonObject:
    status, reason, message = state
    for item in old:
        if item.get("type") == kind and item.get("status") == status:
            return item
    return {
        "type": kind,
        "status": status,
        "lastTransitionTime": now,
        "reason": reason,
        "message": message,
    }


def is_established(body: JsonObject) -> bool:
    """Whether a definition's resource is to be served."""
    conditions = (body.get("status") or NO_FIELDS).get("conditions") or NO_ITEMS
    return any(
        item.get("type") == "Established" and item.get("status") == "True"
        for item in conditions
    )


def validate_definition(
    _registry: Registry, body: JsonObject, old: JsonObject | None
) -> Iterator[FieldError]:
    """Yield the errors of a definition."""
    spec, metadata = body["spec"], body["metadata"]
    group, names = spec.get("group", ""), spec["names"]
    wanted = f"{names.get('plural', '')}.{group}"
    if metadata.get("name") and metadata["name"] != wanted:
        yield err.invalid_value(
            "metadata.name",
            f'"{metadata["name"]}"',
            'must be spec.names.plural+"."+spec.group',
        )
    yield from _validate_group(group, metadata)
    if spec.get("scope") not in {"Namespaced", "Cluster"}:
        yield err.not_supported(
            "spec.scope", f'"{spec.get("scope", "")}"', ['"Cluster"', '"Namespaced"']
        )
    yield from _validate_names(names)
    versions = spec.get("versions") or NO_ITEMS
    if sum(1 for version in versions if version.get("storage")) != 1:
        yield err.invalid_value(
            "spec.versions",
            "[]apiextensions.CustomResourceDefinitionVersion{...}",
            "must have exactly one version marked as storage version",
        )
    seen = set[str]()
    for index, version in enumerate(versions):
        if version.get("name") in seen:
            yield err.invalid_value(
                f"spec.versions[{index}].name",
                f'"{version.get("name")}"',
                "must contain unique version names",
            )
        seen.add(version.get("name", ""))
        yield from _validate_version(version, f"spec.versions[{index}]")
    if (spec.get("conversion") or NO_FIELDS).get("strategy") != "None":
        yield err.not_supported(
            "spec.conversion.strategy",
            f'"{(spec.get("conversion") or NO_FIELDS).get("strategy")}"',
            ['"None"'],
        )
    if old is not None and old["spec"].get("scope") != spec.get("scope"):
        yield err.invalid_value(
            "spec.scope", f'"{spec.get("scope")}"', "field is immutable"
        )


def _validate_group(group: str, metadata: JsonObject) -> Iterator[FieldError]:
    if not group:
        yield err.required("spec.group")
    elif problem := subdomain_problem(group):
        yield err.invalid_value("spec.group", f'"{group}"', problem)
    elif "." not in group:
        yield err.invalid_value(
            "spec.group", f'"{group}"', "should be a domain with at least one dot"
        )
    protected = group.endswith(_PROTECTED) or group in {"k8s.io", "kubernetes.io"}
    if protected and _APPROVAL not in (metadata.get("annotations") or NO_FIELDS):
        yield err.required(
            f"metadata.annotations[{_APPROVAL}]",
            f'protected groups must have approval annotation "{_APPROVAL}", see https://github.com/kubernetes/enhancements/pull/1111',
        )


def _validate_names(names: JsonObject) -> Iterator[FieldError]:
    for field in ("plural", "singular", "kind", "listKind"):
        value = names.get(field, "")
        if not value:
            yield err.required(f"spec.names.{field}")
        elif problem := dns_1035_problem(value.lower() if "ind" in field else value):
            yield err.invalid_value(f"spec.names.{field}", f'"{value}"', problem)
    for index, value in enumerate(names.get("shortNames") or NO_ITEMS):
        if problem := dns_1035_problem(value):
            yield err.invalid_value(
                f"spec.names.shortNames[{index}]", f'"{value}"', problem
            )
    if names.get("kind") and names.get("kind") == names.get("listKind"):
        yield err.invalid_value(
            "spec.names.listKind",
            f'"{names["kind"]}"',
            "kind and listKind may not be the same",
        )


def _validate_version(version: JsonObject, path: str) -> Iterator[FieldError]:
    name = version.get("name", "")
    if problem := dns_1035_problem(name):
        yield err.invalid_value(f"{path}.name", f'"{name}"', problem)
    schema = (version.get("schema") or NO_FIELDS).get("openAPIV3Schema")
    if schema is None:
        yield err.required(f"{path}.schema.openAPIV3Schema", "schemas are required")
    else:
        yield from validate_structural(
            schema, "spec.validation.openAPIV3Schema", root=True
        )
    for index, column in enumerate(version.get("additionalPrinterColumns") or NO_ITEMS):
        yield from _validate_path(
            column.get("jsonPath", ""),
            f"{path}.additionalPrinterColumns[{index}].jsonPath",
        )
        if column.get("type") not in {"integer", "number", "string", "boolean", "date"}:
            yield err.invalid_value(
                f"{path}.additionalPrinterColumns[{index}].type",
                f'"{column.get("type", "")}"',
                "must be one of boolean,date,integer,number,string",
            )
    for index, field in enumerate(version.get("selectableFields") or NO_ITEMS):
        yield from _validate_path(
            field.get("jsonPath", ""), f"{path}.selectableFields[{index}].jsonPath"
        )
    scale = (version.get("subresources") or NO_FIELDS).get("scale") or NO_FIELDS
    for field in ("specReplicasPath", "statusReplicasPath") if scale else ():
        place = f"{path}.subresources.scale.{field}"
        yield from _validate_path(scale.get(field, ""), place)


def _validate_path(value: str, path: str) -> Iterator[FieldError]:
    if not value:
        yield err.required(path)
        return
    try:
        steps = parse_path(value)
    except ValueError as exc:
        yield err.invalid_value(path, f'"{value}"', str(exc))
        return
    if "scale" in path and not all(isinstance(step, str) for step in steps):
        yield err.invalid_value(
            path, f'"{value}"', "must be a simple json path of fields"
        )


def unchecked_rules(body: JsonObject) -> Iterator[str]:
    """Yield a warning for each CEL rule that cannot be checked here."""
    for version in body["spec"].get("versions") or NO_ITEMS:
        schema = (version.get("schema") or NO_FIELDS).get("openAPIV3Schema")
        for text in _rules(schema or NO_FIELDS):
            with contextlib.suppress(RuleError):  # refused by validation
                program = compile_rule(text)
                if isinstance(program, Unchecked):
                    yield f"version {version.get('name')}: {program}"


def _rules(schema: JsonObject) -> Iterator[str]:
    for rule in schema.get("x-kubernetes-validations") or NO_ITEMS:
        yield str(rule.get("rule", ""))
    below = list((schema.get("properties") or NO_FIELDS).values())
    below += [schema.get("items"), schema.get("additionalProperties")]
    for item in below:
        if is_object(item):
            yield from _rules(item)
