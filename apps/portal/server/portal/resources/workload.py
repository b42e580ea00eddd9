"""Deployments and pods: what runs in the teams' namespaces."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from fairlead.kube import KubeModel, Resource
from portal.resources.condition import Condition


class Container(KubeModel):
    """One container of a pod."""

    name: str
    image: str | None = None


class PodSpec(KubeModel):
    """What a pod runs."""

    containers: list[Container]
    node_name: str | None = None


class PodTemplate(KubeModel):
    """What each pod of a deployment is made from."""

    spec: PodSpec


class Selector(KubeModel):
    """By which labels a deployment knows its pods."""

    match_labels: dict[str, str] | None = None


class DeploymentSpec(KubeModel):
    """How many pods of what kind there should be."""

    replicas: int | None = None
    paused: bool | None = None
    selector: Selector | None = None
    template: PodTemplate


class DeploymentStatus(KubeModel):
    """How many there are."""

    replicas: int | None = None
    updated_replicas: int | None = None
    ready_replicas: int | None = None
    available_replicas: int | None = None
    observed_generation: int | None = None
    conditions: list[Condition] | None = None


class Deployment(Resource, group="apps", version="v1", plural="deployments"):
    """An application that runs, in as many pods as it should."""

    spec: DeploymentSpec
    status: DeploymentStatus | None = None


class ContainerStatus(KubeModel):
    """How a container is doing."""

    name: str
    ready: bool
    restart_count: int


class PodStatus(KubeModel):
    """How a pod is doing."""

    phase: str | None = None
    reason: str | None = None
    message: str | None = None
    pod_ip: Annotated[str | None, Field(alias="podIP")] = None
    start_time: AwareDatetime | None = None
    container_statuses: list[ContainerStatus] | None = None
    conditions: list[Condition] | None = None


class Pod(Resource, group="", version="v1", plural="pods"):
    """One running copy of an application, or one task of a pipeline."""

    spec: PodSpec
    status: PodStatus | None = None
