"""GitServer: a server that codebases live on, and the name of the Secret that opens it."""

from typing import Annotated

from fairlead.kube.drafts import At, DraftInputs, Put, creator, editor
from portal.kinds import git_server as kind
from portal.resources.inputs import Host, NamedInputs, Port, Text


class GitServerDraftInputs(NamedInputs):
    """What it takes to connect a Git server, but for the Secret `ci-{name}` that opens it."""

    host: Annotated[Host, At("spec.git_host")]
    provider: Annotated[kind.GitServerGitProvider, At("spec.git_provider")]
    user: Annotated[Text, At("spec.git_user")] = "git"
    ssh_port: Port = 22
    https_port: Port = 443


class GitServerEdits(DraftInputs):
    """What may be changed in a Git server."""

    host: Annotated[Host | None, At("spec.git_host")] = None
    user: Annotated[Text | None, At("spec.git_user")] = None
    ssh_port: Port | None = None
    https_port: Port | None = None


class GitServer(kind.GitServer):
    """A Git server that codebases live on."""

    draft = creator(GitServerDraftInputs, Put("spec.name_ssh_key_secret", "ci-{name}"))
    edit = editor(GitServerEdits)
