"""Approvals: who decides is who is signed in, never what a browser says."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, JsonValue

from fairlead import TypedError, mutation
from fairlead.access import can
from fairlead.kube import KubeConflictError, ReadRouter
from portal.resources import ApprovalTask
from portal.resources.approval_task import ApprovalAction

Comment = Annotated[str, Field(max_length=500)]


class AlreadyDecided(TypedError, code="CONFLICT"):  # noqa: N818  its name is on the wire
    """Somebody has decided already."""

    action: ApprovalAction
    decided_by: str | None


class ApprovalTasks(ReadRouter[ApprovalTask]):
    """Questions that pipeline runs wait on: written by pipelines, decided here."""

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
