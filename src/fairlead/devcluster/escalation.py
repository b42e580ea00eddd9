"""Nobody grants what they do not have: checks on writes of roles and bindings."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.devcluster.errors import Subject, forbidden
from fairlead.devcluster.identity import User
from fairlead.devcluster.jsontypes import NO_FIELDS, NO_ITEMS, JsonObject
from fairlead.devcluster.rbac import GROUP, Attributes, Authorizer, Grant

_ROLES = {"roles", "clusterroles"}
_BINDINGS = {"rolebindings", "clusterrolebindings"}


def check_grant(
    authorizer: Authorizer,
    user: User,
    plural: str,
    body: JsonObject,
    old: JsonObject | None,
) -> None:
    """Refuse with 403 a role or binding that would give more than `user` has."""
    if user.is_master:
        return
    metadata = body["metadata"]
    namespace, name = metadata.get("namespace", ""), metadata.get("name", "")
    if plural in _ROLES:
        if old is not None and old.get("rules") == body.get("rules"):
            return
        wanted = Attributes("escalate", GROUP, plural, "", namespace, name)
        rules = body.get("rules") or NO_ITEMS
    elif plural in _BINDINGS:
        if old is not None and old.get("subjects") == body.get("subjects"):
            return
        ref = body.get("roleRef") or NO_FIELDS
        role = "clusterroles" if ref.get("kind") == "ClusterRole" else "roles"
        wanted = Attributes("bind", GROUP, role, "", namespace, ref.get("name", ""))
        rules = authorizer.role_rules(ref, namespace)
    else:
        return
    if authorizer.decide(user, wanted)[0]:
        return
    missing = [
        rule for rule in rules if not _covered(authorizer.grants(user, namespace), rule)
    ]
    if missing:
        raise _refusal(user, plural, name, missing)


def _refusal(
    user: User, plural: str, name: str, missing: list[JsonObject]
) -> Exception:
    groups = " ".join(f'"{group}"' for group in user.groups)
    lines = "\n".join(dict.fromkeys(_show(rule) for rule in missing))
    message = f'user "{user.name}" (groups=[{groups}]) is attempting to grant RBAC permissions not currently held:\n{lines}'
    return forbidden(Subject(GROUP, plural), name, message)


def _show(rule: JsonObject) -> str:
    parts = [
        (label, rule.get(key))
        for label, key in (
            ("APIGroups", "apiGroups"),
            ("Resources", "resources"),
            ("ResourceNames", "resourceNames"),
            ("NonResourceURLs", "nonResourceURLs"),
            ("Verbs", "verbs"),
        )
    ]
    shown = [f"{label}:[{_quoted(values)}]" for label, values in parts if values]
    return "{" + ", ".join(shown) + "}"


def _quoted(values: list[str]) -> str:
    return " ".join(f'"{value}"' for value in values)


def _covered(grants: list[Grant], rule: JsonObject) -> bool:
    """Whether every single permission of a rule is held."""
    return all(
        any(_holds(grant.rule, single) for grant in grants) for single in _singles(rule)
    )


def _singles(rule: JsonObject) -> Iterator[Attributes]:
    for verb in rule.get("verbs") or NO_ITEMS:
        for url in rule.get("nonResourceURLs") or NO_ITEMS:
            yield Attributes(verb, path=url)
        for group in rule.get("apiGroups") or NO_ITEMS:
            for resource in rule.get("resources") or NO_ITEMS:
                plural, _, sub = resource.partition("/")
                for name in rule.get("resourceNames") or ("",):
                    yield Attributes(verb, group, plural, sub, "", name)


def _holds(held: JsonObject, single: Attributes) -> bool:
    if not _within(held.get("verbs"), single.verb):
        return False
    if single.path:
        return _holds_path(held.get("nonResourceURLs") or NO_ITEMS, single.path)
    names = held.get("resourceNames")
    if names and (not single.name or single.name not in names):
        return False
    return _within(held.get("apiGroups"), single.group) and _holds_resource(
        held, single
    )


def _within(held: list[str] | None, value: str) -> bool:
    return held is not None and ("*" in held or value in held)


def _holds_path(held: list[str], path: str) -> bool:
    return any(
        item in {"*", path} or (item.endswith("*") and path.startswith(item[:-1]))
        for item in held
    )


def _holds_resource(held: JsonObject, single: Attributes) -> bool:
    resources = held.get("resources") or NO_ITEMS
    wanted = single.full_resource
    if "*" in resources or wanted in resources:
        return True
    return bool(single.subresource) and f"*/{single.subresource}" in resources
