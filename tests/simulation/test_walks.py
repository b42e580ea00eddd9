from pydantic import JsonValue
from tests.simulation.samples import platform
from tests.simulation.stage import Stage

from fairlead.simulation import labels
from fairlead.simulation.actions import Patch
from fairlead.simulation.objects import objects, text
from fairlead.simulation.scenario import Scenario


def test_codebase_of_a_user_comes_up_and_brings_its_branch() -> None:
    walk: JsonValue = {
        "apiVersion": "v2.edp.epam.com/v1",
        "kind": "Codebase",
        "phases": [
            {"value": "initialized", "after": "1s"},
            {"value": "in_progress", "after": "1s"},
            {
                "value": "created",
                "after": "2s",
                "status": {"available": True, "lastTimeUpdated": "{{ now }}"},
                "create": [
                    {
                        "apiVersion": "v2.edp.epam.com/v1",
                        "kind": "CodebaseBranch",
                        "metadata": {"name": "{{ metadata.name }}-main"},
                        "spec": {},
                    }
                ],
            },
        ],
    }
    stage = Stage(Scenario.model_validate({"walks": [walk]}))
    ref = stage.put(platform("Codebase", "mine", {}))
    stage.run(30)
    steps = [
        text(action.body, "status", "status")
        for action in stage.done
        if isinstance(action, Patch)
    ]
    assert steps == ["initialized", "in_progress", "created"]
    assert stage.objects[ref].get("status") == {
        "status": "created",
        "available": True,
        "lastTimeUpdated": "2026-11-01T12:00:04Z",
    }
    (made,) = stage.of(labels.CODEBASE_BRANCH)
    assert text(objects(made, "metadata", "ownerReferences")[0], "name") == "mine"


def test_walk_that_fails_stays_failed() -> None:
    walk: JsonValue = {
        "apiVersion": "v2.edp.epam.com/v1",
        "kind": "Codebase",
        "phases": [{"value": "created", "after": "1s"}],
        "failure": {
            "rate": 1,
            "value": "failed",
            "status": {"detailedMessage": "no luck"},
        },
    }
    stage = Stage(Scenario.model_validate({"walks": [walk]}))
    ref = stage.put(platform("Codebase", "mine", {}))
    stage.run(3600)
    assert stage.objects[ref].get("status") == {
        "status": "failed",
        "detailedMessage": "no luck",
    }
    assert len(stage.done) == 1
