import json

from pydantic import JsonValue
from tests.simulation.samples import branch, codebase, platform, scenario

from fairlead.simulation import labels
from fairlead.simulation.drafts import (
    Change,
    draft_code_run,
    draft_deploy_run,
    short_name,
)
from fairlead.simulation.objects import child, objects, text

CHANGE = Change(
    author="anna.kovacs", message="Count in cents", commit="c0ffee", number=412
)


def test_build_is_labelled_with_what_it_builds() -> None:
    made = draft_code_run("build", codebase(), branch(), CHANGE, scenario())
    assert child(made, "metadata", "labels") == {
        labels.CODEBASE_LABEL: "shop",
        labels.BRANCH_LABEL: "shop-main-abcde",
        labels.TYPE_LABEL: "build",
        labels.AUTHOR_LABEL: "anna.kovacs",
        labels.PIPELINE_LABEL: "go-build",
    }


def test_review_tells_its_change() -> None:
    made = draft_code_run("review", codebase(), branch(), CHANGE, scenario())
    told: object = json.loads(
        text(made, "metadata", "annotations", labels.RESULTS_ANNOTATION)
    )
    assert text(made, "metadata", "labels", labels.CHANGE_LABEL) == "412"
    assert told == {
        "author": "anna.kovacs",
        "branch": "main",
        "commit": "c0ffee",
        "message": "Count in cents",
        "changeNumber": 412,
    }


def _stage(*gates: JsonValue) -> dict[str, JsonValue]:
    return platform(
        "Stage",
        "all-dev",
        {"name": "dev", "cdPipeline": "all", "qualityGates": list(gates)},
    )


def test_deployment_is_labelled_with_its_stage() -> None:
    pipeline = platform("CDPipeline", "all", {"applications": ["shop"]})
    made = draft_deploy_run(_stage(), pipeline, CHANGE, "1.2.3")
    found = child(made, "metadata", "labels")
    assert found[labels.CD_PIPELINE_LABEL] == "all"
    assert found[labels.STAGE_LABEL] == "dev"
    assert found[labels.CD_STAGE_LABEL] == "all-dev"
    payload = text(objects(made, "spec", "params")[0], "value")
    assert json.loads(payload) == {"shop": {"imageTag": "1.2.3", "customValues": False}}


def test_manual_gate_makes_a_deployment_wait_for_approval() -> None:
    gate: JsonValue = {"qualityGateType": "manual", "stepName": "ok"}
    made = draft_deploy_run(
        _stage(gate), platform("CDPipeline", "all", {}), CHANGE, "1"
    )
    assert text(made, "spec", "pipelineRef", "name") == "deploy-with-approval"


def test_long_name_is_cut_before_its_ending() -> None:
    made = short_name("a" * 80, "wxyz")
    assert len(made) == 63
    assert made.endswith("a-wxyz")
