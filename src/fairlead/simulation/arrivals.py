"""Which run starts next, and what a finished build leaves behind."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from fairlead.simulation import labels
from fairlead.simulation.actions import Action, Create, Patch, patch_spec
from fairlead.simulation.drafts import (
    draft_code_run,
    draft_deploy_run,
    draw_change,
    run_type,
)
from fairlead.simulation.objects import (
    JsonObject,
    child,
    json_list,
    label,
    objects,
    ref_of,
    strings,
    text,
    timestamp,
)
from fairlead.simulation.scenario import Runs, Scenario
from fairlead.simulation.templates import slug
from fairlead.simulation.world import World, is_leaving

_KEPT_TAGS = 20


def draw_run(
    world: World, scenario: Scenario, runs: Runs, chance: random.Random
) -> JsonObject | None:
    """A run that could start now; None where there is nothing to run."""
    kinds: list[Literal["build", "review", "deploy"]] = list(runs.mix)
    kind = chance.choices(kinds, list(runs.mix.values()))[0]
    change = draw_change(runs.authors, runs.changes, chance)
    if kind == "deploy":
        stages = _ready(world.of(labels.STAGE))
        return (
            _draft_deploy(world, chance.choice(stages), runs, chance)
            if stages
            else None
        )
    branches = _ready(world.of(labels.CODEBASE_BRANCH))
    if not branches:
        return None
    branch = chance.choice(branches)
    codebase = world.find_beside(
        branch, labels.CODEBASE, text(branch, "spec", "codebaseName")
    )
    return (
        None
        if codebase is None
        else draft_code_run(kind, codebase, branch, change, scenario)
    )


def _draft_deploy(
    world: World, stage: JsonObject, runs: Runs, chance: random.Random
) -> JsonObject | None:
    pipeline = world.find_beside(
        stage, labels.CD_PIPELINE, text(stage, "spec", "cdPipeline")
    )
    if pipeline is None:
        return None
    streams = (
        world.find_beside(stage, labels.IMAGE_STREAM, name)
        for name in strings(pipeline, "spec", "inputDockerStreams")
    )
    tags = [
        text(tag, "name")
        for stream in streams
        if stream
        for tag in objects(stream, "spec", "tags")[-1:]
    ]
    change = draw_change(runs.authors, runs.changes, chance)
    return draft_deploy_run(stage, pipeline, change, tags[0] if tags else "latest")


def _ready(values: Iterable[JsonObject]) -> list[JsonObject]:
    return [
        each
        for each in values
        if child(each, "status").get("available") is True and not is_leaving(each)
    ]


def finish_build(
    world: World, run: JsonObject, runs: Runs, now: datetime, chance: random.Random
) -> list[Action]:
    """What a build that succeeded changes: its branch's version, its images, the stages that follow by themselves."""
    branch = world.find_beside(
        run, labels.CODEBASE_BRANCH, label(run, labels.BRANCH_LABEL)
    )
    if branch is None or run_type(run) != "build":
        return []
    count = int(text(branch, "status", "build") or "0") + 1
    version = f"{text(branch, 'spec', 'version') or '0.1.0-SNAPSHOT'}.{count}"
    history = [*strings(branch, "status", "versionHistory"), version][-_KEPT_TAGS:]
    status: JsonObject = {
        "build": str(count),
        "lastSuccessfulBuild": version,
        "versionHistory": json_list(history),
        "lastTimeUpdated": timestamp(now),
    }
    return [
        Patch(ref_of(branch), {"status": status}, "status"),
        *_push_image(world, branch, version, now, chance),
    ]


def _push_image(
    world: World, branch: JsonObject, version: str, now: datetime, chance: random.Random
) -> list[Action]:
    codebase = text(branch, "spec", "codebaseName")
    name = f"{codebase}-{slug(text(branch, 'spec', 'branchName'))}"
    stream = world.find_beside(branch, labels.IMAGE_STREAM, name)
    if stream is None:
        return []
    tag: JsonObject = {
        "name": version.lower(),
        "created": timestamp(now),
        "digest": f"sha256:{chance.getrandbits(256):064x}",
    }
    tags = [*objects(stream, "spec", "tags"), tag][-_KEPT_TAGS:]
    return [
        Patch(ref_of(stream), {"spec": {"tags": json_list(tags)}}),
        *_follow(world, name, version, branch, chance),
    ]


def _follow(
    world: World, stream: str, version: str, branch: JsonObject, chance: random.Random
) -> list[Action]:
    actions: list[Action] = []
    for stage in _ready(world.of(labels.STAGE)):
        pipeline = world.find_beside(
            stage, labels.CD_PIPELINE, text(stage, "spec", "cdPipeline")
        )
        same = text(stage, "metadata", "namespace") == text(
            branch, "metadata", "namespace"
        )
        automatic = text(stage, "spec", "triggerType") == "Auto"
        if (
            pipeline
            and same
            and automatic
            and stream in strings(pipeline, "spec", "inputDockerStreams")
        ):
            change = draw_change(("platform",), (f"Deploy {version}",), chance)
            actions.append(
                Create(draft_deploy_run(stage, pipeline, change, version.lower()))
            )
    return actions


def finish_deploy(world: World, run: JsonObject) -> list[Action]:
    """What a deployment that succeeded changes: the images of its stage's workloads, which then roll."""
    stage = label(run, labels.CD_STAGE_LABEL)
    payload = next(
        (
            text(each, "value")
            for each in objects(run, "spec", "params")
            if text(each, "name") == "APPLICATIONS_PAYLOAD"
        ),
        "",
    )
    if not stage or not payload:
        return []
    tags: JsonObject = json.loads(payload)
    namespace = text(run, "metadata", "namespace")
    return [
        patch_spec(found, _with_tag(found, tag))
        for found in world.of(labels.DEPLOYMENT)
        if label(found, labels.CD_STAGE_LABEL) == stage
        and text(found, "metadata", "namespace") == namespace
        and (tag := text(tags, label(found, labels.CODEBASE_LABEL), "imageTag"))
    ]


def _with_tag(deployment: JsonObject, tag: str) -> JsonObject:
    containers = [
        {**each, "image": f"{text(each, 'image').rpartition(':')[0]}:{tag}"}
        for each in objects(deployment, "spec", "template", "spec", "containers")
    ]
    return {"template": {"spec": {"containers": json_list(containers)}}}


def spare_runs(runs: Iterable[JsonObject], keep: int) -> list[JsonObject]:
    """The finished runs of one namespace that are more than are kept, oldest first."""
    found = sorted(runs, key=lambda run: text(run, "status", "completionTime"))
    return found[: max(0, len(found) - keep)]
