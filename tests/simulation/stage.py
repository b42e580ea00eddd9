"""A stage for engines: objects in memory, a clock that jumps, no sockets."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

from pydantic import JsonValue

from fairlead.simulation.actions import Action, Create, Delete, Log
from fairlead.simulation.engine import Engine
from fairlead.simulation.objects import JsonObject, Kind, Ref, ref_of, text, timestamp
from fairlead.simulation.scenario import Scenario

START = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Stage:
    """Carries out what an engine asks, as a cluster would, and tells it what came of it."""

    def __init__(self, scenario: Scenario, *, seed: int = 1) -> None:
        self.now = START
        self.objects: dict[Ref, JsonObject] = {}
        self.done: list[Action] = []
        self.logs: dict[tuple[Ref, str, bool], list[str]] = {}
        self.deaf = False
        self._versions = count(1)
        self._seed = seed
        self._scenario = scenario
        self.engine = self._engine()

    def _engine(self) -> Engine:
        chance = random.Random(self._seed)  # noqa: S311 - no secret
        return Engine(self._scenario, clock=lambda: self.now, chance=chance)

    def restart_engine(self) -> None:
        """A new engine, which knows only what it lists."""
        self.engine = self._engine()
        for kind in self.engine.kinds:
            self.engine.replace(kind, self.of(kind))

    def of(self, kind: Kind) -> list[JsonObject]:
        return [value for ref, value in self.objects.items() if ref.kind == kind]

    def put(self, value: JsonObject) -> Ref:
        """Creates an object, or takes it as it now is."""
        ref = ref_of(value)
        old = self.objects.get(ref, {})
        old_metadata = old.get("metadata")
        metadata: JsonObject = {
            "uid": f"uid-{next(self._versions)}",
            "creationTimestamp": timestamp(self.now),
            **(old_metadata if isinstance(old_metadata, dict) else {}),
        }
        given = value.get("metadata")
        metadata.update(given if isinstance(given, dict) else {})
        metadata["resourceVersion"] = str(next(self._versions))
        stored = self.objects[ref] = {**value, "metadata": metadata}
        if not self.deaf:
            self.engine.apply("MODIFIED" if old else "ADDED", stored)
        return ref

    def ask(self, ref: Ref, request: str) -> None:
        """A person asks something of a pipeline run."""
        self.put(merge(self.objects[ref], {"spec": {"status": request}}))

    def remove(self, ref: Ref) -> None:
        self.engine.apply("DELETED", self.objects.pop(ref))

    def run(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Lets time go by, a jump at a time."""
        end = self.now + timedelta(seconds=seconds)
        while self.now < end and not until():
            actions = self.engine.step()
            for action in actions:
                self._do(action)
            if not actions:
                due = self.engine.next_due or end
                self.now = min(end, max(due, self.now + timedelta(milliseconds=10)))

    def _do(self, action: Action) -> None:
        self.done.append(action)
        if isinstance(action, Create):
            if action.ref not in self.objects:
                self.put(action.value)
        elif isinstance(action, Delete):
            if action.ref in self.objects:
                self.remove(action.ref)
        elif isinstance(action, Log):
            assert action.ref in self.objects, action
            key = (action.ref, action.container, action.previous)
            self.logs.setdefault(key, []).extend(action.lines)
        elif action.ref in self.objects:
            old, wanted = (
                self.objects[action.ref],
                text(action.body, "metadata", "resourceVersion"),
            )
            if wanted in {"", text(old, "metadata", "resourceVersion")}:
                self.put(merge(old, action.body))


def merge(old: JsonObject, patch: JsonObject) -> JsonObject:
    """A JSON merge patch, applied."""
    found: dict[str, JsonValue] = dict(old)
    for key, value in patch.items():
        before = found.get(key)
        if value is None:
            found.pop(key, None)
        elif isinstance(value, dict):
            found[key] = merge(before if isinstance(before, dict) else {}, value)
        else:
            found[key] = value
    return found
