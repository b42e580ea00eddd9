"""The policy that keeps approvals where people use kubectl: its rules, evaluated by themselves.

`tests/e2e/realCluster.test.ts` has a real kube-apiserver evaluate them; the dev cluster has no policies.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cel
import pytest
import yaml

POLICY: Any = next(
    yaml.safe_load_all(
        (Path(__file__).parents[2] / "apps/portal/deploy/approvals.yaml").read_text()
    )
)
PENDING: dict[str, Any] = {"action": "Pending", "description": "Deploy?"}
ANN = "ann"


def decided(by: str, action: str = "Approved") -> dict[str, Any]:
    return {**PENDING, "action": action, "approve": {"approvedBy": by}}


def find_refusals(
    new: dict[str, Any], old: dict[str, Any] | None = None, user: str = ANN
) -> list[str]:
    """What a write is refused for: of an object that was so before, or of a new one."""
    operation = "CREATE" if old is None else "UPDATE"
    resources = POLICY["spec"]["matchConstraints"]["resourceRules"][0]
    if operation not in resources["operations"]:
        return []
    variables = {
        "object": {"spec": new},
        "oldObject": None if old is None else {"spec": old},
        "request": {"operation": operation, "userInfo": {"username": user}},
    }

    def holds(rule: Any) -> bool:
        return cel.compile(rule["expression"]).execute(variables) is True

    if not all(holds(condition) for condition in POLICY["spec"]["matchConditions"]):
        return []
    rules = POLICY["spec"]["validations"]
    return [rule["message"] for rule in rules if not holds(rule)]


@pytest.mark.parametrize(
    "new", [decided(ANN), decided("bob"), decided(ANN, "Rejected")]
)
def test_nobody_makes_a_question_that_is_answered(new: dict[str, Any]) -> None:
    assert find_refusals(new) == ["A question begins without an answer."]
    assert find_refusals({**new, "action": "Pending"}) != []


def test_a_question_is_asked_by_anybody_and_answered_as_oneself() -> None:
    assert find_refusals(PENDING) == []
    assert find_refusals(decided(ANN), PENDING) == []
    assert find_refusals(decided("bob"), PENDING) == [
        "Who decides is who is signed in, and what was decided stays."
    ]


def test_what_was_decided_stays() -> None:
    old = decided("bob")
    assert find_refusals(old, old) == []
    assert find_refusals(PENDING, old) != []
    assert find_refusals(decided(ANN, "Rejected"), old) != []
    assert find_refusals(decided(ANN), old) == ["Who has decided is not changed."]


def test_pipelines_may_do_as_they_do() -> None:
    robot = "system:serviceaccount:tekton:controller"
    assert find_refusals(decided(ANN), user=robot) == []
