"""Everything that the page can call, and who may."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from fairlead import Context, Fairlead, Router, User, mutation, public, query
from fairlead.access import can
from fairlead.auth import FixedUser
from fairlead.kube import Kube, KubeModel, Resource, ResourceRouter


class NoteSpec(KubeModel):
    """What a note says."""

    text: Annotated[str, Field(min_length=1, max_length=200)]
    done: bool = False


class Note(Resource, group="{{group}}", version="v1", plural="notes"):
    """A note that everybody sees live."""

    spec: NoteSpec


class Notes(ResourceRouter[Note]):
    """list, get, create, update, patch, delete, watch, permissions: derived."""

    @mutation(access=can("patch", Note))
    async def finish(self, name: str, namespace: str) -> Note:
        """Marks a note as done."""
        return await self.ctx.kube.patch(
            Note, name, namespace, patch={"spec": {"done": True}}
        )


class App(Router[Context]):
    """The root: what is nested here is what clients see."""

    notes: Notes

    @query(access=public)
    async def health(self) -> str:
        """Answers as long as the server runs."""
        return "ok"


app = Fairlead(
    App,
    kube=Kube.from_env(identity="impersonate"),
    # Everybody on this machine is this user. Sign-in for others: see Fairlead's docs/auth.md.
    auth=FixedUser(User(name="developer")),
    site=Path(__file__).parents[1] / "client" / "dist",
)
