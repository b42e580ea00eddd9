"""Codebase: a source repository that the platform builds."""

from typing import Annotated, Literal

from pydantic import Field

from fairlead.kube import KubeModel, Resource
from fairlead.kube.drafts import At, DraftInputs, Label, creator, editor
from portal.resources.inputs import Description, NamespaceName, ObjectName
from portal.resources.operator_status import OperatorStatus

CodebaseType = Literal["application", "autotest", "library", "infrastructure", "system"]
GIT_SERVER_LABEL = "app.edp.epam.com/gitserver"
TYPE_LABEL = "app.edp.epam.com/codebaseType"
CodebaseStrategy = Literal["create", "clone", "import"]


class Versioning(KubeModel):
    """How versions of a codebase are counted."""

    type: Literal["default", "semver", "edp"] = "default"
    start_from: str | None = None


class Repository(KubeModel):
    """Where a cloned codebase comes from."""

    url: str


class CodebaseSpec(KubeModel):
    """What the platform should build, and how."""

    type: CodebaseType
    strategy: CodebaseStrategy
    lang: Annotated[str, Field(min_length=1)]
    framework: str
    build_tool: Annotated[str, Field(min_length=1)]
    git_server: Annotated[str, Field(min_length=1)]
    """Name of a GitServer in the same namespace."""
    git_url_path: Annotated[str, Field(pattern=r"^/.+")]
    """Path of the repository on the git server, with its leading slash."""
    default_branch: Annotated[str, Field(min_length=1)] = "main"
    deployment_script: Literal["helm-chart", "rpm-package"] = "helm-chart"
    ci_tool: Literal["tekton", "gitlab"] = "tekton"
    empty_project: bool = False
    private: bool = True
    versioning: Versioning
    repository: Repository | None = None
    description: str | None = None
    branch_to_copy_in_default_branch: str | None = None
    commit_message_pattern: str | None = None
    ticket_name_pattern: str | None = None
    jira_server: str | None = None


class CodebaseStatus(OperatorStatus):
    """What the operator says of a codebase."""

    git: str | None = None
    git_web_url: str | None = None


class CodebaseDraftInputs(DraftInputs):
    """What it takes to bring a codebase to the platform."""

    name: ObjectName
    namespace: NamespaceName
    type: Annotated[CodebaseType, At(), Label(TYPE_LABEL)]
    strategy: Annotated[CodebaseStrategy, At()]
    lang: Annotated[str, Field(min_length=1)]
    framework: Annotated[str, Field(min_length=1)]
    build_tool: Annotated[str, Field(min_length=1)]
    git_server: Annotated[str, Field(min_length=1), At(), Label(GIT_SERVER_LABEL)]
    git_url_path: Annotated[str, Field(pattern=r"^/[^\s/]+(/[^\s/]+)*$")]
    repository_url: Annotated[
        str, At("spec.repository.url", when={"strategy": "clone"}, omit="")
    ] = ""
    default_branch: Annotated[str, Field(pattern=r"^\S+$")] = "main"
    is_private: Annotated[bool, At("spec.private")] = True
    empty_project: Annotated[bool, At(when={"strategy": "create"}, otherwise=False)] = (
        False
    )
    versioning: Annotated[Literal["default", "semver"], At("spec.versioning.type")] = (
        "default"
    )
    start_from: Annotated[
        str, At("spec.versioning.start_from", when={"versioning": "semver"}, omit="")
    ] = ""
    deployment_script: Literal["helm-chart", "rpm-package"] = "helm-chart"
    ci_tool: Literal["tekton", "gitlab"] = "tekton"
    description: Annotated[Description, At(omit="")] = ""


class CodebaseEdits(DraftInputs):
    """What may be changed in a codebase once it is there; None takes a field away."""

    description: Description | None = None
    commit_message_pattern: str | None = None
    ticket_name_pattern: str | None = None
    jira_server: str | None = None


class Codebase(
    Resource,
    group="v2.edp.epam.com",
    version="v1",
    plural="codebases",
    labels={"gitServer": GIT_SERVER_LABEL, "type": TYPE_LABEL},
):
    """A source repository that the platform builds."""

    spec: CodebaseSpec
    status: CodebaseStatus | None = None
    draft = creator(CodebaseDraftInputs)
    edit = editor(CodebaseEdits)
