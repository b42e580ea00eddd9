"""Classes that follow CRDs: written, checked, derived from."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from typer.testing import CliRunner

from fairlead import DefinitionError
from fairlead.cli.app import app
from fairlead.codegen.crd_models import check_models, generate_models
from fairlead.kube import Resource
from fairlead.kube.drafts import get_draft_model

CRDS = Path(__file__).parents[2] / "apps/portal/cluster/crds"
STAGES = CRDS / "stages.yaml"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a package goes that can be imported."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    return tmp_path / "followed"


@pytest.fixture
def stages(folder: Path) -> Iterator[ModuleType]:
    generate_models([STAGES], folder)
    yield importlib.import_module("followed.stage")
    for name in ("followed.stage", "followed"):
        sys.modules.pop(name, None)


def test_a_package_is_written_once_and_is_then_up_to_date(folder: Path) -> None:
    sources = [STAGES, CRDS / "quicklinks.yaml"]
    assert check_models(sources, folder) != ""
    written = generate_models(sources, folder)
    assert written == ["__init__.py", "quick_link.py", "stage.py"]
    assert check_models(sources, folder) == ""
    assert generate_models(sources, folder) == []


def test_nobody_has_to_give_what_the_cluster_fills_in(stages: ModuleType) -> None:
    fields = stages.StageSpec.model_fields
    assert fields["trigger_type"].default == "Manual"  # required, with a default
    assert fields["order"].is_required()


def test_a_definition_that_changes_or_goes_is_followed(folder: Path) -> None:
    source = folder.parent / "crds"
    source.mkdir()
    (source / "stages.yaml").write_text(STAGES.read_text())
    (source / "links.yaml").write_text((CRDS / "quicklinks.yaml").read_text())
    generate_models([source], folder)
    (folder / "mine.py").write_text("")
    (source / ".#stages.yaml").symlink_to("ann@host.1")  # an editor's lock
    (source / "links.yaml").unlink()
    changed = STAGES.read_text().replace("triggerTemplate:", "startTemplate:")
    (source / "stages.yaml").write_text(changed)
    difference = check_models([source], folder)
    assert "+    start_template: str | None = None" in difference
    assert "-class QuickLink(" in difference
    assert generate_models([source], folder) == ["quick_link.py", "stage.py"]
    assert (folder / "mine.py").exists()


def test_a_derived_class_is_of_the_same_kind(stages: ModuleType) -> None:
    base: type[Resource] = stages.Stage
    environment = type("Environment", (base,), {}, labels={"team": "example.org/team"})
    assert issubclass(environment, Resource)
    info = environment.__resource__
    assert (info.kind, info.plural, info.short_names) == ("Stage", "stages", ("st",))
    assert info.labels == {"team": "example.org/team"}
    assert base.__resource__.labels == {}
    assert get_draft_model(environment).__name__ == "EnvironmentDraft"
    assert environment.model_fields["kind"].default == "Stage"


def test_enums_have_names_and_times_are_times(stages: ModuleType) -> None:
    assert stages.StageTriggerType.__args__ == ("Auto", "Manual", "Auto-stable")
    assert stages.QualityGateType.__args__ == ("manual", "autotests")
    status = stages.StageStatus.model_validate(
        {"last_time_updated": "2026-01-01T00:00:00Z", "unknown": 1}
    )
    assert status.last_time_updated.tzinfo is not None
    assert status.model_dump(mode="json", by_alias=True) == {
        "last_time_updated": "2026-01-01T00:00:00Z",
        "unknown": 1,
    }


def test_an_overlay_says_what_the_definition_does_not(folder: Path) -> None:
    overlays = folder / "overlays"
    overlays.mkdir(parents=True)
    states = {"type": "string", "enum": ["created", "failed"]}
    schema = {"properties": {"status": {"properties": {"status": states}}}}
    (overlays / "stage.yaml").write_text(yaml.safe_dump({"schema": schema}))
    generate_models([STAGES], folder)
    text = (folder / "stage.py").read_text()
    assert 'StageStatusStatus = Literal["created", "failed"]' in text
    assert "    status: StageStatusStatus | None = None" in text


def test_sources_that_cannot_be_followed_are_named(folder: Path) -> None:
    with pytest.raises(DefinitionError, match="defines Stage a second time"):
        generate_models([STAGES, STAGES], folder)
    with pytest.raises(DefinitionError, match=r"absent\.yaml cannot be read"):
        generate_models([CRDS / "absent.yaml"], folder)
    folder.mkdir()
    with pytest.raises(DefinitionError, match="has no YAML files"):
        generate_models([folder], folder)
    assert list(folder.iterdir()) == []


APP = """
from fairlead import Context, Fairlead, Router
from fairlead.kube import ResourceRouter
from followed import stage

class Stage(stage.Stage): ...
class Stages(ResourceRouter[Stage]): ...
class App(Router[Context]):
    stages: Stages

app = Fairlead(App)
"""


@pytest.mark.usefixtures("folder")
def test_generate_writes_the_classes_before_it_loads_the_application(
    tmp_path: Path,
) -> None:
    (tmp_path / "followed_app.py").write_text(APP)
    arguments = ["generate", "followed_app:app", "--app-dir", str(tmp_path)]
    arguments += ["--out", str(tmp_path / "shared")]
    follow = ["--crds", str(STAGES), "--models", str(tmp_path / "followed")]
    run = CliRunner().invoke
    done = run(app, [*arguments, *follow])
    assert done.exit_code == 0, done.output
    types = (tmp_path / "shared/router.d.ts").read_text()
    assert 'triggerType?: "Auto" | "Manual" | "Auto-stable";' in types
    assert run(app, [*arguments, *follow, "--check"]).exit_code == 0
    (tmp_path / "followed/stage.py").write_text("stale = True\n")
    stale = run(app, [*arguments, *follow, "--check"])
    assert stale.exit_code == 1
    assert "-stale = True" in stale.output
    alone = run(app, [*arguments, "--crds", str(STAGES)])
    assert isinstance(alone.exception, DefinitionError)
    assert "--crds and --models go together" in str(alone.exception)
    for name in ("followed.stage", "followed", "followed_app"):
        sys.modules.pop(name, None)
