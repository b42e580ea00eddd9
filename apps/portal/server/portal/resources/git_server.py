"""GitServer: a server that codebases live on, and the Secret that opens it."""

from typing import Annotated, Literal

from pydantic import Field

from fairlead.kube import KubeModel, Resource
from fairlead.kube.drafts import At, DraftInputs, Put, creator, editor
from portal.resources.inputs import NamespaceName, ObjectName

GitProvider = Literal["gerrit", "github", "gitlab", "bitbucket"]
Port = Annotated[int, Field(ge=1, le=65_535)]


class GitServerSpec(KubeModel):
    """The server and how to reach it."""

    git_host: Annotated[str, Field(min_length=1)]
    git_provider: GitProvider = "github"
    git_user: str = "git"
    ssh_port: Port
    https_port: Port
    name_ssh_key_secret: str
    """Secret in the same namespace that holds the SSH key and the token."""
    webhook_url: str | None = None


class GitServerStatus(KubeModel):
    """Whether the platform gets in."""

    connected: bool | None = None
    error: str | None = None
    status: str | None = None


class GitServerDraftInputs(DraftInputs):
    """What it takes to connect a Git server, but for the Secret `ci-{name}` that opens it."""

    name: Annotated[ObjectName, At()]
    namespace: NamespaceName
    host: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9]([-.A-Za-z0-9]*[A-Za-z0-9])?$"),
        At("spec.git_host"),
    ]
    provider: Annotated[GitProvider, At("spec.git_provider")]
    user: Annotated[str, Field(min_length=1), At("spec.git_user")] = "git"
    ssh_port: Port = 22
    https_port: Port = 443


class GitServerEdits(DraftInputs):
    """What may be changed in a Git server."""

    host: Annotated[str | None, Field(min_length=1), At("spec.git_host")] = None
    user: Annotated[str | None, Field(min_length=1), At("spec.git_user")] = None
    ssh_port: Port | None = None
    https_port: Port | None = None


class GitServer(Resource, group="v2.edp.epam.com", version="v1", plural="gitservers"):
    """A Git server that codebases live on."""

    spec: GitServerSpec
    status: GitServerStatus | None = None
    draft = creator(GitServerDraftInputs, Put("spec.name_ssh_key_secret", "ci-{name}"))
    edit = editor(GitServerEdits)


class Secret(Resource, group="", version="v1", plural="secrets"):
    """Credentials; only the server handles them, no router serves them."""

    type: str | None = None
    data: dict[str, str] | None = None
    string_data: dict[str, str] | None = None
