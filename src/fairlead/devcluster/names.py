"""Rules for names, labels and annotations."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator

from fairlead.devcluster import errors as err
from fairlead.devcluster.errors import FieldError
from fairlead.devcluster.jsontypes import JsonObject

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_LABEL_RE = re.compile(_LABEL)
_SUBDOMAIN_RE = re.compile(_SUBDOMAIN)
_DNS_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_DNS_1035_RE = re.compile(_DNS_1035)
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_QUALIFIED_RE = re.compile(_QUALIFIED)
_NAME_PART = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or "
    f"'123-abc', regex used for validation is '{_QUALIFIED}')"
)
_VALUE = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"
_VALUE_RE = re.compile(_VALUE)
_SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_ANNOTATIONS_LIMIT = 256 * 1024
_STANDARD_FINALIZERS = {"kubernetes", "orphan", "foregroundDeletion"}


def generate_name(prefix: str) -> str:
    """Return `prefix` (cut to 58) with five random characters."""
    suffix = "".join(secrets.choice(_SUFFIX_ALPHABET) for _ in range(5))
    return prefix[:58] + suffix


def subdomain_problem(name: str) -> str:
    """Return what is wrong with an RFC 1123 subdomain, or nothing."""
    if len(name) > 253:
        return "must be no more than 253 characters"
    if _SUBDOMAIN_RE.fullmatch(name):
        return ""
    return (
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric "
        "characters, '-' or '.', and must start and end with an alphanumeric character "
        f"(e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')"
    )


def label_problem(name: str) -> str:
    """Return what is wrong with an RFC 1123 label, or nothing."""
    if len(name) > 63:
        return "must be no more than 63 characters"
    if _LABEL_RE.fullmatch(name):
        return ""
    if not subdomain_problem(name):
        return "must not contain dots"
    return (
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters "
        "or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  "
        f"or '123-abc', regex used for validation is '{_LABEL}')"
    )


def dns_1035_problem(name: str) -> str:
    """Return what is wrong with an RFC 1035 label, or nothing."""
    if len(name) > 63:
        return "must be no more than 63 characters"
    if _DNS_1035_RE.fullmatch(name):
        return ""
    return (
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', "
        "start with an alphabetic character, and end with an alphanumeric character "
        f"(e.g. 'my-name',  or 'abc-123', regex used for validation is '{_DNS_1035}')"
    )


def path_segment_problem(name: str) -> str:
    """Return what is wrong with a free name that stands in a path, or nothing."""
    if name in {".", ".."}:
        return f"may not be '{name}'"
    for sign in "/%":
        if sign in name:
            return f"may not contain '{sign}'"
    return ""


def qualified_name_problem(key: str) -> str:
    """Return what is wrong with a label or annotation key, or nothing."""
    if key.count("/") > 1:
        return _NAME_PART.replace("name part", "a qualified name", 1) + (
            " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        )
    prefix, slash, name = key.rpartition("/")
    if slash and not prefix:
        return "prefix part must be non-empty"
    if slash and (problem := subdomain_problem(prefix)):
        return f"prefix part {problem}"
    if not name:
        return "name part must be non-empty"
    if len(name) > 63:
        return "name part must be no more than 63 characters"
    return "" if _QUALIFIED_RE.fullmatch(name) else _NAME_PART


def label_value_problem(value: str) -> str:
    """Return what is wrong with a label value, or nothing."""
    if len(value) > 63:
        return "must be no more than 63 characters"
    if _VALUE_RE.fullmatch(value):
        return ""
    return (
        "a valid label must be an empty string or consist of alphanumeric characters, "
        "'-', '_' or '.', and must start and end with an alphanumeric character (e.g. "
        f"'MyValue',  or 'my_value',  or '12345', regex used for validation is '{_VALUE}')"
    )


def check_labels(labels: JsonObject, path: str) -> Iterator[FieldError]:
    """Yield the errors of a label map."""
    for key, value in labels.items():
        if problem := qualified_name_problem(key):
            yield err.invalid_value(path, f'"{key}"', problem)
        if problem := label_value_problem(value):
            yield err.invalid_value(path, f'"{value}"', problem)


def check_annotations(annotations: JsonObject, path: str) -> Iterator[FieldError]:
    """Yield the errors of an annotation map."""
    total = 0
    for key, value in annotations.items():
        if problem := qualified_name_problem(key.lower()):
            yield err.invalid_value(path, f'"{key}"', problem)
        total += len(key) + len(value)
    if total > _ANNOTATIONS_LIMIT:
        yield err.too_long(path, _ANNOTATIONS_LIMIT)


def is_qualified_finalizer(name: str) -> bool:
    """Tell whether a finalizer has a domain, or is one of Kubernetes' own."""
    return "/" in name or name in _STANDARD_FINALIZERS


def check_finalizers(
    finalizers: list[str], path: str, *, qualified: bool
) -> Iterator[FieldError]:
    """Yield the errors of a finalizer list; most kinds want them to have a domain."""
    for index, name in enumerate(finalizers):
        if problem := qualified_name_problem(name):
            yield err.invalid_value(f"{path}[{index}]", f'"{name}"', problem)
        elif qualified and not is_qualified_finalizer(name):
            yield err.invalid_value(
                f"{path}[{index}]",
                f'"{name}"',
                "name is neither a standard finalizer name nor is it fully qualified",
            )
