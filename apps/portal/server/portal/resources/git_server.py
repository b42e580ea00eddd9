"""GitServer: a server that codebases live on, and the name of the Secret that opens it."""

from typing import Annotated, Literal

from fairlead.kube import KubeModel, Resource
from fairlead.kube.drafts import At, DraftInputs, Put, creator, editor
from portal.resources.inputs import Host, NamedInputs, Port, Text

GitProvider = Literal["gerrit", "github", "gitlab", "bitbucket"]


class GitServerSpec(KubeModel):
    """The server and how to reach it."""

    git_host: Text
    git_provider: GitProvider = "github"
    git_user: str = "git"
    ssh_port: Port
    https_port: Port
    name_ssh_key_secret: str
    """Secret in the same namespace that holds the SSH key and the token."""


class GitServerStatus(KubeModel):
    """Whether the platform gets in."""

    connected: bool | None = None
    error: str | None = None


class GitServerDraftInputs(NamedInputs):
    """What it takes to connect a Git server, but for the Secret `ci-{name}` that opens it."""

    host: Annotated[Host, At("spec.git_host")]
    provider: Annotated[GitProvider, At("spec.git_provider")]
    user: Annotated[Text, At("spec.git_user")] = "git"
    ssh_port: Port = 22
    https_port: Port = 443


class GitServerEdits(DraftInputs):
    """What may be changed in a Git server."""

    host: Annotated[Host | None, At("spec.git_host")] = None
    user: Annotated[Text | None, At("spec.git_user")] = None
    ssh_port: Port | None = None
    https_port: Port | None = None


class GitServer(Resource, group="v2.edp.epam.com", version="v1", plural="gitservers"):
    """A Git server that codebases live on."""

    spec: GitServerSpec
    status: GitServerStatus | None = None
    draft = creator(GitServerDraftInputs, Put("spec.name_ssh_key_secret", "ci-{name}"))
    edit = editor(GitServerEdits)
