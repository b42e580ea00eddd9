"""What the portal's users may make of objects, by whatever page: forms, All resources, apply."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead import TRPCError
from fairlead.kube import Change, ChangeRule, FieldProblem, InvalidObject, ObjectInUse
from portal.resources import ApprovalTask, CDPipeline, Codebase, CodebaseBranch, Stage


async def decide_as_oneself(change: Change[ApprovalTask]) -> None:
    """Who decides is who is signed in, and what was decided stays."""
    if change.after is None:
        return
    now = change.after.spec
    was = change.before.spec if change.before else None
    if was and (now.action, now.approve) == (was.action, was.approve):
        return
    if was and was.action != "Pending":
        raise TRPCError("FORBIDDEN", "What was decided is not changed")
    if now.action == "Pending" and now.approve is None:
        return
    by = now.approve.approved_by if now.approve else None
    if was is None or by != change.user.name:
        raise TRPCError(
            "FORBIDDEN",
            f"Only {change.user.name} can be who decides here: use the page Approvals",
        )


async def keep_places_apart(change: Change[Stage]) -> None:
    """No two stages of a CD pipeline have the same place."""
    stage = change.after
    if stage is None:
        return
    place = (stage.spec.cd_pipeline, stage.spec.order)
    was = change.before.spec if change.before else None
    if was and (was.cd_pipeline, was.order) == place:
        return
    others = await change.kube.list_(Stage, stage.metadata.namespace)
    for other in others.items:
        if (other.spec.cd_pipeline, other.spec.order) == place:
            raise TRPCError(
                "CONFLICT",
                f"{other.metadata.name} has the place {place[1]} of {place[0]} already",
            )


async def keep_pairs(change: Change[CDPipeline]) -> None:
    """Each application of a CD pipeline has its stream of images, in the same place.

    Lists that were out of step before may be left so: only who changes them is told.
    """
    if change.after is None:
        return
    now, was = change.after.spec, change.before.spec if change.before else None
    pair = (now.applications, now.input_docker_streams)
    if was and (was.applications, was.input_docker_streams) == pair:
        return
    if len(pair[0]) != len(pair[1]):
        problem = FieldProblem(
            field="spec.inputDockerStreams",
            reason="FieldValueInvalid",
            message=f"{len(pair[0])} applications have {len(pair[1])} streams: "
            "they go in pairs",
        )
        raise InvalidObject(causes=[problem]).with_message(
            f"{change.after.metadata.name} is not saved: {problem.message}"
        )


async def keep_deployed_codebase(change: Change[Codebase]) -> None:
    """A codebase stays while a CD pipeline deploys it."""
    if change.before and change.after is None:
        name = change.before.metadata.name
        pipelines = await change.kube.list_(
            CDPipeline, change.before.metadata.namespace
        )
        refuse_if_used(
            name, [it for it in pipelines.items if name in it.spec.applications]
        )


async def keep_deployed_branch(change: Change[CodebaseBranch]) -> None:
    """A branch stays while a CD pipeline deploys its images."""
    if change.before and change.after is None:
        stream = get_stream_name(change.before)
        pipelines = await change.kube.list_(
            CDPipeline, change.before.metadata.namespace
        )
        refuse_if_used(
            stream,
            [it for it in pipelines.items if stream in it.spec.input_docker_streams],
        )


def refuse_if_used(name: str, pipelines: Sequence[CDPipeline]) -> None:
    """Refuses to delete what CD pipelines use.

    Raises:
        ObjectInUse: one does, or several.
    """
    if pipelines:
        found = [each.metadata.name for each in pipelines]
        raise ObjectInUse(by=found).with_message(
            f"{name} is deployed by {', '.join(found)}: take it out there first"
        )


def get_stream_name(branch: CodebaseBranch) -> str:
    """The image stream of a branch: `<codebase>-<branch>`, as a name may be written."""
    name = "".join(
        letter if letter.isalnum() else "-"
        for letter in branch.spec.branch_name.lower()
    )
    return f"{branch.spec.codebase_name}-{name.strip('-')}"


RULES = (
    ChangeRule(ApprovalTask, decide_as_oneself),
    ChangeRule(CDPipeline, keep_pairs),
    ChangeRule(Stage, keep_places_apart),
    ChangeRule(Codebase, keep_deployed_codebase),
    ChangeRule(CodebaseBranch, keep_deployed_branch),
)
