from pathlib import Path

from pydantic import BaseModel, Field

from fairlead.access import public
from fairlead.codegen import generate
from fairlead.codegen.docstrings import read_docstring
from fairlead.context import Context
from fairlead.procedure import mutation, query
from fairlead.router import Router


class Pod(BaseModel):
    """A pod. */ alert(1) /*

    Attributes:
        name: what it is called,
            in its namespace.
    """

    name: str
    old: int = Field(1, deprecated="use name", examples=[3])


class App(Router[Context]):
    @query(access=public, deprecated="use pods")
    async def pod(self, name: str, limit: int = 5) -> Pod:
        """One pod.

        Args:
            name: the pod's name.

        Raises:
            TRPCError: there is none.
        """
        return Pod(name=name, old=limit)

    @mutation(access=public)
    async def save(self, pod: Pod, /) -> None:
        """Saves it."""


def read_types(folder: Path) -> str:
    generate(App, folder)
    return (folder / "router.d.ts").read_text()


def test_sections_leave_the_text() -> None:
    found = read_docstring("First.\n\nArgs:\n    a: one\n        more\n\nLast.")
    assert found.text == "First.\n\nLast."
    assert found.attributes == {"a": "one more"}


def test_docstrings_become_comments(tmp_path: Path) -> None:
    types = read_types(tmp_path)
    assert "     * One pod.\n     * @deprecated use pods\n" in types
    assert "/** the pod's name. */" in types
    assert "/** @default 5 */\n      limit?: number | undefined;" in types
    assert "/** what it is called, in its namespace. */" in types
    assert "Raises" not in types


def test_fields_show_deprecation_and_examples(tmp_path: Path) -> None:
    types = read_types(tmp_path)
    assert "   * @deprecated use name\n   * @default 1\n   * @example 3\n" in types


def test_comments_cannot_be_closed_from_a_docstring(tmp_path: Path) -> None:
    assert "A pod. *\\/ alert(1)" in read_types(tmp_path)
