"""The portal as an ASGI application: routers, cluster, sign-in, and the built page."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from fairlead import Context, Fairlead, Router, public, query
from fairlead.auth import FixedUser
from fairlead.kube import Kube, ResourceRouter
from portal.account import Account, get_persona
from portal.resources import Codebase, CodebaseBranch, Namespace, PipelineRun

PAGE = Path(__file__).parents[2] / "client" / "dist"


class Health(BaseModel):
    """Says that the server answers."""

    ok: bool


class Namespaces(ResourceRouter[Namespace]):
    """The teams' shares of the cluster."""


class Codebases(ResourceRouter[Codebase]):
    """Source repositories that the platform builds."""


class CodebaseBranches(ResourceRouter[CodebaseBranch]):
    """Branches of codebases."""


class PipelineRuns(ResourceRouter[PipelineRun]):
    """Builds, reviews and deployments."""


class App(Router[Context]):
    """Everything that the portal's page can call."""

    account: Account
    namespaces: Namespaces
    codebases: Codebases
    codebase_branches: CodebaseBranches
    pipeline_runs: PipelineRuns

    @query(access=public)
    async def health(self) -> Health:
        """Answers as long as the server runs."""
        return Health(ok=True)


app = Fairlead(
    App,
    kube=Kube.from_env(identity="impersonate"),
    auth=FixedUser(get_persona()),
    site=PAGE,
)
