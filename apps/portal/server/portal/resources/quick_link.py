"""QuickLink: a link to a tool, shown on the overview."""

from typing import Annotated

from pydantic import Field

from fairlead.kube.drafts import At, DraftInputs, Fixed, Label, creator, editor
from portal.kinds import quick_link as kind
from portal.resources.inputs import NamespaceName

PROVIDER_LABEL = "app.edp.epam.com/quicklink-provider"
# A plain disc, base64 of an SVG image.
DISC = "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdCb3g9IjAgMCAyNCAyNCI+PGNpcmNsZSBjeD0iMTIiIGN5PSIxMiIgcj0iMTAiLz48L3N2Zz4="
Url = Annotated[str, Field(pattern=r"^https?://\S+$", max_length=2000)]


class QuickLinkDraftInputs(DraftInputs):
    """What it takes to add a link."""

    name: Annotated[
        str,
        Field(min_length=2, max_length=40, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"),
        At(),
        Label(PROVIDER_LABEL),
    ]
    namespace: NamespaceName
    url: Url
    visible: bool = True


class QuickLinkEdits(DraftInputs):
    """What may be changed in a link."""

    url: Url | None = None
    visible: bool | None = None


class QuickLink(kind.QuickLink):
    """A link to a tool, shown on the overview."""

    draft = creator(
        QuickLinkDraftInputs, Fixed("spec.icon", DISC), Fixed("spec.type", "default")
    )
    edit = editor(QuickLinkEdits)
