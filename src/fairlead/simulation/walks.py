"""How new resources come up: the phases of a scenario's walk, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fairlead.simulation.actions import Create, patch_status
from fairlead.simulation.objects import JsonObject, Ref, owner_reference, ref_of, text
from fairlead.simulation.pipelines import Plan
from fairlead.simulation.scenario import Walk
from fairlead.simulation.taskruns import Fate
from fairlead.simulation.templates import Scope, render_object


@dataclass(slots=True)
class _Stay:
    uid: str
    value: str
    since: datetime


class Walker:
    """Leads the objects of one kind through their walk. It remembers since when each is where it is."""

    def __init__(self, walk: Walk, seed: int) -> None:
        self._walk = walk
        self._seed = seed
        self._stays: dict[Ref, _Stay] = {}

    def forget(self, ref: Ref) -> None:
        """Forgets an object that is gone."""
        self._stays.pop(ref, None)

    def plan(self, value: JsonObject, now: datetime) -> Plan:
        """The next phase of an object."""
        plan, walk = Plan(), self._walk
        current = text(value, "status", walk.field)
        values = ["", *(phase.value for phase in walk.phases)]
        if current not in values[:-1]:
            self.forget(ref_of(value))
            return plan
        place = values.index(current)
        phase, uid = walk.phases[place], text(value, "metadata", "uid")
        fate = Fate(self._seed, uid)
        due = self._since(value, uid, current, now) + phase.after.draw(
            fate.chance(phase.value)
        )
        if now < due:
            plan.wait(due)
            return plan
        scope = Scope(now, value)
        failure = walk.failure if place == len(walk.phases) - 1 else None
        if failure is not None and fate.chance("fails").random() < failure.rate:
            status = {walk.field: failure.value, **render_object(failure.status, scope)}
            plan.actions.append(patch_status(value, status))
            return plan
        status = {walk.field: phase.value, **render_object(phase.status, scope)}
        plan.actions.append(patch_status(value, status))
        plan.actions.extend(
            Create(_owned(render_object(each, scope), value)) for each in phase.create
        )
        return plan

    def _since(
        self, value: JsonObject, uid: str, current: str, now: datetime
    ) -> datetime:
        ref = ref_of(value)
        stay = self._stays.get(ref)
        if stay is None or stay.uid != uid or stay.value != current:
            stay = self._stays[ref] = _Stay(uid, current, now)
        return stay.since


def _owned(made: JsonObject, owner: JsonObject) -> JsonObject:
    metadata = made.get("metadata")
    inner = dict(metadata) if isinstance(metadata, dict) else {}
    inner["namespace"] = text(owner, "metadata", "namespace")
    inner["ownerReferences"] = [owner_reference(owner)]
    return {**made, "metadata": inner}
