"""Role-based access control: who may do what, from the stored roles and bindings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fairlead.devcluster.errors import ApiError, Subject, forbidden
from fairlead.devcluster.identity import User
from fairlead.devcluster.jsontypes import NO_FIELDS, NO_ITEMS, JsonArray, JsonObject
from fairlead.devcluster.storage import Event, Storage

GROUP = "rbac.authorization.k8s.io"
KEYS = frozenset(
    f"{plural}.{GROUP}"
    for plural in ("roles", "rolebindings", "clusterroles", "clusterrolebindings")
)
_NAMED_COLLECTION = {"create", "deletecollection"}


@dataclass(frozen=True, slots=True)
class Attributes:
    """What somebody wants to do."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""  # for requests that are not about a resource

    @property
    def full_resource(self) -> str:
        """The resource as rules name it."""
        return (
            f"{self.resource}/{self.subresource}" if self.subresource else self.resource
        )


@dataclass(frozen=True, slots=True)
class Grant:
    """One rule that a user has, and the binding that gives it."""

    rule: JsonObject
    reason: str


def rule_allows(rule: JsonObject, wanted: Attributes) -> bool:
    """Tell whether one rule allows a request."""
    if not _has(rule.get("verbs"), wanted.verb):
        return False
    if wanted.path:
        return any(
            _path_matches(pattern, wanted.path)
            for pattern in rule.get("nonResourceURLs") or NO_ITEMS
        )
    if not _has(rule.get("apiGroups"), wanted.group):
        return False
    if not _resource_matches(rule.get("resources") or NO_ITEMS, wanted):
        return False
    names = rule.get("resourceNames")
    return not names or (bool(wanted.name) and wanted.name in names)


def _has(allowed: JsonArray | None, value: str) -> bool:
    return allowed is not None and ("*" in allowed or value in allowed)


def _resource_matches(resources: JsonArray | tuple[()], wanted: Attributes) -> bool:
    full = wanted.full_resource
    for item in resources:
        if item in {"*", full}:
            return True
        if wanted.subresource and item == f"*/{wanted.subresource}":
            return True
    return False


def _path_matches(pattern: str, path: str) -> bool:
    return pattern in {"*", path} or (
        pattern.endswith("*") and path.startswith(pattern[:-1])
    )


class Authorizer:
    """Decides requests; rules of a user are kept until an RBAC object changes."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._cache: dict[tuple[str, tuple[str, ...], str], list[Grant]] = {}
        storage.listen(self._on_event)

    def _on_event(self, resource: str, _event: Event) -> None:
        if resource in KEYS:
            self._cache.clear()

    def decide(self, user: User, wanted: Attributes) -> tuple[bool, str]:
        """Return whether a request is allowed, and by which binding."""
        if user.is_master:
            return True, ""
        for grant in self.grants(user, wanted.namespace):
            if rule_allows(grant.rule, wanted):
                return True, grant.reason
        return False, ""

    def require(self, user: User, wanted: Attributes) -> None:
        """Refuse a request that is not allowed with 403."""
        if not self.decide(user, wanted)[0]:
            raise denial(user, wanted)

    def grants(self, user: User, namespace: str) -> list[Grant]:
        """Return all rules of a user in a namespace (cluster-wide ones included)."""
        key = (user.name, user.groups, namespace)
        found = self._cache.get(key)
        if found is None:
            if len(self._cache) > 4096:
                self._cache.clear()
            found = self._cache[key] = list(self._resolve(user, namespace))
        return found

    def _resolve(self, user: User, namespace: str) -> Iterator[Grant]:
        yield from self._bindings(user, "clusterrolebindings", "")
        if namespace:
            yield from self._bindings(user, "rolebindings", namespace)

    def _bindings(self, user: User, plural: str, namespace: str) -> Iterator[Grant]:
        kind = (
            "ClusterRoleBinding" if plural == "clusterrolebindings" else "RoleBinding"
        )
        for record in self._storage.scan(f"{plural}.{GROUP}", namespace):
            binding = record.decode()
            subject = _find_subject(binding, user, namespace)
            if not subject:
                continue
            ref = binding.get("roleRef") or NO_FIELDS
            shown = f"{record.name}/{namespace}" if namespace else record.name
            reason = f'RBAC: allowed by {kind} "{shown}" of {ref.get("kind")} "{ref.get("name")}" to {subject}'
            for rule in self.role_rules(ref, namespace):
                yield Grant(rule, reason)

    def role_rules(self, ref: JsonObject, namespace: str) -> list[JsonObject]:
        """Return the rules of a referenced role; none when it does not exist."""
        cluster = ref.get("kind") == "ClusterRole"
        plural = "clusterroles" if cluster else "roles"
        name = ref.get("name", "")
        record = self._storage.find(
            f"{plural}.{GROUP}", "" if cluster else namespace, name
        )
        return (record.decode().get("rules") or NO_ITEMS) if record else []


def _find_subject(binding: JsonObject, user: User, namespace: str) -> str:
    for subject in binding.get("subjects") or NO_ITEMS:
        kind, name = subject.get("kind"), subject.get("name", "")
        if kind == "User" and name == user.name:
            return f'User "{name}"'
        if kind == "Group" and name in user.groups:
            return f'Group "{name}"'
        if kind == "ServiceAccount":
            place = subject.get("namespace") or namespace
            if user.name == f"system:serviceaccount:{place}:{name}":
                return f'ServiceAccount "{name}/{place}"'
    return ""


def denial(user: User, wanted: Attributes) -> ApiError:
    """403 for a request."""
    if wanted.path:
        message = (
            f'forbidden: User "{user.name}" cannot {wanted.verb} path "{wanted.path}"'
        )
        return ApiError(
            403, "Forbidden", message, {}, headers={"x-content-type-options": "nosniff"}
        )
    scope = (
        f'in the namespace "{wanted.namespace}"'
        if wanted.namespace
        else "at the cluster scope"
    )
    return forbidden(
        Subject(wanted.group, wanted.resource),
        wanted.name,
        f'User "{user.name}" cannot {wanted.verb} resource "{wanted.full_resource}" '
        f'in API group "{wanted.group}" {scope}',
    )
