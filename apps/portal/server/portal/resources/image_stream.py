"""CodebaseImageStream: the images that builds of one branch have made."""

from pydantic import AwareDatetime

from fairlead.kube import KubeModel, Resource


class ImageTag(KubeModel):
    """One image."""

    name: str
    created: AwareDatetime
    digest: str | None = None


class CodebaseImageStreamSpec(KubeModel):
    """Which images there are, the oldest first."""

    codebase: str
    image_name: str
    tags: list[ImageTag] | None = None


class CodebaseImageStream(
    Resource, group="v2.edp.epam.com", version="v1", plural="codebaseimagestreams"
):
    """The images that builds of one branch, or promotions to one stage, have made."""

    spec: CodebaseImageStreamSpec
