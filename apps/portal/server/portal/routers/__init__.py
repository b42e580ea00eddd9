"""What can be done with the resources, beyond what every resource router has."""

from portal.routers.approvals import ApprovalTasks
from portal.routers.catalogue import CodebaseBranches, Codebases
from portal.routers.delivery import CDPipelines, Stages
from portal.routers.git_servers import GitServers
from portal.routers.pipeline_runs import PipelineRuns

__all__ = [
    "ApprovalTasks",
    "CDPipelines",
    "CodebaseBranches",
    "Codebases",
    "GitServers",
    "PipelineRuns",
    "Stages",
]
