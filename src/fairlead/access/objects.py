"""Roles and bindings in Kubernetes's own format, read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import msgspec

from fairlead.access.rules import Rule
from fairlead.errors import DefinitionError

__all__ = [
    "Binding",
    "RbacObject",
    "Role",
    "RoleRef",
    "Subject",
    "parse_object",
]


class _Strict(
    msgspec.Struct,
    frozen=True,
    rename="camel",
    forbid_unknown_fields=True,
    kw_only=True,
):
    """A misspelt field of a role is a right too few or too many: it is refused."""


class _Metadata(msgspec.Struct, frozen=True):
    name: str
    namespace: str | None = None
    labels: dict[str, str] = {}


class _RoleRule(Rule, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A rule as written by hand."""


class _LabelSelector(_Strict, frozen=True):
    match_labels: dict[str, str] = {}


class _Aggregation(_Strict, frozen=True):
    cluster_role_selectors: tuple[_LabelSelector, ...] = ()


class Role(_Strict, frozen=True):
    """A Role or ClusterRole."""

    kind: Literal["Role", "ClusterRole"]
    metadata: _Metadata
    api_version: Literal["rbac.authorization.k8s.io/v1"]
    rules: tuple[_RoleRule, ...] | None = None
    aggregation_rule: _Aggregation | None = None


class Subject(_Strict, frozen=True):
    """To whom a binding gives its role."""

    kind: Literal["User", "Group", "ServiceAccount"]
    name: str
    namespace: str | None = None
    api_group: Literal["", "rbac.authorization.k8s.io"] = ""


class RoleRef(_Strict, frozen=True):
    """The role that a binding gives."""

    kind: Literal["Role", "ClusterRole"]
    name: str
    api_group: Literal["rbac.authorization.k8s.io"] = "rbac.authorization.k8s.io"


class Binding(_Strict, frozen=True):
    """A RoleBinding or ClusterRoleBinding."""

    kind: Literal["RoleBinding", "ClusterRoleBinding"]
    metadata: _Metadata
    role_ref: RoleRef
    api_version: Literal["rbac.authorization.k8s.io/v1"]
    subjects: tuple[Subject, ...] | None = None


RbacObject: TypeAlias = "Role | Binding"


def parse_object(document: Mapping[str, Any], where: str) -> RbacObject:
    """One role or binding.

    Raises:
        DefinitionError: it is none; the message says where and what is wrong.
    """
    kind = document.get("kind")
    cls: type[Role] | type[Binding]
    if kind in ("Role", "ClusterRole"):
        cls = Role
    elif kind in ("RoleBinding", "ClusterRoleBinding"):
        cls = Binding
    else:
        raise DefinitionError(
            f"{where}: {kind!r} is no kind of access control: it takes Role, ClusterRole, "
            "RoleBinding or ClusterRoleBinding"
        )
    try:
        found = msgspec.convert(document, cls)
    except msgspec.ValidationError as error:
        raise DefinitionError(f"{where}: {error}") from error
    _check(found, where)
    return found


def _check(found: RbacObject, where: str) -> None:
    kind, metadata = found.kind, found.metadata
    if kind in ("Role", "RoleBinding"):
        if metadata.namespace is None:
            raise DefinitionError(
                f"{where}: {kind} {metadata.name!r} needs metadata.namespace"
            )
    elif metadata.namespace is not None:
        raise DefinitionError(
            f"{where}: {kind} {metadata.name!r} is of all namespaces: "
            "leave out metadata.namespace"
        )
    if isinstance(found, Role):
        if found.aggregation_rule is not None and kind == "Role":
            raise DefinitionError(f"{where}: only a ClusterRole has an aggregationRule")
        return
    if kind == "ClusterRoleBinding" and found.role_ref.kind == "Role":
        raise DefinitionError(
            f"{where}: ClusterRoleBinding {metadata.name!r} cannot give a Role, which is of "
            "one namespace: refer to a ClusterRole"
        )
    for subject in found.subjects or ():
        is_account = subject.kind == "ServiceAccount"
        if is_account and subject.namespace is None and kind != "RoleBinding":
            raise DefinitionError(
                f"{where}: ServiceAccount {subject.name!r} needs its namespace"
            )
