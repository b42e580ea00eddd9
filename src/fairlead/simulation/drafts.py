"""Pipeline runs as they are asked for: labels, annotations and parameters of each type."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from fairlead.simulation import labels
from fairlead.simulation.labels import RunType
from fairlead.simulation.objects import JsonObject, child, label, objects, strings, text
from fairlead.simulation.scenario import Pipeline, Scenario
from fairlead.simulation.templates import Scope, render, slug, suffix

_LONGEST = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What made a run start."""

    author: str
    message: str
    commit: str
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a run is of."""

    name: str
    namespace: str
    type: RunType
    pipeline: str
    labels: dict[str, str]
    params: dict[str, str]


def draw_change(
    authors: tuple[str, ...], messages: tuple[str, ...], chance: random.Random
) -> Change:
    """A change that somebody could have pushed."""
    return Change(
        author=chance.choice(authors),
        message=chance.choice(messages),
        commit=f"{chance.getrandbits(160):040x}",
        number=chance.randint(100, 999),
    )


def short_name(prefix: str, ending: str) -> str:
    """A name that ends in `ending` and is no longer than a name may be."""
    return f"{prefix[: _LONGEST - 1 - len(ending)].rstrip('-')}-{ending}"


def draft_code_run(
    run_type: Literal["build", "review"],
    codebase: JsonObject,
    branch: JsonObject,
    change: Change,
    scenario: Scenario,
) -> JsonObject:
    """A run that builds or reviews a branch."""
    name, branch_name = (
        text(branch, "metadata", "name"),
        text(branch, "spec", "branchName"),
    )
    pipeline = scenario.pipeline_of(run_type, run_type)
    found = {
        labels.CODEBASE_LABEL: text(codebase, "metadata", "name"),
        labels.BRANCH_LABEL: name,
    }
    if run_type == "review" and change.number is not None:
        found[labels.CHANGE_LABEL] = str(change.number)
    draft = Draft(
        name=short_name(f"{run_type}-{name}", suffix(4, name, change.commit)),
        namespace=text(branch, "metadata", "namespace"),
        type=run_type,
        pipeline=_pipeline_name(pipeline, codebase),
        labels=found,
        params={
            "CODEBASE_NAME": text(codebase, "metadata", "name"),
            "CODEBASEBRANCH_NAME": name,
            "git-source-url": _source_url(codebase),
            "git-source-revision": branch_name,
        },
    )
    return _run(draft, change, branch_name)


def draft_deploy_run(
    stage: JsonObject, cd_pipeline: JsonObject, change: Change, tag: str
) -> JsonObject:
    """A run that deploys all applications of a CD pipeline to a stage."""
    name, pipeline = text(stage, "metadata", "name"), text(stage, "spec", "cdPipeline")
    applications: JsonObject = {
        application: {"imageTag": tag, "customValues": False}
        for application in strings(cd_pipeline, "spec", "applications")
    }
    manual = any(
        text(gate, "qualityGateType") == "manual"
        for gate in objects(stage, "spec", "qualityGates")
    )
    draft = Draft(
        name=short_name(f"deploy-{name}", suffix(4, name, change.commit)),
        namespace=text(stage, "metadata", "namespace"),
        type="deploy",
        pipeline="deploy-with-approval" if manual else "deploy",
        labels={
            labels.CD_PIPELINE_LABEL: pipeline,
            labels.STAGE_LABEL: text(stage, "spec", "name"),
            labels.CD_STAGE_LABEL: name,
        },
        params={
            "APPLICATIONS_PAYLOAD": json.dumps(applications),
            "CDPIPELINE": pipeline,
            "CDSTAGE": name,
        },
    )
    return _run(draft, change, "")


def _run(draft: Draft, change: Change, branch: str) -> JsonObject:
    told: dict[str, str | int | None] = {
        "author": change.author,
        "commit": change.commit,
        "message": change.message,
    }
    if branch:
        told["branch"] = branch
    if draft.type == "review":
        told["changeNumber"] = change.number
    return {
        "apiVersion": labels.PIPELINE_RUN.api_version,
        "kind": labels.PIPELINE_RUN.name,
        "metadata": {
            "name": draft.name,
            "namespace": draft.namespace,
            "labels": {
                **draft.labels,
                labels.TYPE_LABEL: draft.type,
                labels.AUTHOR_LABEL: label_value(change.author),
                labels.PIPELINE_LABEL: draft.pipeline,
            },
            "annotations": {labels.RESULTS_ANNOTATION: json.dumps(told)},
        },
        "spec": {
            "pipelineRef": {"name": draft.pipeline},
            "params": [
                {"name": name, "value": value} for name, value in draft.params.items()
            ],
            "taskRunTemplate": {"serviceAccountName": "tekton"},
            "timeouts": {"pipeline": "1h0m0s"},
            "workspaces": [{"name": "shared-workspace", "emptyDir": {}}],
        },
    }


def label_value(written: str) -> str:
    """A text as a label's value."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", written)[:_LONGEST].strip("._-")


def _pipeline_name(pipeline: Pipeline | None, codebase: JsonObject) -> str:
    if pipeline is None:
        return "unknown"
    # Pipelines are named after what is built; the moment has no part in it.
    return slug(
        str(render(pipeline.name, Scope(datetime.min, child(codebase, "spec"))))
    )


def _source_url(codebase: JsonObject) -> str:
    return f"ssh://git@{text(codebase, 'spec', 'gitServer')}{text(codebase, 'spec', 'gitUrlPath')}"


def run_type(run: JsonObject) -> str:
    """The type of a run, by its label."""
    return label(run, labels.TYPE_LABEL)
