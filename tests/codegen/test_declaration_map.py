"""Go to definition on a call in TypeScript opens the Python method."""

import json
from pathlib import Path

import pytest
from tests.codegen import sample_app
from tests.codegen.conftest import Workspace
from tests.codegen.language_servers import Lsp, Tsserver

from fairlead.codegen import generate
from fairlead.codegen.declaration_map import (
    Marks,
    Segment,
    drop_marks,
    encode_map,
    extract_marks,
)
from fairlead.codegen.nodes import Source

USE = """
import type { TRPCClient } from "@trpc/client";
import type { AppRouter } from "./shared/index.js";

export const pods = (client: TRPCClient<AppRouter>) => client.pods.list.query({ namespace: "a" });
export const router = (client: TRPCClient<AppRouter>) => client.pods;
export const phase = async (client: TRPCClient<AppRouter>) => (await pods(client))[0]?.phase;
"""

WANTED = {
    "client.pods.list": ("pods.list", "list", "    async def list_("),
    "client.pods": ("client.pods;", "pods", "class Pods(Router"),
    "a model's field": ("?.phase", "phase", "    phase: Phase"),
}


@pytest.mark.node
@pytest.mark.parametrize("server", [Lsp, Tsserver])
@pytest.mark.parametrize("name", WANTED)
def test_definition_is_in_python(
    workspace: Workspace, server: type[Lsp | Tsserver], name: str
) -> None:
    generate(sample_app.App, workspace.folder / "shared")
    use = workspace.write("use.ts", USE)
    workspace.compile()  # leaves the configuration
    around, word, python = WANTED[name]
    offset = USE.index(around) + around.index(word)
    line = USE.count("\n", 0, offset)
    column = offset - (USE.rfind("\n", 0, offset) + 1)
    with server(workspace.folder) as asked:
        ((file, found, start),) = asked.find_definition(use, line, column)
    assert file.resolve() == Path(sample_app.__file__).resolve()
    assert file.read_text().splitlines()[found].startswith(python)
    assert python[start:].strip().isidentifier() or python[start:].startswith(
        ("list_", "Pods", "phase")
    )


def test_marks_leave_the_text_and_tell_their_columns() -> None:
    marks = Marks()
    source = Source(file="a.py", line=3, column=4)
    text = f"é😀{marks.mark(source)}name\n{marks.mark(None)}x"
    plain, segments = extract_marks(text, marks)
    assert plain == "é😀name\nx"
    assert segments == [Segment(0, 3, source)]


def test_foreign_text_cannot_pass_for_a_mark() -> None:
    marks = Marks()
    forged = marks.mark(Source(file="a.py", line=0))
    assert extract_marks(drop_marks(forged), marks) == ("0", [])


def test_map_counts_from_the_segment_before() -> None:
    segments = [
        Segment(1, 2, Source(file="/p/b.py", line=10, column=4)),
        Segment(1, 8, Source(file="/p/a.py", line=2)),
    ]
    relative = {"/p/a.py": "../a.py", "/p/b.py": "../b.py"}
    found = json.loads(encode_map("router.d.ts", segments, relative=relative))
    assert found["sources"] == ["../a.py", "../b.py"]
    assert found["mappings"] == ";ECUI,MDRJ"
