"""What Kubernetes-style rules allow; the same in every engine."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fairlead.access.rights import ResourceAttributes

__all__ = ["Rule", "allows"]

ALL = "*"


class Rule(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=False):
    """One rule of a role.

    Attributes:
        resources: plurals, `plural/subresource`, `*/subresource` or `*`.
        resource_names: when given, only objects of these names.
    """

    verbs: tuple[str, ...] = ()
    api_groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    resource_names: tuple[str, ...] = ()
    non_resource_urls: tuple[str, ...] = msgspec.field(
        default=(), name="nonResourceURLs"
    )


def allows(rules: Sequence[Rule], wanted: ResourceAttributes) -> bool:
    """Is there a rule that gives the right?"""
    return any(_matches(rule, wanted) for rule in rules)


def _matches(rule: Rule, wanted: ResourceAttributes) -> bool:
    return (
        (wanted.verb in rule.verbs or ALL in rule.verbs)
        and (wanted.group in rule.api_groups or ALL in rule.api_groups)
        and _covers(rule.resources, wanted)
        and (not rule.resource_names or wanted.name in rule.resource_names)
    )


def _covers(resources: Sequence[str], wanted: ResourceAttributes) -> bool:
    if ALL in resources:
        return True
    if wanted.subresource is None:
        return wanted.plural in resources
    return (
        f"{wanted.plural}/{wanted.subresource}" in resources
        or f"*/{wanted.subresource}" in resources
    )
