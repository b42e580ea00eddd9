"""Git servers with their credentials: two objects that come and go as one."""

from __future__ import annotations

import logging
from typing import Annotated, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SecretStr,
    ValidationError,
)
from pydantic.alias_generators import to_camel

from fairlead import TRPCError, mutation
from fairlead.access import all_of, can
from fairlead.kube import (
    DeleteOptions,
    InvalidObject,
    KubeConflictError,
    KubeError,
    KubeInvalidError,
    ObjectMeta,
    Resource,
    ResourceRouter,
    StaleObject,
    UserKube,
    explain_invalid,
)
from portal.kinds.git_server import GitServerGitProvider
from portal.resources import GitServer, Secret
from portal.resources.git_server import GitServerEdits
from portal.resources.inputs import Host, NamespaceName, ObjectName, Port, Text
from portal.resources.owner import owner_of

R = TypeVar("R", bound=Resource)

log = logging.getLogger("portal.git_servers")
TYPE_LABEL = "app.edp.epam.com/secret-type"


class Credentials(BaseModel):
    """What opens a Git server. It goes into a Secret, and never back to a browser."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    ssh_key: Annotated[SecretStr, Field(min_length=1)]
    token: Annotated[SecretStr, Field(min_length=1)]


class CredentialChanges(BaseModel):
    """What opens a Git server from now on; what is None stays."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    ssh_key: Annotated[SecretStr | None, Field(min_length=1)] = None
    token: Annotated[SecretStr | None, Field(min_length=1)] = None


