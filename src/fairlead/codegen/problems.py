"""What stops a generation: every problem at once, each with its place and cure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fairlead.errors import DefinitionError


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that cannot be generated: where it is, what it is, and what to write instead.

    Attributes:
        users: the procedures whose types it is part of, as `Router.method`.
    """

    where: str
    what: str
    cure: str
    users: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """The type, if any, that the place begins with: `Pod` of `Pod.labels{}`."""
        return re.split(r"[.\[{ ]", self.where, maxsplit=1)[0]

    def __str__(self) -> str:
        return f"{self._place()}{self.where}: {self.what}; {self.cure}"

    def _place(self) -> str:
        if not self.users:
            return ""
        more = len(self.users) - 1
        others = f" and {more} more" if more else ""
        return f"{self.users[0]}{others} > "


class GenerationError(DefinitionError):
    """Nothing was generated; every problem is listed with its cure."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        listed = "".join(f"\n  {problem}" for problem in problems)
        super().__init__(f"cannot generate, {len(problems)} problem(s):{listed}")
        self.problems = tuple(problems)
