from pydantic import JsonValue
from tests.simulation.samples import branch, codebase, platform, reason, run, scenario
from tests.simulation.stage import Stage

from fairlead.simulation import labels
from fairlead.simulation.actions import Create, Patch
from fairlead.simulation.conditions import is_done
from fairlead.simulation.objects import objects, strings, text
from fairlead.simulation.scenario import Scenario


def busy(**changes: JsonValue) -> Scenario:
    runs: dict[str, JsonValue] = {
        "every": "4s",
        "active": 3,
        "keep": 5,
        "mix": {"build": 2, "review": 1},
        "authors": ["ann"],
        "changes": ["Count in cents"],
    }
    return scenario(runs={**runs, **changes})


def test_runs_start_by_themselves_for_branches_that_are_there() -> None:
    stage = Stage(busy())
    stage.put(codebase())
    stage.put(branch())
    stage.run(30)
    runs = stage.of(labels.PIPELINE_RUN)
    assert runs
    assert {
        text(each, "metadata", "labels", labels.CODEBASE_LABEL) for each in runs
    } == {"shop"}
    assert {text(each, "spec", "pipelineRef", "name") for each in runs} == {"go-build"}


def test_nothing_starts_where_there_is_no_branch() -> None:
    stage = Stage(busy())
    stage.run(60)
    assert stage.done == []


def test_branch_that_is_not_available_is_not_built() -> None:
    stage = Stage(busy())
    stage.put(codebase())
    stage.put({**branch(), "status": {"available": False}})
    stage.run(60)
    assert stage.of(labels.PIPELINE_RUN) == []


def test_no_more_runs_than_allowed_are_under_way() -> None:
    stage = Stage(busy(every="1s", active=2))
    stage.put(codebase())
    stage.put(branch())
    most = 0
    for _ in range(100):
        stage.run(0.5)
        most = max(
            most, sum(not is_done(each) for each in stage.of(labels.PIPELINE_RUN))
        )
    assert most == 2


def test_oldest_finished_runs_are_deleted() -> None:
    stage = Stage(busy(keep=3))
    stage.put(codebase())
    stage.put(branch())
    stage.run(300)
    finished = [each for each in stage.of(labels.PIPELINE_RUN) if is_done(each)]
    made = [
        action
        for action in stage.done
        if isinstance(action, Create) and action.ref.kind == labels.PIPELINE_RUN
    ]
    assert len(finished) == 3
    assert len(made) > 20


def test_same_seed_starts_the_same_runs() -> None:
    names: list[list[str]] = []
    for _ in range(2):
        stage = Stage(busy(), seed=7)
        stage.put(codebase())
        stage.put(branch())
        stage.run(120)
        names.append([str(action.ref) for action in stage.done])
    assert names[0] == names[1]


def test_pause_is_not_made_up_for_by_a_burst() -> None:
    stage = Stage(busy(active=100))
    stage.put(codebase())
    stage.put(branch())
    stage.run(10)
    before = len(stage.of(labels.PIPELINE_RUN))
    stage.now += stage.now - stage.now.replace(hour=1)
    stage.run(1)
    assert len(stage.of(labels.PIPELINE_RUN)) - before <= 1


def test_build_that_succeeds_leaves_a_version_and_an_image() -> None:
    stage = Stage(busy(mix={"build": 1}, active=1))
    stage.put(codebase())
    ref = stage.put(branch())
    stream = stage.put(
        platform(
            "CodebaseImageStream",
            "shop-main",
            {"codebase": "shop", "imageName": "shop"},
        )
    )
    stage.run(
        60, until=lambda: any(is_done(each) for each in stage.of(labels.PIPELINE_RUN))
    )
    stage.run(0.05)
    assert text(stage.objects[ref], "status", "lastSuccessfulBuild") == "1.0.0.5"
    assert strings(stage.objects[ref], "status", "versionHistory") == ["1.0.0.5"]
    assert [
        text(tag, "name") for tag in objects(stage.objects[stream], "spec", "tags")
    ] == ["1.0.0.5"]


def test_new_image_is_deployed_to_stages_that_follow_by_themselves() -> None:
    stage = Stage(busy(mix={"build": 1}, active=1, every="60s"))
    stage.put(codebase())
    stage.put(branch())
    stage.put(
        platform(
            "CodebaseImageStream",
            "shop-main",
            {"codebase": "shop", "imageName": "shop"},
        )
    )
    ready: dict[str, JsonValue] = {"status": "created", "available": True}
    stage.put(
        platform(
            "CDPipeline",
            "all",
            {
                "name": "all",
                "applications": ["shop"],
                "inputDockerStreams": ["shop-main"],
            },
            ready,
        )
    )
    for name, trigger in (("dev", "Auto"), ("prod", "Manual")):
        stage.put(
            platform(
                "Stage",
                f"all-{name}",
                {"name": name, "cdPipeline": "all", "triggerType": trigger},
                ready,
            )
        )
    stage.run(45)
    stages = [
        text(each, "metadata", "labels", labels.CD_STAGE_LABEL)
        for each in stage.of(labels.PIPELINE_RUN)
    ]
    assert stages == ["", "all-dev"]


def test_new_engine_goes_on_where_the_old_one_stood() -> None:
    stage = Stage(scenario())
    ref = stage.put(run())
    stage.run(4)
    before = len(stage.of(labels.TASK_RUN))
    stage.restart_engine()
    stage.run(60)
    assert before > 0
    assert reason(stage.objects[ref]) == "Succeeded"
    assert len(stage.of(labels.TASK_RUN)) == 4


def test_step_is_not_taken_twice_before_its_echo() -> None:
    stage = Stage(scenario())
    stage.put(run())
    stage.run(1.5, until=lambda: bool(stage.done))
    stage.deaf = True
    stage.put(stage.of(labels.PIPELINE_RUN)[0])
    first = stage.engine.step()
    assert first
    assert stage.engine.step() == []
    assert stage.engine.next_due is not None


def test_refused_action_is_left_alone_for_a_while() -> None:
    stage = Stage(scenario())
    stage.put(run())
    stage.run(
        1.5, until=lambda: any(isinstance(action, Patch) for action in stage.done)
    )
    refused = stage.engine.step()
    assert refused
    for action in refused:
        stage.engine.refuse(action)
    assert stage.engine.step() == []
