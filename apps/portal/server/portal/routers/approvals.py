"""Approvals: who decides is who is signed in, never what a browser says."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, JsonValue

from fairlead import TypedError, mutation
from fairlead.access import AccessRequest, Verdict, can, custom
from fairlead.kube import KubeConflictError, ResourceRouter
from fairlead.kube.drafts import AsDraft
from portal.resources import ApprovalTask
from portal.resources.approval_task import ApprovalAction

Comment = Annotated[str, Field(max_length=500)]


class AlreadyDecided(TypedError, code="CONFLICT"):  # noqa: N818  its name is on the wire
    """Somebody has decided already."""

    action: ApprovalAction
    decided_by: str | None


@custom
def only_by_decision(request: AccessRequest) -> Verdict:
    """Approval tasks are written by pipelines, and decided by `approve` and `reject` alone."""
    del request
    return "Decide with approve or reject: they record who decided"


class ApprovalTasks(ResourceRouter[ApprovalTask]):
    """Questions that pipeline runs wait on."""

    @mutation(access=can("patch", ApprovalTask), raises=(AlreadyDecided,))
    async def approve(
        self, name: str, namespace: str | None = None, comment: Comment = ""
    ) -> ApprovalTask:
        """Lets the run go on."""
        return await self._decide("Approved", name, namespace, comment)

    @mutation(access=can("patch", ApprovalTask), raises=(AlreadyDecided,))
    async def reject(
        self, name: str, namespace: str | None = None, comment: Comment = ""
    ) -> ApprovalTask:
        """Ends the run."""
        return await self._decide("Rejected", name, namespace, comment)

    @mutation(access=only_by_decision)
    async def create(
        self, object_: Annotated[ApprovalTask, AsDraft()], dry_run: bool = False
    ) -> ApprovalTask:
        """Never allowed: pipelines ask, not people."""
        return await self.ctx.kube.create(object_, dry_run=dry_run)

    @mutation(access=only_by_decision)
    async def update(
        self, object_: ApprovalTask, dry_run: bool = False
    ) -> ApprovalTask:
        """Never allowed: see `approve` and `reject`."""
        return await self.ctx.kube.update(object_, dry_run=dry_run)

    @mutation(access=only_by_decision)
    async def patch(
        self,
        name: str,
        patch: dict[str, JsonValue],
        namespace: str | None = None,
        dry_run: bool = False,
    ) -> ApprovalTask:
        """Never allowed: see `approve` and `reject`."""
        return await self.ctx.kube.patch(
            ApprovalTask, name, namespace, patch=patch, dry_run=dry_run
        )

    async def _decide(
        self, action: ApprovalAction, name: str, namespace: str | None, comment: str
    ) -> ApprovalTask:
        kube = self.ctx.kube
        task = await kube.get(ApprovalTask, name, namespace)
        if task.spec.action != "Pending":
            raise _explain(task)
        approve: dict[str, JsonValue] = {"approvedBy": self.ctx.user.name}
        if comment:
            approve["comment"] = comment
        patch: dict[str, JsonValue] = {
            # Two who decide at once: the cluster takes the first, the second is told.
            "metadata": {"resourceVersion": task.metadata.resource_version},
            "spec": {"action": action, "approve": approve},
        }
        try:
            return await kube.patch(ApprovalTask, name, namespace, patch=patch)
        except KubeConflictError as error:
            now = await kube.get(ApprovalTask, name, namespace)
            if now.spec.action == "Pending":
                raise
            raise _explain(now) from error


def _explain(task: ApprovalTask) -> AlreadyDecided:
    by = task.spec.approve.approved_by if task.spec.approve else None
    decided = AlreadyDecided(action=task.spec.action, decided_by=by)
    word = task.spec.action.lower()
    return decided.with_message(f"It was {word} already" + (f" by {by}" if by else ""))
