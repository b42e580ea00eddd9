"""What inputs of drafts and edits have in common."""

from typing import Annotated

from pydantic import Field

from fairlead.kube.drafts import At, DraftInputs

NAME = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
# Pipelines add to the names of codebases and servers, stages to those of pipelines.
ObjectName = Annotated[str, Field(min_length=2, max_length=30, pattern=NAME)]
ShortName = Annotated[str, Field(min_length=2, max_length=20, pattern=NAME)]
NamespaceName = Annotated[str, Field(min_length=1)]
Text = Annotated[str, Field(min_length=1)]
Description = Annotated[str, Field(max_length=250)]
Port = Annotated[int, Field(ge=1, le=65_535)]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([-.A-Za-z0-9]*[A-Za-z0-9])?$")]


class NamedInputs(DraftInputs):
    """Inputs of what has a name of its own, in a namespace."""

    name: Annotated[ObjectName, At("metadata.name")]
    namespace: Annotated[NamespaceName, At("metadata.namespace")]


class DescribedInputs(NamedInputs):
    """Inputs of what says what it is for, if it says so."""

    description: Annotated[Description, At(omit="")] = ""


class DescribedEdits(DraftInputs):
    """Changes of what says what it is for; None takes a field away."""

    description: Description | None = None
