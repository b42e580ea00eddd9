"""Small objects and scenarios."""

from __future__ import annotations

from pydantic import JsonValue

from fairlead.simulation import labels
from fairlead.simulation.conditions import find_condition
from fairlead.simulation.objects import JsonObject, text
from fairlead.simulation.scenario import Scenario

TASKS: list[JsonValue] = [
    {"name": "fetch", "takes": "2s"},
    {"name": "compile", "takes": "3s"},
    {"name": "lint", "takes": "1s", "beside": True},
    {"name": "push", "takes": "2s"},
]


def scenario(**changes: JsonValue) -> Scenario:
    whole: JsonObject = {
        "pipelines": {"build": {"name": "{{ lang }}-build", "tasks": TASKS}},
        **changes,
    }
    return Scenario.model_validate(whole)


def run(name: str = "build-x", **spec: JsonValue) -> JsonObject:
    return {
        "apiVersion": "tekton.dev/v1",
        "kind": "PipelineRun",
        "metadata": {
            "name": name,
            "namespace": "team",
            "labels": {labels.TYPE_LABEL: "build"},
        },
        "spec": {"pipelineRef": {"name": "go-build"}, **spec},
    }


def platform(
    kind: str, name: str, spec: JsonObject, status: JsonObject | None = None
) -> JsonObject:
    found: JsonObject = {
        "apiVersion": "v2.edp.epam.com/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "team"},
        "spec": spec,
    }
    return found if status is None else {**found, "status": status}


def codebase(name: str = "shop") -> JsonObject:
    spec: JsonObject = {
        "lang": "Go",
        "gitServer": "github",
        "gitUrlPath": f"/acme/{name}",
        "defaultBranch": "main",
    }
    return platform("Codebase", name, spec, {"status": "created", "available": True})


def branch(codebase_name: str = "shop") -> JsonObject:
    spec: JsonObject = {
        "codebaseName": codebase_name,
        "branchName": "main",
        "version": "1.0.0",
    }
    status: JsonObject = {"status": "created", "available": True, "build": "4"}
    return platform("CodebaseBranch", f"{codebase_name}-main-abcde", spec, status)


def reason(value: JsonObject) -> str:
    return text(find_condition(value) or {}, "reason")
