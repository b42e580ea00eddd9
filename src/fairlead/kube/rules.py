"""What one user may do in one namespace, as the cluster told it in one answer."""

from __future__ import annotations

import msgspec

from fairlead.access.policy import Decision
from fairlead.access.rights import ResourceAttributes
from fairlead.access.rules import Rule, allows

__all__ = ["EVERYWHERE", "RuleSet", "decode_rules"]

EVERYWHERE = "_everywhere"
"""A namespace that there cannot be, so that no RoleBinding is in it: the rules that hold there
are those that hold in all namespaces and for kinds of the whole cluster. Asking in a real
namespace instead would take a RoleBinding's `*` for a right on nodes, which it is not."""

MAX_REMEMBERED = 2000


class _Status(msgspec.Struct, rename="camel"):
    resource_rules: tuple[Rule, ...] = ()
    incomplete: bool = False
    evaluation_error: str = ""


class _Review(msgspec.Struct):
    status: _Status


_decoder = msgspec.json.Decoder(_Review)


class RuleSet:
    """The rules, and what was asked of them.

    Attributes:
        complete: a right that they do not give is not had.
    """

    __slots__ = ("_answers", "_rules", "complete")

    def __init__(self, rules: tuple[Rule, ...], *, complete: bool) -> None:
        self._rules = rules
        self.complete = complete
        self._answers: dict[ResourceAttributes, Decision | None] = {}

    def find_allowed(self, attributes: ResourceAttributes) -> Decision | None:
        """The permission, if the rules give it."""
        try:
            return self._answers[attributes]
        except KeyError:
            pass
        if len(self._answers) >= MAX_REMEMBERED:
            self._answers.clear()  # a caller that asks for name after name
        allowed = allows(self._rules, attributes)
        found = Decision(allowed=True, right=attributes) if allowed else None
        self._answers[attributes] = found
        return found


def decode_rules(body: bytes) -> RuleSet:
    """Reads the answer to a SelfSubjectRulesReview.

    Raises:
        msgspec.DecodeError: it is none.
    """
    status = _decoder.decode(body).status
    complete = not status.incomplete and not status.evaluation_error
    return RuleSet(status.resource_rules, complete=complete)
