from pathlib import Path

import pytest
from tests.simulation.conftest import PORTAL
from tests.simulation.samples import scenario

from fairlead.simulation.errors import ManifestError
from fairlead.simulation.scenario import read_scenario


def test_portal_scenario_is_one() -> None:
    found = read_scenario(PORTAL / "scenario.yaml")
    assert {"build", "review", "deploy", "deploy-with-approval"} <= set(found.pipelines)
    assert found.runs is not None
    assert {walk.kind for walk in found.walks} == {
        "Codebase",
        "CodebaseBranch",
        "CDPipeline",
        "Stage",
    }


def test_tasks_beside_each_other_are_one_group() -> None:
    groups = scenario().pipelines["build"].groups
    assert [[task.name for task in group] for group in groups] == [
        ["fetch"],
        ["compile", "lint"],
        ["push"],
    ]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("{", "is no scenario"),
        ("sede: 3", "sede"),
        (
            "pipelines: {build: {name: b, tasks: [{name: x, takes: soon}]}}",
            "'soon' is no duration",
        ),
        (
            "pipelines: {build: {name: b, tasks: [{name: x, fails: 2}]}}",
            "less than or equal to 1",
        ),
    ],
)
def test_wrong_scenario_is_told(tmp_path: Path, written: str, message: str) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(written)
    with pytest.raises(ManifestError, match=message):
        read_scenario(file)
