"""Objects that a label protects: nobody changes or deletes them through this application."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = ["Protection"]


@dataclass(frozen=True, slots=True)
class Protection:
    """What a label of an object forbids, beside the rights that users have.

        Kube.from_env(protection=Protection("app.edp.epam.com/edit-protection"))

    The label's value names it: `update`, `delete` or `update-delete`. It is read before each write
    of a user, whatever procedure that comes through (one more request for each), and a label that
    comes between the two is not seen. It is taken away where it was put: in the cluster.
    """

    label: str

    def explain(
        self, labels: Mapping[str, str], verb: Literal["update", "delete"]
    ) -> str | None:
        """Why that is refused; None where it is not."""
        if verb not in labels.get(self.label, "").split("-"):
            return None
        what = "changes" if verb == "update" else "deletion"
        return f"It is protected from {what} by its label {self.label}"
