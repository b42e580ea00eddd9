"""The Kubernetes resources that the portal shows."""

from portal.resources.approval_task import ApprovalTask
from portal.resources.cd_pipeline import CDPipeline
from portal.resources.codebase import Codebase
from portal.resources.codebase_branch import CodebaseBranch
from portal.resources.event import Event
from portal.resources.git_server import GitServer
from portal.resources.image_stream import CodebaseImageStream
from portal.resources.namespace import Namespace
from portal.resources.pipeline import Pipeline
from portal.resources.pipeline_run import PipelineRun
from portal.resources.quick_link import QuickLink
from portal.resources.run_row import RunRow
from portal.resources.secret import Secret
from portal.resources.stage import Stage
from portal.resources.task_run import TaskRun
from portal.resources.trigger_template import TriggerTemplate
from portal.resources.workload import Deployment, Pod

__all__ = [
    "ApprovalTask",
    "CDPipeline",
    "Codebase",
    "CodebaseBranch",
    "CodebaseImageStream",
    "Deployment",
    "Event",
    "GitServer",
    "Namespace",
    "Pipeline",
    "PipelineRun",
    "Pod",
    "QuickLink",
    "RunRow",
    "Secret",
    "Stage",
    "TaskRun",
    "TriggerTemplate",
]
