"""Kubernetes's role-based access control, evaluated here: the same decisions as a cluster's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from fairlead.access.objects import Binding, RbacObject, Role, Subject
from fairlead.access.rights import ResourceAttributes
from fairlead.access.rules import Rule, allows
from fairlead.context import User
from fairlead.errors import DefinitionError

__all__ = ["MASTERS", "RbacPolicy"]

MASTERS = "system:masters"
"""The group that may do everything, as in a cluster."""

AUTHENTICATED = "system:authenticated"
"""The group of everybody who has signed in."""

GRANTING = ("create", "rbac.authorization.k8s.io")

_Key: TypeAlias = "tuple[str, str | None, str]"


class RbacPolicy:
    """Roles and bindings at one moment.

    Raises:
        DefinitionError: two have the same kind, namespace and name.
    """

    def __init__(self, objects: Iterable[RbacObject]) -> None:
        self._roles: dict[_Key, Role] = {}
        self._bindings: dict[str | None, list[Binding]] = {}
        self._rules: dict[tuple[str, tuple[str, ...], str | None], tuple[Rule, ...]]
        self._rules = {}
        seen: set[_Key] = set()
        for each in objects:
            metadata = each.metadata
            key = (each.kind, metadata.namespace, metadata.name)
            if key in seen:
                where = f" in {metadata.namespace}" if metadata.namespace else ""
                raise DefinitionError(f"{each.kind} {metadata.name!r}{where} is twice")
            seen.add(key)
            if isinstance(each, Role):
                self._roles[key] = each
            else:
                self._bindings.setdefault(metadata.namespace, []).append(each)

    def allows(self, user: User, wanted: ResourceAttributes) -> bool:
        """Does a binding give the user that right?"""
        if MASTERS in user.groups:
            return True
        return allows(self.get_rules(user, wanted.namespace), wanted)

    def get_rules(self, user: User, namespace: str | None) -> Sequence[Rule]:
        """All rules of a user in a namespace, those of all namespaces included."""
        key = (user.name, user.groups, namespace)
        found = self._rules.get(key)
        if found is None:
            if len(self._rules) >= 10_000:
                self._rules.clear()
            found = self._rules[key] = tuple(self._resolve(user, namespace))
        return found

    def find_granters(self, namespace: str | None) -> list[str]:
        """Users and groups that may create bindings there, in the order of their bindings."""
        plural = "clusterrolebindings" if namespace is None else "rolebindings"
        verb, group = GRANTING
        right = ResourceAttributes(
            verb=verb, group=group, plural=plural, namespace=namespace
        )
        found = [
            f"{subject.kind.lower()} {subject.name}"
            for binding in self._list_bindings(namespace)
            if allows(self._get_role_rules(binding), right)
            for subject in binding.subjects or ()
        ]
        return list(dict.fromkeys(found))

    def _resolve(self, user: User, namespace: str | None) -> Iterator[Rule]:
        for binding in self._list_bindings(namespace):
            if any(
                _is_about(subject, user, binding) for subject in binding.subjects or ()
            ):
                yield from self._get_role_rules(binding)

    def _list_bindings(self, namespace: str | None) -> Iterator[Binding]:
        yield from self._bindings.get(None, ())
        if namespace is not None:
            yield from self._bindings.get(namespace, ())

    def _get_role_rules(self, binding: Binding) -> Sequence[Rule]:
        ref = binding.role_ref
        namespace = binding.metadata.namespace if ref.kind == "Role" else None
        role = self._roles.get((ref.kind, namespace, ref.name))
        # A role that is not there gives nothing; it may be added later.
        return () if role is None else tuple(self._collect(role, set()))

    def _collect(self, role: Role, seen: set[str]) -> Iterator[Rule]:
        """The rules of a role; of an aggregated one those of the roles it selects."""
        if role.aggregation_rule is None:
            yield from role.rules or ()
            return
        seen.add(role.metadata.name)
        selectors = [
            selector.match_labels.items()
            for selector in role.aggregation_rule.cluster_role_selectors
        ]
        for other in self._roles.values():
            if other.kind != "ClusterRole" or other.metadata.name in seen:
                continue
            labels = other.metadata.labels.items()
            if any(wanted and wanted <= labels for wanted in selectors):
                yield from self._collect(other, seen)


def _is_about(subject: Subject, user: User, binding: Binding) -> bool:
    if subject.kind == "User":
        return subject.name == user.name
    if subject.kind == "Group":
        return subject.name in user.groups or subject.name == AUTHENTICATED
    namespace = subject.namespace or binding.metadata.namespace
    return user.name == f"system:serviceaccount:{namespace}:{subject.name}"
