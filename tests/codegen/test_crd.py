"""CRDs become readable Pydantic modules, through which objects pass unchanged."""

import itertools
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from fairlead.codegen.crd import CustomResource, Overlay, crd_module, read_crds
from fairlead.errors import DefinitionError
from fairlead.kube import Resource

CRD = (Path(__file__).parent / "crds/builds.yaml").read_text()


@pytest.fixture(scope="module")
def crd() -> CustomResource:
    (found,) = read_crds(CRD)
    return found


@pytest.fixture(scope="module")
def module_text(crd: CustomResource) -> str:
    return crd_module(crd)


@pytest.fixture(scope="module")
def build(module_text: str) -> type[Resource]:
    return load(module_text)


def load(text: str) -> type[Resource]:
    module = types.ModuleType("made_from_crd")
    sys.modules[module.__name__] = module
    exec(text, module.__dict__)  # noqa: S102 - it was generated just now
    found: type[Resource] = module.__dict__["Build"]
    return found


def make_examples() -> list[dict[str, Any]]:
    """Every combination of the shapes that a specification can take."""
    choices: dict[str, list[Any]] = {
        "port": [None, 80, "http"],
        "strategy": [None, "fast"],
        "limits": [None, {"cpu": 1, "memory": "64Mi"}],
        "params": [
            None,
            [{"name": "a", "value": ["x"]}, {"name": "b", "value": {"k": 1}}],
        ],
        "podTemplate": [
            None,
            {"nodeSelector": {"disk": "ssd"}, "later": [1, {"x": None}]},
        ],
        "timeouts": [None, {"pipeline": "1h0m0s"}],
        "startedAt": [None, "2024-01-01T00:00:00.000000Z"],
    }
    examples: list[dict[str, Any]] = []
    for values in itertools.product(*choices.values()):
        named = zip(choices, values, strict=True)
        spec = {name: value for name, value in named if value is not None}
        steps = [{"name": "a", "script": "make", "env": [{"name": "CI", "value": "1"}]}]
        examples.append(
            {
                "apiVersion": "ci.example.org/v1",
                "kind": "Build",
                "metadata": {
                    "name": f"build-{len(examples)}",
                    "namespace": "team-a",
                    "labels": {"app": "x"},
                    "managedFields": [{"manager": "kubectl"}],
                },
                "spec": {
                    "repoURL": "https://x",
                    "steps": steps,
                    "new": {"f": 1},
                    **spec,
                },
                "status": {"phase": "Done", "steps": [{"name": "a", "exitCode": 0}]},
            }
        )
    return examples


EXAMPLES = make_examples()


def test_there_are_more_examples_than_a_handful() -> None:
    assert len(EXAMPLES) == 192


def test_objects_pass_unchanged_with_what_the_crd_does_not_know(
    build: type[Resource],
) -> None:
    for example in EXAMPLES:
        assert build.model_validate(example).to_wire() == example


def test_class_says_where_its_objects_are_kept(build: type[Resource]) -> None:
    info = build.__resource__
    assert (info.api_version, info.plural) == ("ci.example.org/v1", "builds")
    assert (info.singular, info.short_names) == ("build", ("bd",))


def test_module_reads_like_a_hand_written_one(module_text: str) -> None:
    assert "class BuildSpec(KubeModel):" in module_text
    assert 'strategy: Literal["fast", "safe"] | None = None' in module_text
    assert "port: int | str | None = None" in module_text
    assert 'The cluster defaults it to `"safe"`.' in module_text
    assert "Rule: needs a step" in module_text
    assert ": Any" not in module_text
    assert '"""Any value will do."""' in module_text


def test_shapes_are_shared_and_never_numbered(module_text: str) -> None:
    classes = [line for line in module_text.splitlines() if line.startswith("class ")]
    names = [line.split("(")[0].removeprefix("class ") for line in classes]
    assert sorted(names) == [
        "Build",
        "BuildSpec",
        "BuildStatus",
        "EnvItem",
        "Param",
        "StatusStep",
        "Step",
        "Timeouts",
    ]


def test_list_keys_are_kept(build: type[Resource]) -> None:
    steps = build.model_fields["spec"].annotation
    assert isinstance(steps, type)
    extra = getattr(steps, "model_fields")["steps"].json_schema_extra  # noqa: B009 - of a made class
    assert extra["x-kubernetes-list-map-keys"] == ["name"]


def test_overlay_adds_what_the_application_knows(crd: CustomResource) -> None:
    phases = {"type": "string", "enum": ["Done", "Failed"]}
    patch = {"properties": {"status": {"properties": {"phase": phases}}}}
    text = crd_module(crd, Overlay(schema=patch, labels={"team": "example.org/team"}))
    assert 'phase: Literal["Done", "Failed"] | None = None' in text
    assert load(text).__resource__.labels == {"team": "example.org/team"}


def test_overlay_file_with_unknown_keys_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "overlay.yaml"
    path.write_text("enums: {}")
    with pytest.raises(DefinitionError, match="has 'enums': an overlay has `schema`"):
        Overlay.read(path)


def test_version_may_be_chosen_and_must_exist() -> None:
    assert read_crds(CRD, version="v1alpha1")[0].version == "v1alpha1"
    with pytest.raises(DefinitionError, match="no version 'v2', but v1alpha1, v1"):
        read_crds(CRD, version="v2")


def test_text_without_a_crd_is_refused() -> None:
    with pytest.raises(DefinitionError, match="there is no CustomResourceDefinition"):
        read_crds("kind: Pod")


def test_module_is_strictly_typed(module_text: str, tmp_path: Path) -> None:
    path = tmp_path / "build.py"
    path.write_text(module_text)
    command = [sys.executable, "-m", "mypy", "--strict", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
