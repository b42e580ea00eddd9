from tests.simulation.samples import run

from fairlead.simulation import labels
from fairlead.simulation.objects import JsonObject, ref_of
from fairlead.simulation.world import World


def task_run(name: str, of: str) -> JsonObject:
    metadata: JsonObject = {
        "name": name,
        "namespace": "team",
        "labels": {labels.RUN_LABEL: of},
    }
    return {"apiVersion": "tekton.dev/v1", "kind": "TaskRun", "metadata": metadata}


def test_children_are_found_by_their_run() -> None:
    world = World()
    world.put(task_run("one", "build-x"))
    world.put(task_run("two", "build-y"))
    assert list(world.children(run("build-x"), labels.TASK_RUN)) == ["one"]


def test_list_replaces_all_that_was_known_of_its_kind() -> None:
    world = World()
    world.put(run("gone"))
    world.put(task_run("one", "gone"))
    world.replace(labels.PIPELINE_RUN, [run("here")])
    assert [ref_of(each).name for each in world.of(labels.PIPELINE_RUN)] == ["here"]
    assert list(world.children(run("gone"), labels.TASK_RUN)) == ["one"]


def test_removed_child_is_gone_from_its_run() -> None:
    world = World()
    world.put(task_run("one", "build-x"))
    world.remove(task_run("one", "build-x"))
    assert not world.children(run("build-x"), labels.TASK_RUN)
