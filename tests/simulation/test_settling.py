"""Objects from which nothing follows cost a step nothing, however many there are."""

from __future__ import annotations

from typing import Any

import pytest
from tests.simulation.samples import run
from tests.simulation.stage import Stage, merge
from tests.simulation.test_workloads import deployment, pods, ready

from fairlead.simulation import labels
from fairlead.simulation.conditions import is_done
from fairlead.simulation.objects import JsonObject
from fairlead.simulation.scenario import Scenario


class Watched(dict[str, Any]):
    """An object that counts how often anybody looks into it."""

    reads = 0

    def get(self, key: str, default: Any = None) -> Any:
        self.reads += 1
        return super().get(key, default)


@pytest.fixture
def stage() -> Stage:
    """A run that is over, with the pod of its task, and a deployment that is out."""
    task = {"name": "test", "takes": "2s", "steps": ["a"]}
    scenario = Scenario.model_validate(
        {
            "pipelines": {"build": {"name": "b", "tasks": [task]}},
            "workloads": {"starts": "1s", "fails": 0},
        }
    )
    stage = Stage(scenario)
    stage.put(run())
    stage.put(deployment(2))
    stage.run(30)
    assert is_done(stage.of(labels.PIPELINE_RUN)[0])
    assert ready(stage, "web:1") == 2
    return stage


def watch_all(stage: Stage) -> list[Watched]:
    """The engine knows the same objects, and tells when it looks at one."""
    found: list[Watched] = []
    for kind in stage.engine.kinds:
        values: list[JsonObject] = [Watched(each) for each in stage.of(kind)]
        stage.engine.replace(kind, values)
        found += [each for each in values if isinstance(each, Watched)]
    return found


def test_what_is_over_is_not_looked_at_again(stage: Stage) -> None:
    watched = watch_all(stage)
    assert (
        len(watched) == 7
    )  # run, task run, pod of it; deployment, replica set, its pods
    assert stage.engine.step() == []
    before = [each.reads for each in watched]
    assert all(before)
    assert stage.engine.step() == []
    assert [each.reads for each in watched] == before


def test_a_pod_that_goes_is_replaced_after_all(stage: Stage) -> None:
    for pod in pods(stage, "web:1"):
        stage.remove(next(r for r, value in stage.objects.items() if value is pod))
    stage.run(10)
    assert ready(stage, "web:1") == 2


def test_a_deployment_that_was_out_rolls_again(stage: Stage) -> None:
    ref = next(ref for ref in stage.objects if ref.kind == labels.DEPLOYMENT)
    stage.put(merge(stage.objects[ref], deployment(2, "web:2")))
    stage.run(30)
    assert (ready(stage, "web:1"), ready(stage, "web:2")) == (0, 2)


def test_runs_are_still_retired_when_a_deletion_is_lost() -> None:
    runs = {"every": "1h", "active": 1, "keep": 1, "mix": {"build": 1}, "authors": ["ann"], "changes": ["x"]}  # fmt: skip
    stage = Stage(Scenario.model_validate({"runs": runs}))
    for name in ("first", "second"):
        stage.put(merge(run(name), finished(name)))
    (lost,) = [each for each in stage.engine.step() if each.ref.kind == labels.PIPELINE_RUN]  # fmt: skip
    stage.run(10)
    left = [ref.name for ref in stage.objects if ref.kind == labels.PIPELINE_RUN]
    assert left == ["second"]
    assert lost.ref.name == "first"


def finished(name: str) -> JsonObject:
    condition: JsonObject = {"type": "Succeeded", "status": "True"}
    time = "2026-11-01T11:00:00Z" if name == "first" else "2026-11-01T11:30:00Z"
    return {"status": {"conditions": [condition], "completionTime": time}}
