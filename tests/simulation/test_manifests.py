from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue
from tests.simulation.conftest import PORTAL, Directory
from tests.simulation.samples import branch, codebase, platform

from fairlead.simulation import labels
from fairlead.simulation.conditions import is_done
from fairlead.simulation.errors import ManifestError
from fairlead.simulation.manifests import Manifests, read_manifests
from fairlead.simulation.objects import (
    JsonObject,
    child,
    find_moment,
    objects,
    ref_of,
    strings,
    text,
)

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def portal() -> Manifests:
    return read_manifests(PORTAL, NOW)


def of(portal: Manifests, kind: str) -> list[JsonObject]:
    return [value for value in portal.objects if text(value, "kind") == kind]


def test_portal_has_enough_to_look_at(portal: Manifests) -> None:
    counts = Counter(text(value, "kind") for value in portal.objects)
    assert len(portal.definitions) == 12
    assert counts["Namespace"] == 2
    assert counts["Codebase"] >= 14
    assert counts["CodebaseBranch"] >= 24
    assert counts["PipelineRun"] >= 30


def test_portal_names_fit_kubernetes(portal: Manifests) -> None:
    refs = [ref_of(value) for value in portal.objects]
    assert len(set(refs)) == len(refs)
    assert [str(ref) for ref in refs if len(ref.name) > 63] == []


def test_portal_history_is_over_and_in_the_past(portal: Manifests) -> None:
    started = [run for run in of(portal, "PipelineRun") if "status" in run]
    assert len(started) == len(of(portal, "PipelineRun")) - 1  # one waits for approval
    for run in started:
        ended = find_moment(text(run, "status", "completionTime"))
        assert is_done(run)
        assert ended is not None
        assert ended < NOW, text(run, "metadata", "name")


def test_portal_pipelines_deploy_what_is_there(portal: Manifests) -> None:
    codebases = {text(value, "metadata", "name") for value in of(portal, "Codebase")}
    streams = {
        text(value, "metadata", "name") for value in of(portal, "CodebaseImageStream")
    }
    for pipeline in of(portal, "CDPipeline"):
        assert set(strings(pipeline, "spec", "applications")) <= codebases
        assert set(strings(pipeline, "spec", "inputDockerStreams")) <= streams


def test_portal_labels_say_what_the_specs_say(portal: Manifests) -> None:
    for each in of(portal, "Codebase"):
        assert text(
            each, "metadata", "labels", "app.edp.epam.com/codebaseType"
        ) == text(each, "spec", "type")
    for run in of(portal, "PipelineRun"):
        assert text(run, "metadata", "labels", labels.TYPE_LABEL) in {
            "build",
            "review",
            "deploy",
        }
        assert text(run, "metadata", "labels", labels.AUTHOR_LABEL)


def test_table_makes_an_object_of_each_row(directory: Directory) -> None:
    rows: JsonValue = [{"name": "a"}, {"name": "b", "size": 3}]
    template: JsonValue = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "{{ name }}"},
        "data": {"size": "{{ size }}"},
    }
    table: JsonObject = {
        "apiVersion": "simulation.fairlead.dev/v1",
        "kind": "Table",
        "defaults": {"size": 1},
        "rows": rows,
        "template": template,
    }
    found = read_manifests(directory(table), NOW).objects
    assert [value.get("data") for value in found] == [{"size": 1}, {"size": 3}]


def test_history_expands_to_runs_with_their_tasks(portal: Manifests) -> None:
    (cancelled,) = [
        each
        for each in of(portal, "PipelineRun")
        if text(each, "metadata", "name").startswith("deploy-platform-prod")
    ]
    assert text(cancelled, "spec", "status") == "Cancelled"
    references = objects(cancelled, "status", "childReferences")
    assert [text(each, "kind") for each in references] == ["TaskRun", "ApprovalTask"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"kind": "ConfigMap", "metadata": {"name": "x"}}, "lacks its apiVersion"),
        (
            platform("Codebase", "{{ missing }}", {}),
            r"all.yaml: \{\{ missing \}\} names what is not there",
        ),
        (
            {"apiVersion": "simulation.fairlead.dev/v1", "kind": "Table", "rows": []},
            "template",
        ),
        (
            {
                "apiVersion": "simulation.fairlead.dev/v1",
                "kind": "PipelineHistory",
                "runs": [["team", "build", "gone", "1h", "Succeeded", "ann", "x"]],
            },
            "CodebaseBranch team/gone, which no seed file makes",
        ),
    ],
)
def test_wrong_document_is_told_with_its_cure(
    directory: Directory, document: JsonObject, message: str
) -> None:
    with pytest.raises(ManifestError, match=message):
        read_manifests(directory(document), NOW)


def test_object_that_is_there_twice_is_refused(directory: Directory) -> None:
    with pytest.raises(
        ManifestError, match="Codebase team/a is there twice: rename one"
    ):
        read_manifests(
            directory(platform("Codebase", "a", {}), platform("Codebase", "a", {})), NOW
        )


def test_missing_directory_is_told() -> None:
    with pytest.raises(ManifestError, match="nowhere is no directory"):
        read_manifests(PORTAL / "nowhere", NOW)


def test_history_has_pruned_the_tasks_of_old_runs(portal: Manifests) -> None:
    starts = [
        find_moment(text(each, "status", "startTime")) for each in of(portal, "TaskRun")
    ]
    assert len(starts) > 50
    assert all(start and NOW - start <= timedelta(hours=12) for start in starts)


def test_wrong_duration_in_a_history_is_told(directory: Directory) -> None:
    row: JsonValue = [
        "team",
        "build",
        "shop-main-abcde",
        "lately",
        "Succeeded",
        "a",
        "b",
    ]
    history: JsonObject = {
        "apiVersion": "simulation.fairlead.dev/v1",
        "kind": "PipelineHistory",
        "runs": [row],
    }
    with pytest.raises(ManifestError, match="'lately' is no duration"):
        read_manifests(directory(codebase(), branch(), history), NOW)


def test_history_tells_who_approved(portal: Manifests) -> None:
    answers = [child(each, "spec") for each in of(portal, "ApprovalTask")]
    assert {text(each, "action") for each in answers} == {"Approved", "Canceled"}
    assert all(
        ("approve" in each) == (text(each, "action") == "Approved") for each in answers
    )
