"""GitServer: a server that codebases live on, and the Secret that opens it."""

from typing import Annotated, Literal

from pydantic import Field

from fairlead.kube import KubeModel, Resource

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


class GitServer(Resource, group="v2.edp.epam.com", version="v1", plural="gitservers"):
    """A Git server that codebases live on."""

    spec: GitServerSpec
    status: GitServerStatus | None = None


class Secret(Resource, group="", version="v1", plural="secrets"):
    """Credentials; only the server handles them, no router serves them."""

    type: str | None = None
    data: dict[str, str] | None = None
    string_data: dict[str, str] | None = None
