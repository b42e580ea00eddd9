"""The kinds that random requests are made for."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.realcluster.gadgets import gadget
from tests.realcluster.objects import (
    config_map,
    container,
    deployment,
    deployment_patch,
    lease,
    mapping,
    odd,
    plain_patch,
    role,
    rule,
    secret,
    service,
    word,
)


@dataclass(frozen=True)
class Kind:
    """A kind that requests are made for, and how its objects and patches are drawn."""

    name: str
    api: str
    plural: str
    group: str
    fields: Callable[[random.Random], dict[str, Any]]
    pointers: tuple[tuple[str, Callable[[random.Random], Any]], ...]
    strategic: Callable[[random.Random], dict[str, Any]] | None = None
    status: bool = False

    def collection(self, namespace: str) -> str:
        """Return the path of the kind's objects in a namespace."""
        root = f"/apis/{self.group}" if self.group else "/api"
        return f"{root}/{self.api}/namespaces/{namespace}/{self.plural}"

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.api}" if self.group else self.api


KINDS = (
    Kind("ConfigMap", "v1", "configmaps", "", config_map, (("/data/a", word), ("/data", mapping), ("/immutable", odd)), plain_patch),
    Kind("Secret", "v1", "secrets", "", secret, (("/data/k", lambda _: "aGk="), ("/type", word)), plain_patch),
    Kind("Deployment", "v1", "deployments", "apps", deployment,
         (("/spec/template/spec/containers/0", container), ("/spec/template/spec/containers/-", container), ("/spec/template/spec/nodeSelector", mapping)),
         deployment_patch, status=True),
    Kind("Service", "v1", "services", "", service, (("/spec/ports/0/port", lambda d: d.choice([81, "x"])), ("/spec/selector", mapping))),
    Kind("Lease", "v1", "leases", "coordination.k8s.io", lease, (("/spec/holderIdentity", word),)),
    Kind("Role", "v1", "roles", "rbac.authorization.k8s.io", role, (("/rules/0", rule), ("/rules/-", rule))),
    Kind("Widget", "v1", "widgets", "compared.dev", gadget,
         (("/spec/color", lambda d: d.choice(["red", "blue"])), ("/spec/ports/0", lambda d: {"name": d.choice("abc")}), ("/spec/tags/-", lambda d: d.choice("xyz")),
          ("/spec/replicas", lambda d: d.choice([2, 20, "x"]))), status=True),
)  # fmt: skip
