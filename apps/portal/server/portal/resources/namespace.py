"""Namespace: a team's share of the cluster."""

from fairlead.kube import KubeModel, Resource


class NamespaceStatus(KubeModel):
    """Whether a namespace is in use or on its way out."""

    phase: str | None = None


class Namespace(
    Resource, group="", version="v1", plural="namespaces", namespaced=False
):
    """A team's share of the cluster."""

    status: NamespaceStatus | None = None
