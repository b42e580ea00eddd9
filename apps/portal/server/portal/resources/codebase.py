"""Codebase: a source repository that the platform builds."""

from typing import Annotated, Literal

from pydantic import Field

from fairlead.kube import KubeModel, Resource
from fairlead.kube.drafts import At, Label, creator, editor
from portal.resources.inputs import DescribedEdits, DescribedInputs, Text
from portal.resources.operator_status import OperatorStatus

CodebaseType = Literal["application", "autotest", "library", "infrastructure", "system"]
Versions = Literal["default", "semver"]


class Versioning(KubeModel):
    """How versions of a codebase are counted."""

    type: Literal["default", "semver", "edp"] = "default"
    start_from: str | None = None


class Repository(KubeModel):
    """Where a cloned codebase comes from."""

    url: str


class CodebaseBasics(KubeModel):
    """What is asked for as it is kept."""

    type: Annotated[CodebaseType, At(), Label("app.edp.epam.com/codebaseType")]
    strategy: Annotated[Literal["create", "clone", "import"], At()]
    lang: Text
    build_tool: Text
    git_server: Annotated[Text, At(), Label("app.edp.epam.com/gitserver")]
    """Name of a GitServer in the same namespace."""
    private: bool = True
    deployment_script: Literal["helm-chart", "rpm-package"] = "helm-chart"
    ci_tool: Literal["tekton", "gitlab"] = "tekton"


class CodebaseSpec(CodebaseBasics):
    """What the platform should build, and how."""

    framework: str
    git_url_path: Annotated[str, Field(pattern=r"^/.+")]
    """Path of the repository on the git server, with its leading slash."""
    default_branch: Text = "main"
    empty_project: bool = False
    versioning: Versioning
    repository: Repository | None = None
    description: str | None = None
    commit_message_pattern: str | None = None
    ticket_name_pattern: str | None = None
    jira_server: str | None = None


class CodebaseStatus(OperatorStatus):
    """What the operator says of a codebase."""

    git: str | None = None
    git_web_url: str | None = None


class CodebaseDraftInputs(CodebaseBasics, DescribedInputs):
    """What it takes to bring a codebase to the platform."""

    framework: Text
    git_url_path: Annotated[str, Field(pattern=r"^/[^\s/]+(/[^\s/]+)*$")]
    repository_url: Annotated[
        str, At("spec.repository.url", when={"strategy": "clone"}, omit="")
    ] = ""
    default_branch: Annotated[str, Field(pattern=r"^\S+$")] = "main"
    empty_project: Annotated[bool, At(when={"strategy": "create"}, otherwise=False)] = (
        False
    )
    versioning: Annotated[Versions, At("spec.versioning.type")] = "default"
    start_from: Annotated[
        str, At("spec.versioning.start_from", when={"versioning": "semver"}, omit="")
    ] = ""


class CodebaseEdits(DescribedEdits):
    """What may be changed in a codebase once it is there; None takes a field away."""

    commit_message_pattern: str | None = None
    ticket_name_pattern: str | None = None
    jira_server: str | None = None


class Codebase(Resource, group="v2.edp.epam.com", version="v1", plural="codebases"):
    """A source repository that the platform builds."""

    spec: CodebaseSpec
    status: CodebaseStatus | None = None
    draft = creator(CodebaseDraftInputs)
    edit = editor(CodebaseEdits)
