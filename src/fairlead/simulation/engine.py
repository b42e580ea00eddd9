"""The simulator without its sockets: it is told what changed and says what to do, and when to ask again."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from fairlead.simulation import labels
from fairlead.simulation.actions import Action, Create, Delete, Log, Patch
from fairlead.simulation.arrivals import (
    draw_run,
    finish_build,
    finish_deploy,
    spare_runs,
)
from fairlead.simulation.conditions import is_done
from fairlead.simulation.drafts import run_type
from fairlead.simulation.fleet import Fleet
from fairlead.simulation.objects import (
    JsonObject,
    Kind,
    Ref,
    label,
    objects,
    ref_of,
    text,
)
from fairlead.simulation.pipelines import Plan, Sight, plan_run
from fairlead.simulation.scenario import Runs, Scenario
from fairlead.simulation.taskruns import Fate
from fairlead.simulation.walks import Walker
from fairlead.simulation.world import World, is_leaving

# The echo of a write comes by the watch; one that never comes must not hold an object for ever.
_PATIENCE = timedelta(seconds=5)
_PENALTY = timedelta(seconds=30)


class Engine:
    """Moves what it sees as a scenario says.

    It knows the cluster only from `replace` and `apply`. What it has asked for and not seen yet is
    held back, so that no step is taken twice.

    Args:
        scenario: what to do.
        clock: the time.
        chance: what starts next, and when.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        clock: Callable[[], datetime],
        chance: random.Random,
    ) -> None:
        self._scenario = scenario
        self._clock = clock
        self._chance = chance
        self._world = World()
        self._walkers = {
            walk.of: Walker(walk, scenario.seed) for walk in scenario.walks
        }
        self._fleet = Fleet(scenario, self._world)
        self._held: dict[Ref, tuple[str, datetime]] = {}
        self._next_start: datetime | None = None
        # Of how many changes of runs it is known that none is to be deleted.
        self._retired: int | None = None
        self.next_due: datetime | None = None

    @property
    def kinds(self) -> list[Kind]:
        """The kinds to watch."""
        found = set(self._walkers)
        if self._scenario.runs is not None or self._scenario.pipelines:
            found |= {
                labels.PIPELINE_RUN,
                labels.TASK_RUN,
                labels.APPROVAL_TASK,
                labels.CODEBASE,
            }
            found |= {
                labels.CODEBASE_BRANCH,
                labels.IMAGE_STREAM,
                labels.CD_PIPELINE,
                labels.STAGE,
            }
        return sorted(found | set(self._fleet.kinds))

    def replace(self, kind: Kind, values: Iterable[JsonObject]) -> None:
        """Takes the answer of a list as all there is of a kind."""
        self._world.replace(kind, values)
        self._held = {ref: held for ref, held in self._held.items() if ref.kind != kind}

    def apply(self, event: str, value: JsonObject) -> None:
        """Takes an event of a watch."""
        ref = ref_of(value)
        if event == "DELETED":
            self._world.remove(value)
            self._fleet.forget(value)
            if ref.kind in self._walkers:
                self._walkers[ref.kind].forget(ref)
        else:
            self._world.put(value)

    def refuse(self, action: Action) -> None:
        """Takes note that the cluster refused an action: it is tried again only after a while."""
        self._held[action.ref] = (
            self._world.version(action.ref),
            self._clock() + _PENALTY,
        )

    def step(self) -> list[Action]:
        """What to do now; `next_due` then says when to ask again if nothing changes before."""
        now = self._clock()
        self.next_due = None
        self._held = {ref: held for ref, held in self._held.items() if held[1] > now}
        actions: list[Action] = []
        for plan in self._plans(now):
            actions.extend(self._take(plan))
        for _, until in self._held.values():
            self._look_again(until)
        return actions

    def _plans(self, now: datetime) -> Iterator[Plan]:
        for kind, walker in self._walkers.items():
            for value in list(self._world.of(kind)):
                if not is_leaving(value):
                    yield walker.plan(value, now)
        yield from self._fleet.plans(now)
        waiting = self._waiting_runs()
        for run in waiting:
            if not is_leaving(run):
                yield self._plan_run(run, now)
        if self._scenario.runs is not None:
            yield self._start(self._scenario.runs, len(waiting), now)
            yield self._retire(self._scenario.runs)

    def _waiting_runs(self) -> list[JsonObject]:
        waiting: list[JsonObject] = []
        for run in self._world.unsettled(labels.PIPELINE_RUN):
            if is_done(run):
                self._world.settle(run)
            else:
                waiting.append(run)
        return waiting

    def _plan_run(self, run: JsonObject, now: datetime) -> Plan:
        name = text(run, "spec", "pipelineRef", "name")
        pipeline = self._scenario.pipeline_of(name, run_type(run))
        if pipeline is None:
            return Plan()
        uid = text(run, "metadata", "uid")
        sight = Sight(
            run=run,
            task_runs=_owned(self._world.children(run, labels.TASK_RUN).items(), uid),
            approvals=_owned(
                self._world.children(run, labels.APPROVAL_TASK).items(), uid
            ),
            pipeline=pipeline,
            runs=self._scenario.runs,
            fate=Fate(self._scenario.seed, uid),
            now=now,
        )
        plan = plan_run(sight)
        if (
            self._scenario.runs is not None
            and _succeeds(plan, run)
            and not self._is_held(ref_of(run))
        ):
            plan.actions.extend(
                finish_build(self._world, run, self._scenario.runs, now, self._chance)
            )
        if self._scenario.workloads is not None and _ends_well(plan, run):
            plan.actions.extend(finish_deploy(self._world, run))
        return plan

    def _start(self, runs: Runs, under_way: int, now: datetime) -> Plan:
        plan = Plan()
        if self._next_start is None or self._next_start <= now:
            if under_way < runs.active:
                run = draw_run(self._world, self._scenario, runs, self._chance)
                plan.actions.extend([Create(run)] if run is not None else [])
            # From now, not from when it was due: after a pause there is no burst to make up for it.
            self._next_start = now + runs.every.draw(self._chance)
        plan.wait(self._next_start)
        return plan

    def _retire(self, runs: Runs) -> Plan:
        changes = self._world.changes(labels.PIPELINE_RUN)
        if changes == self._retired:
            return Plan()
        finished: dict[str, list[JsonObject]] = {}
        for run in self._world.of(labels.PIPELINE_RUN):
            if is_done(run) and not is_leaving(run):
                finished.setdefault(text(run, "metadata", "namespace"), []).append(run)
        spare = (
            run for found in finished.values() for run in spare_runs(found, runs.keep)
        )
        plan = Plan([Delete(ref_of(run)) for run in spare])
        # A deletion that does not get through is asked for again.
        self._retired = None if plan.actions else changes
        return plan

    def _take(self, plan: Plan) -> list[Action]:
        if plan.due is not None:
            self._look_again(plan.due)
        free = [
            action
            for action in plan.actions
            if isinstance(action, Log) or not self._is_held(action.ref)
        ]
        until = self._clock() + _PATIENCE
        for action in free:
            if not isinstance(action, Log):
                self._held[action.ref] = (self._world.version(action.ref), until)
        return free

    def _is_held(self, ref: Ref) -> bool:
        held = self._held.get(ref)
        return held is not None and held[0] == self._world.version(ref)

    def _look_again(self, moment: datetime) -> None:
        self.next_due = moment if self.next_due is None else min(self.next_due, moment)


def _owned(
    children: Iterable[tuple[str, JsonObject]], uid: str
) -> dict[str, JsonObject]:
    # A run deleted and made anew under the same name must not take the old one's children for its own.
    return {
        name: value
        for name, value in children
        if any(
            text(owner, "uid") == uid
            for owner in objects(value, "metadata", "ownerReferences")
        )
    }


def _succeeds(plan: Plan, run: JsonObject) -> bool:
    return bool(label(run, labels.BRANCH_LABEL)) and _ends_well(plan, run)


def _ends_well(plan: Plan, run: JsonObject) -> bool:
    own = ref_of(run)
    return any(
        isinstance(action, Patch)
        and action.ref == own
        and any(
            text(each, "status") == "True"
            for each in objects(action.body, "status", "conditions")
        )
        for action in plan.actions
    )
