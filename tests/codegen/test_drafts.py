"""Creators and editors give the same objects in Python and in TypeScript."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import cast

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue, ValidationError
from tests.codegen.conftest import REPOSITORY, Workspace
from tests.codegen.draft_app import (
    App,
    Release,
    ReleaseDraftInputs,
    ReleaseEdits,
)

from fairlead.codegen import generate
from fairlead.kube.drafts import DraftError

SERVER = Path(__file__).parent / "draftServer.mjs"
QUIET = settings(
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    max_examples=250,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
Answer = Mapping[str, JsonValue]
Ask = Callable[[str, list[JsonValue]], Answer]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Calls a generated function in one long-lived Node process."""
    folder = tmp_path_factory.mktemp("drafts")
    (folder / "node_modules").symlink_to(REPOSITORY / "node_modules")
    generate(App, folder / "shared")
    with subprocess.Popen(
        ["node", str(SERVER), str(folder / "shared" / "index.js")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        stdin, stdout = process.stdin, process.stdout

        def send(name: str, args: list[JsonValue]) -> Answer:
            stdin.write(json.dumps({"name": name, "args": args}) + "\n")
            stdin.flush()
            return cast("Answer", json.loads(stdout.readline()))

        yield send
        stdin.close()


def in_python(make: Callable[[], dict[str, JsonValue]]) -> Answer:
    """The same answer as the Node process gives."""
    try:
        return {"made": make()}
    except ValidationError:
        return {"failed": "ZodError"}
    except DraftError as error:
        return {"failed": "DraftError", "message": str(error)}


def create(inputs: JsonValue) -> Answer:
    def make() -> dict[str, JsonValue]:
        creator = Release.draft.using("x".__mul__)
        parsed = ReleaseDraftInputs.model_validate_json(json.dumps(inputs), strict=True)
        creator.from_inputs(parsed)  # the object itself is checked too
        return creator.build(parsed)

    return in_python(make)


def assert_same(by_node: Answer, by_python: Answer) -> None:
    if by_python.get("failed") == "ZodError":
        assert by_node["failed"] == "ZodError"
    else:
        assert by_node == by_python


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.text(min_size=1, max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)
texts = st.one_of(
    st.text(max_size=12),
    st.from_regex(r"[A-Za-z0-9 ./_-]{0,70}", fullmatch=True),
    st.sampled_from(
        ["Ünïcode Näme", "--a--", "İstanbul K", "_x_", "a" * 90, "ﬁn", "Å"]
    ),
)
gates = st.lists(
    st.fixed_dictionaries(
        {"name": st.text(max_size=3)},
        optional={
            "kind": st.sampled_from(["manual", "autotest", "other"]),
            "branch": st.none() | st.text(max_size=3),
        },
    ),
    max_size=2,
)
owners = st.fixed_dictionaries(
    {"metadata": st.fixed_dictionaries({}, optional={"name": texts, "uid": texts})},
    optional={"apiVersion": st.just("v1"), "kind": st.just("Pod")},
)
creations = st.fixed_dictionaries(
    {"title": texts, "namespace": texts, "project": texts},
    optional={
        "strategy": st.sampled_from(["create", "clone", "import"]),
        "channel": st.sampled_from(["stable", "edge"]),
        "replicas": st.integers(-1, 10),
        "enabled": st.booleans(),
        "ratio": st.none() | st.integers(-3, 3) | st.just(0.5),
        "url": texts,
        "startFrom": st.none() | texts,
        "gates": gates,
        "parameters": st.none() | st.dictionaries(st.text(max_size=3), json_values),
        "note": texts,
        "owner": st.none() | owners,
    },
)
edits = st.fixed_dictionaries(
    {},
    optional={
        "title": texts,
        "note": st.none() | texts,
        "replicas": st.none() | st.integers(0, 9),
        "gates": st.none() | gates,
        "mode": st.none() | st.sampled_from(["plain", "summed"]),
        "summary": st.none() | texts,
    },
)


@pytest.mark.node
def test_created_drafts_are_the_same_in_both_languages(ask: Ask) -> None:
    made: list[str] = []

    @QUIET
    @given(creations)
    def check(inputs: dict[str, JsonValue]) -> None:
        by_python = create(inputs)
        assert_same(ask("createReleaseDraft", [inputs]), by_python)
        made.extend(by_python.keys() & {"made", "failed"})

    check()
    assert {"made", "failed"} <= set(made)
    assert made.count("made") > 100


@pytest.mark.node
def test_what_typescript_drafts_is_what_python_reads(ask: Ask) -> None:
    inputs: dict[str, JsonValue] = {
        "title": "Spring",
        "namespace": "team-a",
        "project": "shop",
        "gates": [{"name": "qa"}],
    }
    made = ask("createReleaseDraft", [inputs])["made"]
    expected = Release.draft.using("x".__mul__)(
        title="Spring",
        namespace="team-a",
        project="shop",
        gates=[{"name": "qa"}],  # type: ignore[list-item]  # pyright: ignore[reportArgumentType] - as from JSON
    )
    assert Release.model_validate(made) == expected


STORED: dict[str, JsonValue] = {
    "apiVersion": "x.io/v1",
    "kind": "Release",
    "metadata": {"name": "r", "uid": "u", "resourceVersion": "7", "managed": [1, None]},
    "spec": {
        "title": "Old",
        "project": "shop",
        "channel": "edge",
        "replicas": 2,
        "enabled": True,
        "source": {"url": "u", "later": {"kept": True}},
        "note": "n",
        "summary": "s",
    },
    "status": {"phase": "out"},
}


@pytest.mark.node
def test_edits_are_the_same_in_both_languages(ask: Ask) -> None:
    @QUIET
    @given(edits)
    def check(inputs: dict[str, JsonValue]) -> None:
        def make() -> dict[str, JsonValue]:
            parsed = ReleaseEdits.model_validate_json(json.dumps(inputs), strict=True)
            release = Release.model_validate(STORED)
            return release.edit.from_inputs(parsed).to_wire()

        answer = dict(ask("editRelease", [STORED, inputs]))
        if "made" in answer:  # what Python fills in on reading is no edit
            answer["made"] = Release.model_validate(answer["made"]).to_wire()
        assert_same(answer, in_python(make))

    check()


def test_edits_change_only_what_is_given() -> None:
    release = Release.model_validate(STORED)
    edited = release.edit(note=None, replicas=5)
    expected = json.loads(json.dumps(release.to_wire()))
    expected["spec"]["replicas"] = 5
    del expected["spec"]["note"]
    assert edited.to_wire() == expected
    assert release.spec.note == "n"


USE = """
import { createReleaseDraft, DraftError, editRelease } from "./shared/drafts.js";
import type { Release, ReleaseDraft, ReleaseDraftInputs } from "./shared/index.js";

const inputs: ReleaseDraftInputs = { title: "a", namespace: "b", project: "c" };
export const draft: ReleaseDraft = createReleaseDraft(inputs, { suffix: (n) => "x".repeat(n) });
export const edited = (release: Release): Release => editRelease(release, { note: null });
export const owned = (owner: Release): ReleaseDraft => createReleaseDraft({ ...inputs, owner });
export const failed = (error: unknown): boolean => error instanceof DraftError;
// @ts-expect-error no such channel
createReleaseDraft({ ...inputs, channel: "nightly" });
// @ts-expect-error the title is required
createReleaseDraft({ namespace: "b", project: "c" });
// @ts-expect-error a draft has no status
draft.status;
// @ts-expect-error the project never changes
editRelease({} as Release, { project: "d" });
"""


@pytest.mark.node
@pytest.mark.parametrize("compiler", ["7", "5.9"])
def test_draft_functions_are_typed(workspace: Workspace, compiler: str) -> None:
    generate(App, workspace.folder / "shared")
    workspace.write("use.ts", USE)
    assert workspace.compile(compiler) == ""
