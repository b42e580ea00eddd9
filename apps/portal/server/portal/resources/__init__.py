"""The Kubernetes resources that the portal shows."""

from portal.resources.codebase import Codebase
from portal.resources.codebase_branch import CodebaseBranch
from portal.resources.namespace import Namespace
from portal.resources.pipeline_run import PipelineRun
from portal.resources.workload import Deployment, Pod

__all__ = [
    "Codebase",
    "CodebaseBranch",
    "Deployment",
    "Namespace",
    "PipelineRun",
    "Pod",
]