class NewGitServer(BaseModel):
    """What it takes to connect a Git server."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    name: ObjectName
    namespace: NamespaceName
    host: Host
    provider: GitServerGitProvider
    user: Text = "git"
    ssh_port: Port = 22
    https_port: Port = 443
    credentials: Credentials


class Creations:
    """Objects made one after the other; `undo` takes back exactly those, and no others."""

    def __init__(self, kube: UserKube) -> None:
        self._kube = kube
        self._made: list[Resource] = []

    async def create(self, object_: R) -> R:
        """Creates one and remembers it."""
        made = await self._kube.create(object_)
        self._made.append(made)
        return made

    async def undo(self) -> None:
        """Deletes what was made, the last first; by uid, so that nothing else is hit."""
        for made in reversed(self._made):
            metadata = made.metadata
            options = DeleteOptions(uid=metadata.uid)
            try:
                await self._kube.delete(
                    type(made), metadata.name, metadata.namespace, options
                )
            except KubeError:
                # The first error is what the caller must hear of.
                log.exception("could not take back %s %s", made.kind, made.key)


class GitServers(ResourceRouter[GitServer]):
    """Git servers that codebases live on."""

    @mutation(
        access=all_of(
            can("create", Secret, namespace="server.namespace", name=None),
            can("create", GitServer, namespace="server.namespace", name=None),
        ),
        raises=(StaleObject, InvalidObject),
    )
    async def connect(self, server: NewGitServer) -> GitServer:
        """Creates a Git server and the Secret that opens it: both, or neither."""
        kube = self.ctx.kube
        creations = Creations(kube)
        try:
            # In this order nobody sees a server that cannot be opened.
            secret = await creations.create(make_secret(server))
            made = await creations.create(make_git_server(server))
            owner = owner_of(made).model_dump(by_alias=True, exclude_none=True)
            patch: dict[str, JsonValue] = {"metadata": {"ownerReferences": [owner]}}
            await kube.patch(
                Secret, secret.metadata.name, server.namespace, patch=patch
            )
        except KubeConflictError as error:
            await creations.undo()
            raise StaleObject(current=None).with_message(error.message) from error
        except KubeInvalidError as error:
            await creations.undo()
            raise explain_invalid(error) from error
        except BaseException:
            await creations.undo()
            raise
        return made

    @mutation(access=can("patch", GitServer), raises=(StaleObject, InvalidObject))
    async def change(
        self,
        name: str,
        resource_version: str,
        edits: GitServerEdits,
        credentials: CredentialChanges,
        namespace: str | None = None,
    ) -> GitServer:
        """Changes a Git server and the Secret that opens it: both, or neither.

        The Secret is written under the caller's right to it, when keys are given or the user's
        name, which it holds, is another one.

        Args:
            resource_version: what the edit began with; a change by somebody else is a conflict.
        """
        kube = self.ctx.kube
        before = await kube.get(GitServer, name, namespace)
        spec = edit_spec(before, edits)
        place = before.metadata.namespace
        async with self._explaining(name, place):
            made = await replace_spec(kube, before, spec, at_version(resource_version))
        data = encode(credentials, made.spec.git_user or "git")
        if len(data) == 1 and made.spec.git_user == before.spec.git_user:
            return made
        patch: dict[str, JsonValue] = {"stringData": dict(data)}
        try:
            await kube.patch(Secret, made.spec.name_ssh_key_secret, place, patch=patch)
        except BaseException as error:
            undone = await put_back(kube, before, made)
            if not isinstance(error, TRPCError):
                raise
            what = (
                "Nothing was changed, since the credentials could not be"
                if undone
                else "The server was changed, but its credentials could not be"
            )
            raise TRPCError(error.code, f"{what}: {error.message}") from error
        return made


def edit_spec(server: GitServer, edits: GitServerEdits) -> JsonValue:
    """The server's spec with what is given changed.

    Raises:
        TRPCError: what is left is none.
    """
    try:
        edited = server.edit.from_inputs(edits)
    except ValidationError as error:
        raise TRPCError("BAD_REQUEST", str(error)) from error
    return read_spec(edited)


def read_spec(server: GitServer) -> JsonValue:
    """The spec as it is sent."""
    spec: JsonValue = server.to_wire()["spec"]
    return spec


def at_version(version: str) -> dict[str, JsonValue]:
    """A condition: the object is still the one of this version, else there is a conflict."""
    return {"op": "replace", "path": "/metadata/resourceVersion", "value": version}


async def replace_spec(
    kube: UserKube, server: GitServer, spec: JsonValue, condition: dict[str, JsonValue]
) -> GitServer:
    """Gives a server another spec, and the condition decides whether it may still be done."""
    metadata = server.metadata
    step: dict[str, JsonValue] = {"op": "replace", "path": "/spec", "value": spec}
    return await kube.patch(
        GitServer, metadata.name, metadata.namespace, patch=[condition, step]
    )


async def put_back(kube: UserKube, before: GitServer, made: GitServer) -> bool:
    """Gives a server the spec that it had, unless somebody has changed it since."""
    # What the operator reports meanwhile is no change, hence not the version.
    generation = made.metadata.generation
    condition: dict[str, JsonValue] = {
        "op": "test",
        "path": "/metadata/generation",
        "value": generation,
    }
    try:
        await replace_spec(kube, before, read_spec(before), condition)
    except KubeError:
        # The first error is what the caller must hear of.
        log.exception("could not put back GitServer %s", before.key)
        return False
    return True


def encode(credentials: Credentials | CredentialChanges, user: str) -> dict[str, str]:
    """The entries of the Secret, without those that are not given."""
    keys = {"id_rsa": credentials.ssh_key, "token": credentials.token}
    given = {name: key.get_secret_value() for name, key in keys.items() if key}
    return given | {"username": user}


def make_secret(server: NewGitServer) -> Secret:
    """The Secret of a new Git server."""
    return Secret(
        metadata=ObjectMeta(
            name=f"ci-{server.name}",
            namespace=server.namespace,
            labels={TYPE_LABEL: server.provider},
        ),
        type="Opaque",
        string_data=encode(server.credentials, server.user),
    )


def make_git_server(server: NewGitServer) -> GitServer:
    """The Git server itself."""
    return GitServer.draft(
        name=server.name,
        namespace=server.namespace,
        host=server.host,
        provider=server.provider,
        user=server.user,
        ssh_port=server.ssh_port,
        https_port=server.https_port,
    )
