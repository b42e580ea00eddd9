"""Objects from flat inputs: declared once, made alike in Python and in TypeScript.

General layout, imports going down only:

    creators      what a resource class declares, and how it is used
    declaring     rules as they are written, checked and compiled to nodes
    markers       what is written on inputs and creators
    building      nodes and inputs to an object
    nodes

Nothing here knows of Kubernetes beyond the shape of metadata; `fairlead.kube` binds it to resources.
"""

from fairlead.drafts.building import DraftError, Suffix, make_suffix
from fairlead.drafts.creators import Creator, DraftInputs, Editor, creator, editor
from fairlead.drafts.markers import (
    Annotation,
    At,
    Fixed,
    Label,
    Name,
    OwnedBy,
    Put,
)
from fairlead.drafts.nodes import DraftSpec

__all__ = [
    "Annotation",
    "At",
    "Creator",
    "DraftError",
    "DraftInputs",
    "DraftSpec",
    "Editor",
    "Fixed",
    "Label",
    "Name",
    "OwnedBy",
    "Put",
    "Suffix",
    "creator",
    "editor",
    "make_suffix",
]
