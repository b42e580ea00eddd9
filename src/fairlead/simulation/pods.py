"""The life of a pod, as a kubelet would lead it: it starts, runs, logs, and sometimes crashes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fairlead.simulation.actions import Log, patch_status
from fairlead.simulation.objects import (
    JsonObject,
    child,
    find_moment,
    json_list,
    objects,
    ref_of,
    text,
    timestamp,
)
from fairlead.simulation.pipelines import Plan
from fairlead.simulation.scenario import LogLines, Workloads
from fairlead.simulation.taskruns import Fate
from fairlead.simulation.templates import Scope, render
from fairlead.simulation.workloads import condition, is_ready, number

_BACKOFF = timedelta(seconds=8)


@dataclass(slots=True)
class _Logging:
    next: datetime
    count: int = 0


class Pods:
    """Leads pods through their life. It remembers when each logs again."""

    def __init__(self, workloads: Workloads, seed: int) -> None:
        self._workloads = workloads
        self._seed = seed
        self._logging: dict[str, _Logging] = {}

    def forget(self, uid: str) -> None:
        """Forgets a pod that is gone."""
        self._logging.pop(uid, None)

    def plan(self, pod: JsonObject, now: datetime) -> Plan:
        """The next steps of a pod."""
        plan = Plan()
        phase = text(pod, "status", "phase")
        if phase in {"", "Pending", "Unknown"}:
            self._start(pod, now, plan)
        elif phase == "Running":
            if is_ready(pod):
                self._log(pod, now, plan)
            else:
                self._recover(pod, now, plan)
        return plan

    def _fate(self, pod: JsonObject) -> Fate:
        return Fate(self._seed, text(pod, "metadata", "uid"))

    def _start(self, pod: JsonObject, now: datetime, plan: Plan) -> None:
        if not text(pod, "status", "startTime"):
            plan.actions.append(patch_status(pod, _creating(pod, now)))
            return
        started = find_moment(text(pod, "status", "startTime")) or now
        fate = self._fate(pod)
        ready = started + self._workloads.starts.draw(fate.chance("starts"))
        if now < ready:
            plan.wait(ready)
            return
        if _tag(pod) in self._workloads.failing_tags:
            if _waiting_for(pod) != "ImagePullBackOff":
                plan.actions.append(patch_status(pod, _unpullable(pod)))
            return
        if fate.chance("fails").random() < self._workloads.fails:
            plan.actions.append(patch_status(pod, _crashed(pod, now)))
            plan.actions.extend(_crash_log(pod))
            return
        self._run(pod, now, 0, plan)

    def _run(self, pod: JsonObject, now: datetime, restarts: int, plan: Plan) -> None:
        plan.actions.append(patch_status(pod, _running(pod, now, restarts)))
        plan.actions.extend(
            Log(ref_of(pod), name, _lines(lines.start, pod, now))
            for name, lines in self._logs(pod)
            if lines.start
        )

    def _recover(self, pod: JsonObject, now: datetime, plan: Plan) -> None:
        ended = _last_end(pod)
        if ended is None:
            return
        if now < ended + _BACKOFF:
            plan.wait(ended + _BACKOFF)
            return
        statuses = objects(pod, "status", "containerStatuses")
        restarts = max((number(each, "restartCount") for each in statuses), default=0)
        self._run(pod, now, restarts, plan)

    def _log(self, pod: JsonObject, now: datetime, plan: Plan) -> None:
        uid = text(pod, "metadata", "uid")
        speaking = [each for each in self._logs(pod) if each[1].lines]
        if not speaking:
            return
        seen = self._logging.get(uid)
        if seen is None:
            seen = self._logging[uid] = _Logging(self._next(uid, 0, now, speaking))
        if now >= seen.next:
            chance = self._fate(pod).chance(f"log/{seen.count}/{timestamp(now)}")
            for name, lines in speaking:
                chosen = chance.choices(lines.lines, k=chance.randint(1, 3))
                plan.actions.append(Log(ref_of(pod), name, _lines(chosen, pod, now)))
            seen.count += 1
            seen.next = self._next(uid, seen.count, now, speaking)
        plan.wait(seen.next)

    def _next(
        self,
        uid: str,
        count: int,
        now: datetime,
        speaking: Sequence[tuple[str, LogLines]],
    ) -> datetime:
        span = speaking[0][1].every
        return now + span.draw(Fate(self._seed, uid).chance(f"every/{count}"))

    def _logs(self, pod: JsonObject) -> list[tuple[str, LogLines]]:
        logs = self._workloads.logs
        if logs is None:
            return []
        return [(text(each, "name"), logs) for each in objects(pod, "spec", "containers")]  # fmt: skip


def _lines(templates: Sequence[str], pod: JsonObject, now: datetime) -> tuple[str, ...]:
    scope = Scope(now, pod)
    return tuple(str(render(each, scope)) for each in templates)


def _crash_log(pod: JsonObject) -> list[Log]:
    lines = ("Starting", "panic: cannot reach the database: connection refused", "exit status 2")  # fmt: skip
    names = [text(each, "name") for each in objects(pod, "spec", "containers")]
    return [Log(ref_of(pod), name, lines, previous=True) for name in names[:1]]


def _tag(pod: JsonObject) -> str:
    images = [text(each, "image") for each in objects(pod, "spec", "containers")]
    return images[0].rpartition(":")[2] if images else ""


def _waiting_for(pod: JsonObject) -> str:
    for each in objects(pod, "status", "containerStatuses"):
        return text(each, "state", "waiting", "reason")
    return ""


def _last_end(pod: JsonObject) -> datetime | None:
    for each in objects(pod, "status", "containerStatuses"):
        return find_moment(text(each, "lastState", "terminated", "finishedAt"))
    return None


def container_statuses(
    pod: JsonObject, state: Callable[[str], JsonObject], **told: bool | int
) -> list[JsonObject]:
    """The status of each container: its state, and what else is told of all of them."""
    ready = bool(told.get("ready"))
    return [
        {
            "name": text(each, "name"),
            "image": text(each, "image"),
            "imageID": "",
            "ready": ready,
            "started": ready,
            "restartCount": int(told.get("restarts", 0)),
            "state": state(text(each, "name")),
        }
        for each in objects(pod, "spec", "containers")
    ]


def _conditions(pod: JsonObject, now: datetime, *, ready: bool) -> list[JsonObject]:
    rows = [("PodScheduled", True), ("Initialized", True), ("ContainersReady", ready), ("Ready", ready)]  # fmt: skip
    why = ("", "") if ready else ("ContainersNotReady", "containers are not ready")
    return [
        condition(pod, kind, holds, *(("", "") if holds else why), now)
        for kind, holds in rows
    ]


def _creating(pod: JsonObject, now: datetime) -> JsonObject:
    waiting: JsonObject = {"waiting": {"reason": "ContainerCreating"}}
    return {
        "phase": "Pending",
        "startTime": timestamp(now),
        "hostIP": "10.0.0.2",
        "conditions": json_list(_conditions(pod, now, ready=False)),
        "containerStatuses": json_list(container_statuses(pod, lambda _: waiting)),
    }


def _running(pod: JsonObject, now: datetime, restarts: int) -> JsonObject:
    running: JsonObject = {"running": {"startedAt": timestamp(now)}}
    before = {text(each, "name"): child(each, "lastState") for each in objects(pod, "status", "containerStatuses")}  # fmt: skip
    statuses = container_statuses(pod, lambda _: running, ready=True, restarts=restarts)
    ip = _ip(pod)
    return {
        "phase": "Running",
        "podIP": ip,
        "podIPs": [{"ip": ip}],
        "conditions": json_list(_conditions(pod, now, ready=True)),
        "containerStatuses": json_list(
            {**each, "lastState": before.get(text(each, "name"), {})}
            for each in statuses
        ),
    }


def _ip(pod: JsonObject) -> str:
    digits = int.from_bytes(text(pod, "metadata", "uid").encode()[-4:], "big")
    return f"10.1.{digits // 250 % 250}.{digits % 250 + 2}"


def _unpullable(pod: JsonObject) -> JsonObject:
    waiting: JsonObject = {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling the image: not found"}}  # fmt: skip
    return {"containerStatuses": json_list(container_statuses(pod, lambda _: waiting))}


def _crashed(pod: JsonObject, now: datetime) -> JsonObject:
    waiting: JsonObject = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off restarting failed container"}}  # fmt: skip
    ended: JsonObject = {
        "terminated": {
            "exitCode": 2,
            "reason": "Error",
            "startedAt": timestamp(now),
            "finishedAt": timestamp(now),
        }
    }
    statuses = container_statuses(pod, lambda _: waiting, restarts=1)
    return {
        "phase": "Running",
        "conditions": json_list(_conditions(pod, now, ready=False)),
        "containerStatuses": json_list({**each, "lastState": ended} for each in statuses),
    }  # fmt: skip
