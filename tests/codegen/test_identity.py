"""The generated types are those that a router written in TypeScript has."""

import shutil
from pathlib import Path

import pytest
from tests.codegen.conftest import Workspace
from tests.codegen.identity.app import App

from fairlead.codegen import generate

HERE = Path(__file__).parent / "identity"

WRONG_EDITS = {
    "an optional input becomes required": ("c?: boolean | undefined", "c: boolean"),
    "an input loses null": ("b: number | null", "b: number"),
    "an output loses null": ("nodeName: string | null", "nodeName: string"),
    "an output may be undefined": ("nextCursor: number | null", "nextCursor?: number"),
    "a query becomes a mutation": ("hello: $Query<", "hello: $Mutation<"),
    "an enum loses a member": ('"Running" | "Pending"', '"Running"'),
    "tracked is forgotten": ("$Tracked<Pod>", "Pod"),
    "a stream becomes a list": ("AsyncIterable<string, void, unknown>", "string[]"),
    "a typed error is forgotten": ("holder: string;", ""),
    "a field is any": ("good: boolean", "good: any"),
    "the whole input becomes required": ("} | undefined, Pod[]>", "}, Pod[]>"),
    "void instead of null": (
        "nothing: $Query<void, null>",
        "nothing: $Query<void, void>",
    ),
    "a transformer is claimed": ("transformer: false", "transformer: true"),
    "a tuple becomes an array": ("[string, number]", "(string | number)[]"),
}


@pytest.fixture
def compared(workspace: Workspace) -> Workspace:
    for name in ("reference.ts", "identity.ts"):
        shutil.copy(HERE / name, workspace.folder / name)
    generate(App, workspace.folder / "shared")
    return workspace


@pytest.mark.node
@pytest.mark.parametrize("compiler", ["7", "5.9"])
def test_generated_router_is_identical_to_one_in_typescript(
    compared: Workspace, compiler: str
) -> None:
    assert compared.compile(compiler, skipLibCheck=True) == ""


@pytest.mark.node
@pytest.mark.parametrize("edit", WRONG_EDITS)
def test_wrong_edits_of_the_generated_types_are_caught(
    compared: Workspace, edit: str
) -> None:
    types = compared.folder / "shared/router.d.ts"
    right, wrong = WRONG_EDITS[edit]
    text = types.read_text()
    assert right in text
    types.write_text(text.replace(right, wrong))
    assert "error TS" in compared.compile(skipLibCheck=True)
