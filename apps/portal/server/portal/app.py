"""The portal as an ASGI application: routers, cluster, sign-in, and the built page."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel

from fairlead import Context, Fairlead, Router, public, query
from fairlead.access import Audit, LogSink
from fairlead.access.store import AuditStore
from fairlead.access.trail import AuditTrail
from fairlead.kube import (
    ClusterNames,
    Clusters,
    DeploymentRouter,
    Explorer,
    Feeds,
    Kube,
    Manifests,
    PodRouter,
    Protection,
    ReadRouter,
    ResourceRouter,
)
from fairlead.kube.reviews import ReviewOptions
from portal.account import Account, choose_auth
from portal.resources import (
    CodebaseImageStream,
    Deployment,
    Event,
    Namespace,
    Pipeline,
    Pod,
    QuickLink,
    TaskRun,
)
from portal.routers import (
    ApprovalTasks,
    CDPipelines,
    CodebaseBranches,
    Codebases,
    GitServers,
    PipelineRuns,
    Stages,
)
from portal.rules import RULES

PAGE = Path(__file__).parents[2] / "client" / "dist"


class Health(BaseModel):
    """Says that the server answers."""

    ok: bool


class Namespaces(ResourceRouter[Namespace]):
    """The teams' shares of the cluster."""


class CodebaseImageStreams(ResourceRouter[CodebaseImageStream]):
    """Images that builds have made: the versions there are to deploy."""


class QuickLinks(ResourceRouter[QuickLink]):
    """Links to tools."""


class Pipelines(ReadRouter[Pipeline]):
    """What runs can be started of: kept in Git, and not changed from here."""


class TaskRuns(ResourceRouter[TaskRun]):
    """Tasks of pipeline runs."""


class Events(ResourceRouter[Event]):
    """What controllers told about objects."""


class Deployments(DeploymentRouter[Deployment]):
    """Applications that run: scale, restart, roll back."""


class Pods(PodRouter[Pod]):
    """Running copies of applications, and tasks of pipelines, with their logs."""


class App(Router[Context]):
    """Everything that the portal's page can call."""

    account: Account
    audit: AuditTrail
    clusters: ClusterNames
    feeds: Feeds
    namespaces: Namespaces
    codebases: Codebases
    codebase_branches: CodebaseBranches
    codebase_image_streams: CodebaseImageStreams
    git_servers: GitServers
    quick_links: QuickLinks
    pipelines: Pipelines
    pipeline_runs: PipelineRuns
    task_runs: TaskRuns
    approval_tasks: ApprovalTasks
    cd_pipelines: CDPipelines
    stages: Stages
    events: Events
    deployments: Deployments
    pods: Pods
    explorer: Explorer
    manifests: Manifests

    @query(access=public)
    async def health(self) -> Health:
        """Answers as long as the server runs."""
        return Health(ok=True)


# PORTAL_AUDIT: an SQLite file that outlives the process; PORTAL_CONTACT: who grants rights.
records = AuditStore(os.environ.get("PORTAL_AUDIT"))
reviews = ReviewOptions(contact=os.environ.get("PORTAL_CONTACT"))

# FAIRLEAD_CLUSTERS: several clusters, as contexts of KUBECONFIG or as name=file.
several = os.environ.get("FAIRLEAD_CLUSTERS")
chosen = Clusters if several else Kube

app = Fairlead(
    App,
    kube=chosen.from_env(
        identity="impersonate",
        reviews=reviews,
        protection=Protection("app.edp.epam.com/edit-protection"),
        rules=RULES,
    ),
    services=[Audit(LogSink(), records), records],
    auth=choose_auth(),
    site=PAGE,
)
