"""Kinds with creators and editors that use every rule there is."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from fairlead.access import public
from fairlead.context import Context
from fairlead.kube.drafts import (
    Annotation,
    At,
    DraftInputs,
    Fixed,
    Label,
    Name,
    OwnedBy,
    Put,
    creator,
    editor,
)
from fairlead.kube.models import KubeModel
from fairlead.kube.resource import Resource
from fairlead.procedure import mutation
from fairlead.router import Router


class Channel(StrEnum):
    STABLE = "stable"
    EDGE = "edge"


class Gate(KubeModel):
    name: str
    kind: Literal["manual", "autotest"] = "manual"
    branch: str | None = None


class Source(KubeModel):
    url: str
    start_from: str | None = None


class ReleaseSpec(KubeModel):
    title: str
    project: str
    channel: Channel = Channel.STABLE
    replicas: int = 1
    enabled: bool = True
    ratio: float | None = None
    source: Source
    gates: list[Gate] | None = None
    parameters: dict[str, JsonValue] | None = None
    note: str | None = None
    summary: str | None = None


class ReleaseDraftInputs(DraftInputs):
    """What a release is made from."""

    title: Annotated[
        str, Field(min_length=1, max_length=90), At("spec.title"), Annotation("x.io/t")
    ]
    namespace: Annotated[str, At("metadata.namespace")]
    project: Annotated[str, At("spec.project"), Label("x.io/project")]
    strategy: Literal["create", "clone", "import"] = "create"
    channel: Annotated[Channel, At("spec.channel"), Label("x.io/channel")] = (
        Channel.STABLE
    )
    replicas: Annotated[int, Field(ge=0, le=9), At("spec.replicas")] = 1
    enabled: Annotated[
        bool,
        At("spec.enabled", when={"strategy": ("create", "clone")}, otherwise=False),
        Label("x.io/enabled"),
    ] = True
    ratio: Annotated[float | None, At("spec.ratio")] = None
    url: Annotated[str, At("spec.source.url", when={"strategy": "clone"})] = ""
    start_from: Annotated[str | None, At("spec.source.start_from")] = "0.1.0"
    gates: Annotated[list[Gate], At("spec.gates")] = Field(default_factory=list[Gate])
    parameters: Annotated[dict[str, JsonValue] | None, At("spec.parameters")] = None
    note: Annotated[
        str, Field(max_length=20), At("spec.note", omit=""), Label("x.io/note")
    ] = ""
    owner: Annotated[Resource | None, OwnedBy(controller=True)] = None


class ReleaseEdits(DraftInputs):
    """What may change in a release; what is absent stays."""

    title: Annotated[str | None, At("spec.title")] = None
    note: Annotated[str | None, At("spec.note"), Label("x.io/note")] = None
    replicas: Annotated[int | None, At("spec.replicas")] = None
    gates: Annotated[list[Gate] | None, At("spec.gates")] = None
    mode: Literal["plain", "summed"] | None = None
    summary: Annotated[str | None, At("spec.summary", when={"mode": "summed"})] = None


class Release(Resource, group="x.io", version="v1", plural="releases"):
    """Something that goes out."""

    spec: ReleaseSpec
    status: dict[str, str] | None = None

    draft = creator(
        ReleaseDraftInputs,
        Name("{project}-{title}", random=5, max_length=40),
        Put("spec.summary", "{title} ({channel}, {replicas}x, on: {enabled}) {{x}}"),
        Fixed("spec.source.url", "https://x.io/empty.git", when={"strategy": "create"}),
        Fixed("spec.source.url", "https://x.io/taken.git", when={"strategy": "import"}),
        Label("x.io/of", "{project}_{strategy}"),
        Annotation("x.io/made-by", "portal"),
    )
    edit = editor(ReleaseEdits)


class App(Router[Context]):
    @mutation(access=public)
    async def save(self, release: Release, /) -> Release:
        return release
