"""Drafts: objects as clients write them before the cluster has made them.

    class Codebase(Resource, group="v2.edp.epam.com", version="v1", plural="codebases"):
        spec: CodebaseSpec
        draft = creator(CodebaseDraftInputs, Fixed("spec.ci_tool", "tekton"))

`Codebase.draft(...)` makes one in Python, the generated `createCodebaseDraft({ ... })` in TypeScript.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from fairlead.drafts import (
    Annotation,
    At,
    DraftError,
    DraftInputs,
    Fixed,
    Label,
    Name,
    OwnedBy,
    Put,
    creator,
    editor,
)
from fairlead.kube.draft_models import get_draft_model
from fairlead.kube.models import DraftMeta
from fairlead.kube.resource import Resource

__all__ = [
    "Annotation",
    "AsDraft",
    "At",
    "DraftError",
    "DraftInputs",
    "DraftMeta",
    "Fixed",
    "Label",
    "Name",
    "OwnedBy",
    "Put",
    "creator",
    "editor",
    "get_draft_model",
]


class AsDraft:
    """Marks an input that clients send as a draft and procedures get as the resource.

    In process, the resource itself may be passed.
    """

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        resource: type[Resource] = source

        def to_resource(draft: BaseModel) -> Resource:
            return resource.model_validate(
                draft.model_dump(by_alias=True, exclude_none=True)
            )

        def read(value: object, read_draft: Callable[[object], BaseModel]) -> Resource:
            if isinstance(value, resource):
                return value
            return to_resource(read_draft(value))

        draft_schema = handler.generate_schema(get_draft_model(resource))
        return core_schema.json_or_python_schema(
            # Apart: inside a wrap validator JSON is Python already, and times would be refused.
            json_schema=core_schema.no_info_after_validator_function(
                to_resource, draft_schema
            ),
            python_schema=core_schema.no_info_wrap_validator_function(
                read, draft_schema
            ),
        )
