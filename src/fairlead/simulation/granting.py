"""Rights for the development personas in a cluster that no seed has filled."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fairlead.simulation.cluster import Cluster
from fairlead.simulation.objects import JsonObject, ref_of, text

__all__ = ["grant_personas"]

_GROUP = "rbac.authorization.k8s.io"
_LOOK = ["get", "list", "watch"]
_CHANGE = ["create", "update", "patch", "delete", "deletecollection"]
_ROLES = (
    ("admin", "cluster-admin"),
    ("developer", "edit"),
    ("developer", "fairlead-dev-edit"),
    ("viewer", "view"),
    ("viewer", "fairlead-dev-view"),
)


async def grant_personas(kubeconfig: Path, definitions: Sequence[JsonObject]) -> None:
    """admin may do everything, developer changes things, viewer looks, nobody may do nothing.

    Roles and bindings that are there already stay as they are, except for the kinds they name.

    Raises:
        ClusterError: the cluster refused.
    """
    groups = sorted({text(each, "spec", "group") for each in definitions})
    roles = [
        _make_role("fairlead-dev-view", groups, _LOOK),
        _make_role("fairlead-dev-edit", groups, [*_LOOK, *_CHANGE]),
    ]
    async with Cluster.from_kubeconfig(kubeconfig) as cluster:
        for role in roles:
            if await cluster.find(ref_of(role)) is None:
                await cluster.create(role)
            else:
                await cluster.patch(ref_of(role), {"rules": role["rules"]})
        for binding in (_make_binding(user, role) for user, role in _ROLES):
            if await cluster.find(ref_of(binding)) is None:
                await cluster.create(binding)


def _make_role(name: str, groups: list[str], verbs: list[str]) -> JsonObject:
    return {
        "apiVersion": f"{_GROUP}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": [{"apiGroups": [*groups], "resources": ["*"], "verbs": [*verbs]}]
        if groups
        else [],
    }


def _make_binding(user: str, role: str) -> JsonObject:
    return {
        "apiVersion": f"{_GROUP}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": f"fairlead-dev-{user}-{role}"},
        "roleRef": {"apiGroup": _GROUP, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": _GROUP, "kind": "User", "name": user}],
    }
