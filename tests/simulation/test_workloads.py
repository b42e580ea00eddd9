"""Deployments roll, pods start, log, crash and recover; task runs have pods."""

from __future__ import annotations

import pytest
from tests.simulation.samples import run
from tests.simulation.stage import Stage, merge

from fairlead.simulation import labels
from fairlead.simulation.objects import JsonObject, Ref, child, objects, text
from fairlead.simulation.scenario import LogLines, Scenario, Workloads
from fairlead.simulation.workloads import is_ready, number

LOGS = LogLines.model_validate(
    {
        "start": ["starting {{ metadata.name }}"],
        "lines": ["tick"],
        "every": "1s..2s",
    }
)


def deployment(replicas: int = 3, image: str = "web:1", **spec: JsonObject) -> JsonObject:  # fmt: skip
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "team", "generation": 1},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "app", "image": image}]},
            },
            **spec,
        },
    }


def workloads(**given: object) -> Scenario:
    found = {"starts": "1s..2s", **given}
    return Scenario(seed=1, workloads=Workloads.model_validate(found))


def pods(stage: Stage, image: str = "") -> list[JsonObject]:
    return [
        pod
        for pod in stage.of(labels.POD)
        if image in {"", text(objects(pod, "spec", "containers")[0], "image")}
    ]


def ready(stage: Stage, image: str = "") -> int:
    return sum(is_ready(pod) for pod in pods(stage, image))


def status(stage: Stage) -> dict[str, int]:
    found = stage.of(labels.DEPLOYMENT)[0]
    names = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    return {name: number(found, "status", name) for name in names}


def test_a_deployment_comes_up() -> None:
    stage = Stage(workloads(logs=LOGS))
    stage.put(deployment())
    stage.run(30, until=lambda: ready(stage) == 3)
    assert ready(stage) == 3
    stage.run(1)
    assert set(status(stage).values()) == {3}
    found = stage.of(labels.DEPLOYMENT)[0]
    assert [text(each, "status") for each in objects(found, "status", "conditions")] == ["True", "True"]  # fmt: skip
    name = text(pods(stage)[0], "metadata", "name")
    lines = stage.logs[Ref(labels.POD, "team", name), "app", False]
    assert lines[0] == f"starting {name}"
    stage.run(5)
    assert lines[1:]
    assert set(lines[1:]) == {"tick"}


def test_scaling_adds_and_removes_pods() -> None:
    stage = Stage(workloads())
    ref = stage.put(deployment(2))
    stage.run(10)
    before = {text(pod, "metadata", "name") for pod in pods(stage)}
    stage.put(merge(stage.objects[ref], {"spec": {"replicas": 4}}))
    stage.run(10)
    assert ready(stage) == 4
    stage.put(merge(stage.objects[ref], {"spec": {"replicas": 1}}))
    stage.run(10)
    assert ready(stage) == 1
    stage.remove(Ref(labels.POD, "team", text(pods(stage)[0], "metadata", "name")))
    stage.run(10)
    (again,) = pods(stage)
    assert text(again, "metadata", "name") not in before


def test_a_rollout_never_falls_below_what_must_be_available() -> None:
    stage = Stage(workloads())
    ref = stage.put(deployment(4))
    stage.run(20)
    stage.put(merge(stage.objects[ref], deployment(4, "web:2")))
    seen: list[int] = []

    def done() -> bool:
        seen.append(ready(stage))
        assert len(pods(stage)) <= 5  # one more than wanted: 25 %
        return ready(stage, "web:2") == 4 and not pods(stage, "web:1")

    stage.run(120, until=done)
    assert ready(stage, "web:2") == 4
    assert min(seen) >= 3
    stage.run(1)
    revisions = [text(each, "metadata", "annotations", "deployment.kubernetes.io/revision") for each in stage.of(labels.REPLICA_SET)]  # fmt: skip
    assert sorted(revisions) == ["1", "2"]
    stage.put(merge(stage.objects[ref], deployment(4, "web:1")))
    stage.run(60)
    assert ready(stage, "web:1") == 4
    assert len(stage.of(labels.REPLICA_SET)) == 2
    assert text(stage.objects[ref], "metadata", "annotations", "deployment.kubernetes.io/revision") == "3"  # fmt: skip


def test_recreate_stops_the_old_pods_first() -> None:
    stage = Stage(workloads())
    ref = stage.put(deployment(2, strategy={"type": "Recreate"}))
    stage.run(20)
    stage.put(merge(stage.objects[ref], deployment(2, "web:2")))

    def done() -> bool:
        assert not (pods(stage, "web:1") and pods(stage, "web:2"))
        return ready(stage, "web:2") == 2

    stage.run(60, until=done)
    assert ready(stage, "web:2") == 2


def test_an_image_that_cannot_be_pulled_holds_the_rollout() -> None:
    stage = Stage(workloads())
    ref = stage.put(deployment(2))
    stage.run(20)
    stage.put(merge(stage.objects[ref], deployment(2, "web:missing")))
    stage.run(60)
    assert ready(stage, "web:1") == 2
    (stuck,) = pods(stage, "web:missing")
    (container,) = objects(stuck, "status", "containerStatuses")
    assert text(container, "state", "waiting", "reason") == "ImagePullBackOff"


def test_a_crashed_pod_comes_back_and_keeps_its_last_words() -> None:
    stage = Stage(workloads(fails=1, logs=LOGS))
    stage.put(deployment(1))
    stage.run(2.5)
    (pod,) = pods(stage)
    (container,) = objects(pod, "status", "containerStatuses")
    assert text(container, "state", "waiting", "reason") == "CrashLoopBackOff"
    key = Ref(labels.POD, "team", text(pod, "metadata", "name"))
    assert "panic" in stage.logs[key, "app", True][1]
    stage.run(30)
    (container,) = objects(pods(stage)[0], "status", "containerStatuses")
    assert (container["restartCount"], container["ready"]) == (1, True)


def test_a_paused_deployment_does_not_roll() -> None:
    stage = Stage(workloads())
    ref = stage.put(deployment(1))
    stage.run(10)
    paused = merge(deployment(1, "web:2"), {"spec": {"paused": True}})
    stage.put(merge(stage.objects[ref], paused))
    stage.run(20)
    assert ready(stage, "web:1") == 1
    assert not pods(stage, "web:2")


@pytest.mark.parametrize("fails", [0.0, 1.0])
def test_task_runs_have_pods_with_logs(fails: float) -> None:
    tasks = [{"name": "test", "takes": "10s", "steps": ["a", "b"], "fails": fails, "logs": ["one", "two"], "message": "broke"}]  # fmt: skip
    scenario = Scenario.model_validate(
        {"pipelines": {"build": {"name": "b", "tasks": tasks}}, "workloads": {}}
    )
    stage = Stage(scenario)
    stage.put(run())
    stage.run(8)
    (pod,) = pods(stage)
    assert text(pod, "status", "phase") == "Running"
    stage.run(30)
    (pod,) = pods(stage)
    assert text(pod, "status", "phase") == ("Failed" if fails else "Succeeded")
    key = Ref(labels.POD, *(text(pod, "metadata", name) for name in ("namespace", "name")))  # fmt: skip
    first, last = stage.logs[key, "step-a", False], stage.logs[key, "step-b", False]
    assert first[1:3] == ["one", "two"]
    assert last[-1] == ('ERROR "step-b" broke' if fails else "[b] done")
    exits = [child(each, "state", "terminated")["exitCode"] for each in objects(pod, "status", "containerStatuses")]  # fmt: skip
    assert exits == ([0, 1] if fails else [0, 0])
