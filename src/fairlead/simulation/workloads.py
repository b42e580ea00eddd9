"""Deployments and replica sets, as the controllers of a real cluster would lead them.

A deployment gets a replica set for its template, and rolls: new pods come up within the
surge before old ones go. Everything is worked out from what is seen, so that scaling,
`kubectl rollout restart` and `undo` just work, and a restart goes on where it stood.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from fairlead.simulation import labels
from fairlead.simulation.actions import Create, Delete, Patch, patch_spec, patch_status
from fairlead.simulation.objects import (
    JsonObject,
    child,
    json_list,
    label,
    objects,
    owner_reference,
    ref_of,
    text,
    timestamp,
)
from fairlead.simulation.pipelines import Plan
from fairlead.simulation.templates import suffix

_HASH = "pod-template-hash"
_REVISION = "deployment.kubernetes.io/revision"
_HISTORY_LIMIT = 10


def number(value: JsonObject, *path: str, default: int = 0) -> int:
    """The whole number at a path."""
    found = child(value, *path[:-1]).get(path[-1])
    return found if isinstance(found, int) and not isinstance(found, bool) else default


def template_hash(deployment: JsonObject) -> str:
    """What tells one template of a deployment from the others."""
    template = json.dumps(child(deployment, "spec", "template"), sort_keys=True)
    return suffix(10, text(deployment, "metadata", "uid"), template)


@dataclass(frozen=True, slots=True)
class Rollout:
    """A deployment and its replica sets, as the cluster has them now."""

    deployment: JsonObject
    new: JsonObject | None
    old: Sequence[JsonObject]
    now: datetime

    @property
    def wanted(self) -> int:
        """How many pods there are to be."""
        return number(self.deployment, "spec", "replicas", default=1)

    def bound(self, name: str, *, up: bool) -> int:
        """`maxSurge` or `maxUnavailable`, in pods."""
        found = child(self.deployment, "spec", "strategy", "rollingUpdate").get(
            name, "25%"
        )
        if isinstance(found, int):
            return found
        share = int(str(found).removesuffix("%") or 0) * self.wanted / 100
        return math.ceil(share) if up else math.floor(share)

    @property
    def sets(self) -> list[JsonObject]:
        """All replica sets."""
        return [*([self.new] if self.new else []), *self.old]

    def total(self, *path: str) -> int:
        """The sum of a number over the replica sets."""
        return sum(number(each, *path) for each in self.sets)


def sight(
    deployment: JsonObject, replica_sets: Sequence[JsonObject], now: datetime
) -> Rollout:
    """A deployment with its own replica sets, told apart."""
    wanted = template_hash(deployment)
    new = [each for each in replica_sets if label(each, _HASH) == wanted]
    old = sorted(
        (each for each in replica_sets if label(each, _HASH) != wanted), key=_revision
    )
    return Rollout(deployment, new[0] if new else None, old, now)


def plan_deployment(rollout: Rollout) -> Plan:
    """The next steps of a deployment."""
    plan = Plan()
    if child(rollout.deployment, "spec").get("paused") is not True:
        if rollout.new is None:
            plan.actions.append(Create(_draft_set(rollout)))
        else:
            _mark_revision(rollout, rollout.new, plan)
            _roll(rollout, rollout.new, plan)
        _forget_old(rollout, plan)
    status = _deployment_status(rollout)
    if not _is_said(rollout.deployment, status):
        plan.actions.append(patch_status(rollout.deployment, status))
    return plan


def _revision(value: JsonObject) -> int:
    found = text(value, "metadata", "annotations", _REVISION)
    return int(found) if found.isdecimal() else 0


def _draft_set(rollout: Rollout) -> JsonObject:
    owner, hash_ = rollout.deployment, template_hash(rollout.deployment)
    template = child(owner, "spec", "template")
    named = {**child(template, "metadata", "labels"), _HASH: hash_}
    metadata: JsonObject = {**child(template, "metadata"), "labels": named}
    revision = max((_revision(each) for each in rollout.old), default=0) + 1
    first = rollout.wanted if not rollout.total("spec", "replicas") else 0
    return {
        "apiVersion": labels.REPLICA_SET.api_version,
        "kind": labels.REPLICA_SET.name,
        "metadata": {
            "name": f"{text(owner, 'metadata', 'name')}-{hash_}",
            "namespace": text(owner, "metadata", "namespace"),
            "labels": {**named},
            "annotations": {_REVISION: str(revision)},
            "ownerReferences": [owner_reference(owner)],
        },
        "spec": {
            "replicas": first,
            "selector": {
                "matchLabels": {
                    **child(owner, "spec", "selector", "matchLabels"),
                    _HASH: hash_,
                }
            },
            "template": {**template, "metadata": metadata},
        },
    }


def _mark_revision(rollout: Rollout, new: JsonObject, plan: Plan) -> None:
    """The newest template has the highest revision, also when it is an old one again."""
    highest = max((_revision(each) for each in rollout.old), default=0)
    revision = _revision(new)
    if revision <= highest:
        revision = highest + 1
        plan.actions.append(Patch(ref_of(new), _annotated(revision)))
    elif _revision(rollout.deployment) != revision:
        plan.actions.append(Patch(ref_of(rollout.deployment), _annotated(revision)))


def _annotated(revision: int) -> JsonObject:
    return {"metadata": {"annotations": {_REVISION: str(revision)}}}


def _roll(rollout: Rollout, new: JsonObject, plan: Plan) -> None:
    wanted, replicas = rollout.wanted, number(new, "spec", "replicas")
    recreate = text(rollout.deployment, "spec", "strategy", "type") == "Recreate"
    old = [each for each in rollout.old if number(each, "spec", "replicas")]
    surge = 0 if recreate else rollout.bound("maxSurge", up=True)
    if replicas > wanted:
        plan.actions.append(patch_spec(new, {"replicas": wanted}))
    elif replicas < wanted:
        still = sum(number(each, "status", "replicas") for each in rollout.old)
        room = wanted + surge - rollout.total("spec", "replicas")
        if recreate:
            room = 0 if still else wanted
        if room > 0:
            up = min(wanted, replicas + room)
            plan.actions.append(patch_spec(new, {"replicas": up}))
    unavailable = wanted if recreate else _max_unavailable(rollout, surge)
    starting = replicas - number(new, "status", "availableReplicas")
    spare = rollout.total("spec", "replicas") - (wanted - unavailable) - max(0, starting)  # fmt: skip
    for each in old:
        down = min(spare, number(each, "spec", "replicas"))
        if down > 0:
            left = number(each, "spec", "replicas") - down
            plan.actions.append(patch_spec(each, {"replicas": left}))
            spare -= down


def _max_unavailable(rollout: Rollout, surge: int) -> int:
    # With neither, nothing could ever move: Kubernetes then allows one.
    return rollout.bound("maxUnavailable", up=False) or (0 if surge else 1)


def _forget_old(rollout: Rollout, plan: Plan) -> None:
    limit = number(rollout.deployment, "spec", "revisionHistoryLimit", default=_HISTORY_LIMIT)  # fmt: skip
    empty = [
        each
        for each in rollout.old
        if not number(each, "spec", "replicas")
        and not number(each, "status", "replicas")
    ]
    plan.actions.extend(
        Delete(ref_of(each)) for each in empty[: max(0, len(empty) - limit)]
    )


def _deployment_status(rollout: Rollout) -> JsonObject:
    total = rollout.total("status", "replicas")
    available = rollout.total("status", "availableReplicas")
    updated = number(rollout.new, "status", "replicas") if rollout.new else 0
    wanted = rollout.wanted
    enough = available >= wanted - _max_unavailable(rollout, 1)
    done = updated == total == available == wanted
    conditions = [
        ("Available", enough, "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable",
         f"Deployment {'has' if enough else 'does not have'} minimum availability."),
        ("Progressing", True, "NewReplicaSetAvailable" if done else "ReplicaSetUpdated",
         "ReplicaSet has successfully progressed." if done else "ReplicaSet is progressing."),
    ]  # fmt: skip
    return {
        "observedGeneration": number(rollout.deployment, "metadata", "generation"),
        "replicas": total,
        "updatedReplicas": updated,
        "readyReplicas": rollout.total("status", "readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(0, total - available) or None,
        "conditions": json_list(
            condition(rollout.deployment, *each, rollout.now) for each in conditions
        ),
    }


def condition(  # noqa: PLR0913, PLR0917 - the fields of a condition
    value: JsonObject, kind: str, holds: bool, reason: str, message: str, now: datetime
) -> JsonObject:
    """A condition; its time is the old one while its status has not changed."""
    status = "True" if holds else "False"
    before = next((each for each in objects(value, "status", "conditions") if text(each, "type") == kind), None)  # fmt: skip
    since = timestamp(now)
    if before is not None and text(before, "status") == status:
        since = text(before, "lastTransitionTime") or since
    made: JsonObject = {"type": kind, "status": status, "lastTransitionTime": since}
    if reason:
        made |= {"reason": reason, "message": message}
    return made


def _is_said(value: JsonObject, status: JsonObject) -> bool:
    """Whether a status already says all this."""
    found = child(value, "status")
    return all(_same(found.get(key), wanted) for key, wanted in status.items())


def _same(found: JsonValue, wanted: JsonValue) -> bool:
    if isinstance(wanted, list):
        return isinstance(found, list) and _bare(found) == _bare(wanted)
    return (found or 0) == (wanted or 0)


def _bare(conditions: list[JsonValue]) -> list[JsonValue]:
    # The API server may add times of its own to a condition.
    return [
        {key: item for key, item in each.items() if not key.startswith("last")}
        for each in conditions
        if isinstance(each, dict)
    ]


class ReplicaSets:
    """Keeps as many pods as each replica set wants; remembers names, so that none comes twice."""

    def __init__(self) -> None:
        self._names: dict[str, set[str]] = {}

    def forget(self, uid: str) -> None:
        """Forgets a replica set that is gone."""
        self._names.pop(uid, None)

    def plan(self, replica_set: JsonObject, pods: Sequence[JsonObject]) -> Plan:
        """The next steps of a replica set."""
        plan = Plan()
        living = [each for each in pods if _lives(each)]
        self._names.setdefault(text(replica_set, "metadata", "uid"), set()).update(
            text(each, "metadata", "name") for each in pods
        )
        missing = number(replica_set, "spec", "replicas") - len(living)
        if missing > 0:
            plan.actions.extend(
                Create(_draft_pod(replica_set, name))
                for name in self._free_names(replica_set, missing)
            )
        elif missing < 0:
            spare = sorted(living, key=_worth)[:-missing]
            plan.actions.extend(Delete(ref_of(each)) for each in spare)
        status = _set_status(replica_set, living)
        if not _is_said(replica_set, status):
            plan.actions.append(patch_status(replica_set, status))
        return plan

    def _free_names(self, replica_set: JsonObject, count: int) -> list[str]:
        uid, name = text(replica_set, "metadata", "uid"), text(replica_set, "metadata", "name")  # fmt: skip
        taken, found, place = self._names[uid], list[str](), 0
        while len(found) < count:
            candidate = f"{name}-{suffix(5, uid, str(place))}"
            if candidate not in taken:
                found.append(candidate)
            place += 1
        return found


def _lives(pod: JsonObject) -> bool:
    ended = text(pod, "status", "phase") in {"Succeeded", "Failed"}
    return not ended and not text(pod, "metadata", "deletionTimestamp")


def is_ready(pod: JsonObject) -> bool:
    """Whether a pod takes requests."""
    return any(
        text(each, "type") == "Ready" and text(each, "status") == "True"
        for each in objects(pod, "status", "conditions")
    )


def _worth(pod: JsonObject) -> tuple[bool, int]:
    """What goes first: what is not ready, then what is youngest."""
    return is_ready(pod), -int("".join(filter(str.isdigit, text(pod, "metadata", "creationTimestamp"))) or 0)  # fmt: skip


def _set_status(replica_set: JsonObject, living: Sequence[JsonObject]) -> JsonObject:
    ready = sum(is_ready(each) for each in living)
    return {
        "replicas": len(living),
        "fullyLabeledReplicas": len(living),
        "readyReplicas": ready,
        "availableReplicas": ready,
        "observedGeneration": number(replica_set, "metadata", "generation"),
    }


def _draft_pod(replica_set: JsonObject, name: str) -> JsonObject:
    template = child(replica_set, "spec", "template")
    return {
        "apiVersion": labels.POD.api_version,
        "kind": labels.POD.name,
        "metadata": {
            **child(template, "metadata"),
            "name": name,
            "namespace": text(replica_set, "metadata", "namespace"),
            "ownerReferences": [owner_reference(replica_set)],
        },
        "spec": {**child(template, "spec"), "nodeName": "dev-node"},
    }
