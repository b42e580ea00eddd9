"""What stops a generation: every problem at once, each with its place and cure."""

from collections.abc import Sequence
from dataclasses import dataclass

from fairlead.errors import DefinitionError


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that cannot be generated: where it is, what it is, and what to write instead."""

    where: str
    what: str
    cure: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.cure}"


class GenerationError(DefinitionError):
    """Nothing was generated; every problem is listed with its cure."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        listed = "".join(f"\n  {problem}" for problem in problems)
        super().__init__(f"cannot generate, {len(problems)} problem(s):{listed}")
        self.problems = tuple(problems)
