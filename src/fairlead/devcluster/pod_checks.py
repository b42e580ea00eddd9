"""Checks of pod specifications, wherever they stand, and of services."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from fairlead.devcluster import errors as err
from fairlead.devcluster.errors import FieldError
from fairlead.devcluster.jsontypes import NO_FIELDS, NO_ITEMS, JsonObject, JsonValue
from fairlead.devcluster.names import check_annotations, check_labels, label_problem

_PROTOCOLS = ("SCTP", "TCP", "UDP")
_RESTARTS = ("Always", "OnFailure", "Never")
_PORT_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_AT_LEAST_0 = "must be greater than or equal to 0"


def quoted(text: str) -> str:
    """Return a string as messages show it."""
    return f'"{text}"'


def one_of(value: str, allowed: tuple[str, ...], path: str) -> Iterator[FieldError]:
    """Yield an error unless a value is one of those allowed."""
    if value not in allowed:
        yield err.not_supported(path, quoted(value), [quoted(each) for each in allowed])


def not_negative(body: JsonObject, name: str, path: str) -> Iterator[FieldError]:
    """Yield an error when a number is below zero."""
    if (body.get(name) or 0) < 0:
        yield err.invalid_value(f"{path}.{name}", str(body[name]), _AT_LEAST_0)


def show_map(labels: JsonObject | None) -> str:
    """Return a map of strings as Go prints it."""
    if labels is None:
        return "map[string]string(nil)"
    shown = ", ".join(f'"{key}":"{labels[key]}"' for key in sorted(labels))
    return f"map[string]string{{{shown}}}"


def check_template(template: JsonObject, path: str) -> Iterator[FieldError]:
    """Yield the errors of a pod template."""
    metadata = template.get("metadata") or NO_FIELDS
    yield from check_labels(metadata.get("labels") or NO_FIELDS, f"{path}.labels")
    yield from check_annotations(
        metadata.get("annotations") or NO_FIELDS, f"{path}.annotations"
    )
    yield from check_pod_spec(template.get("spec") or NO_FIELDS, f"{path}.spec")


def check_pod_spec(spec: JsonObject, path: str) -> Iterator[FieldError]:
    """Yield the errors of a pod specification."""
    yield from _named(spec.get("volumes") or NO_ITEMS, f"{path}.volumes")
    if not spec.get("containers"):
        yield err.required(f"{path}.containers")
    for name in ("containers", "initContainers"):
        yield from _named(
            spec.get(name) or NO_ITEMS, f"{path}.{name}", _check_container
        )
    yield from one_of(
        spec.get("restartPolicy", "Always"), _RESTARTS, f"{path}.restartPolicy"
    )
    yield from check_labels(
        spec.get("nodeSelector") or NO_FIELDS, f"{path}.nodeSelector"
    )
    for name in ("hostname", "subdomain"):
        if (text := spec.get(name)) and (problem := label_problem(text)):
            yield err.invalid_value(f"{path}.{name}", quoted(text), problem)


def _named(
    items: list[JsonObject],
    path: str,
    check: Callable[[JsonObject, str], Iterator[FieldError]] | None = None,
) -> Iterator[FieldError]:
    """Yield the errors of a list whose items have names of their own."""
    seen = set[str]()
    for index, item in enumerate(items):
        here, name = f"{path}[{index}]", item.get("name", "")
        if not name:
            yield err.required(f"{here}.name")
        elif problem := label_problem(name):
            yield err.invalid_value(f"{here}.name", quoted(name), problem)
        if check is not None:
            yield from check(item, here)
        if name and name in seen:
            yield err.duplicate(f"{here}.name", quoted(name))
        seen.add(name)


def _check_container(container: JsonObject, path: str) -> Iterator[FieldError]:
    if not container.get("image"):
        yield err.required(f"{path}.image")
    seen = set[str]()
    for index, port in enumerate(container.get("ports") or NO_ITEMS):
        here, name = f"{path}.ports[{index}]", port.get("name", "")
        if name:
            yield from _check_port_name(name, f"{here}.name")
            if name in seen:
                yield err.duplicate(f"{here}.name", quoted(name))
            seen.add(name)
        if not port.get("containerPort"):
            yield err.required(f"{here}.containerPort")
        else:
            yield from check_port(port["containerPort"], f"{here}.containerPort")
        yield from one_of(port.get("protocol", "TCP"), _PROTOCOLS, f"{here}.protocol")
    for index, variable in enumerate(container.get("env") or NO_ITEMS):
        if not variable.get("name"):
            yield err.required(f"{path}.env[{index}].name")


def _check_port_name(name: str, path: str) -> Iterator[FieldError]:
    if len(name) > 15:
        yield err.invalid_value(
            path, quoted(name), "must be no more than 15 characters"
        )
    if not _PORT_NAME.fullmatch(name):
        yield err.invalid_value(
            path,
            quoted(name),
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
        )
    elif not any(sign.isalpha() for sign in name):
        yield err.invalid_value(
            path, quoted(name), "must contain at least one letter (a-z)"
        )


def check_port(number: JsonValue, path: str) -> Iterator[FieldError]:
    """Yield an error unless a number is one of a port."""
    if not 0 < number < 65536:
        yield err.invalid_value(
            path, str(number), "must be between 1 and 65535, inclusive"
        )


def check_service(spec: JsonObject) -> Iterator[FieldError]:
    """Yield the errors of a service's specification."""
    ports = spec.get("ports") or NO_ITEMS
    if (
        not ports
        and spec.get("clusterIP") != "None"
        and spec.get("type") != "ExternalName"
    ):
        yield err.required("spec.ports")
    names = set[str]()
    for index, port in enumerate(ports):
        yield from _check_service_port(
            port, f"spec.ports[{index}]", len(ports) > 1, names
        )
    yield from check_labels(spec.get("selector") or NO_FIELDS, "spec.selector")
    yield from one_of(
        spec.get("sessionAffinity", ""), ("ClientIP", "None"), "spec.sessionAffinity"
    )
    seen = set[tuple[str, int]]()
    for index, port in enumerate(ports):
        key = (port.get("protocol", ""), port.get("port", 0))
        if key in seen:
            shown = (
                f'core.ServicePort{{Name:"", Protocol:"{key[0]}", AppProtocol:(*string)(nil), Port:{key[1]}, '
                'TargetPort:intstr.IntOrString{Type:0, IntVal:0, StrVal:""}, NodePort:0}'
            )
            yield err.duplicate(f"spec.ports[{index}]", shown)
        seen.add(key)


def _check_service_port(
    port: JsonObject, path: str, several: bool, names: set[str]
) -> Iterator[FieldError]:
    name = port.get("name", "")
    if several and not name:
        yield err.required(f"{path}.name")
    elif name:
        if problem := label_problem(name):
            yield err.invalid_value(f"{path}.name", quoted(name), problem)
        if name in names:
            yield err.duplicate(f"{path}.name", quoted(name))
        names.add(name)
    yield from check_port(port.get("port", 0), f"{path}.port")
    yield from one_of(port.get("protocol", ""), _PROTOCOLS, f"{path}.protocol")
    target = port.get("targetPort", 0)
    if isinstance(target, str):
        yield from _check_port_name(target, f"{path}.targetPort")
    else:
        yield from check_port(target, f"{path}.targetPort")
