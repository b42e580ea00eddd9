"""What inputs of drafts have in common."""

from typing import Annotated

from pydantic import Field

NAME = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
# Pipelines add to the names of codebases and servers, stages to those of pipelines.
ObjectName = Annotated[str, Field(min_length=2, max_length=30, pattern=NAME)]
ShortName = Annotated[str, Field(min_length=2, max_length=20, pattern=NAME)]
NamespaceName = Annotated[str, Field(min_length=1)]
Description = Annotated[str, Field(max_length=250)]
