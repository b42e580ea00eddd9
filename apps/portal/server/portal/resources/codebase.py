"""Codebase: a source repository that the platform builds."""

from typing import Annotated, Literal

from pydantic import Field

from fairlead.kube.drafts import At, Label, creator, editor
from portal.kinds import codebase as kind
from portal.resources.inputs import DescribedEdits, DescribedInputs, Text


class CodebaseDraftInputs(DescribedInputs):
    """What it takes to bring a codebase to the platform."""

    type: Annotated[kind.CodebaseType, At(), Label("app.edp.epam.com/codebaseType")]
    strategy: Annotated[kind.CodebaseStrategy, At()]
    lang: Text
    build_tool: Text
    git_server: Annotated[Text, At(), Label("app.edp.epam.com/gitserver")]
    """Name of a GitServer in the same namespace."""
    private: bool = True
    deployment_script: kind.CodebaseDeploymentScript = "helm-chart"
    ci_tool: kind.CodebaseCiTool = "tekton"
    framework: Text
    git_url_path: Annotated[str, Field(pattern=r"^/[^\s/]+(/[^\s/]+)*$")]
    repository_url: Annotated[
        str, At("spec.repository.url", when={"strategy": "clone"}, omit="")
    ] = ""
    default_branch: Annotated[str, Field(pattern=r"^\S+$")] = "main"
    empty_project: Annotated[bool, At(when={"strategy": "create"}, otherwise=False)] = (
        False
    )
    versioning: Annotated[Literal["default", "semver"], At("spec.versioning.type")] = (
        "default"
    )
    start_from: Annotated[
        str, At("spec.versioning.start_from", when={"versioning": "semver"}, omit="")
    ] = ""


class CodebaseEdits(DescribedEdits):
    """What may be changed in a codebase once it is there; None takes a field away."""

    commit_message_pattern: str | None = None
    ticket_name_pattern: str | None = None
    jira_server: str | None = None


class Codebase(kind.Codebase):
    """A source repository that the platform builds."""

    draft = creator(CodebaseDraftInputs)
    edit = editor(CodebaseEdits)
