"""Faults on demand: what a test makes the cluster do wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Fault:
    """One planned failure of the next matching requests."""

    status: int = 0
    retry_after: int = 1
    delay: float = 0.0
    cut: bool = False
    times: int = 1
    verbs: frozenset[str] = frozenset()
    plural: str = ""
    namespace: str = ""

    def matches(self, verb: str, plural: str, namespace: str) -> bool:
        """Tell whether this failure is for such a request."""
        if self.verbs and verb not in self.verbs:
            return False
        if self.namespace and namespace != self.namespace:
            return False
        return not self.plural or plural == self.plural


@dataclass(slots=True)
class Faults:
    """The control surface: plan failures, drop watches, cut connections.

    Planned failures apply to requests in order of planning, each to the next `times`
    matching ones; `times=-1` until `clear`.
    """

    planned: list[Fault] = field(default_factory=list[Fault])
    on_drop: list[Callable[[bool], None]] = field(
        default_factory=list[Callable[[bool], None]]
    )

    def fail(  # noqa: PLR0913  keyword-only after the status
        self,
        status: int,
        *,
        verbs: str = "",
        plural: str = "",
        namespace: str = "",
        times: int = 1,
        retry_after: int = 1,
    ) -> None:
        """Answer the next matching requests with a failure (410, 429, 500, ...).

        Args:
            status: The HTTP status. 410 on a watch is an ERROR event, as in Kubernetes.
            verbs: Only for these verbs, separated by commas; empty means all.
            plural: Only for this resource; empty means all.
            namespace: Only in this namespace; empty means everywhere.
            times: For how many requests; -1 until `clear`.
            retry_after: Seconds in `Retry-After` of 429 and 503.
        """
        self._plan(
            Fault(
                status=status,
                retry_after=retry_after,
                times=times,
                namespace=namespace,
            ),
            verbs,
            plural,
        )

    def delay(
        self,
        seconds: float,
        *,
        verbs: str = "",
        plural: str = "",
        namespace: str = "",
        times: int = 1,
    ) -> None:
        """Hold back the next matching requests."""
        fault = Fault(delay=seconds, times=times, namespace=namespace)
        self._plan(fault, verbs, plural)

    def cut(
        self, *, verbs: str = "", plural: str = "", namespace: str = "", times: int = 1
    ) -> None:
        """Break off the answer to the next matching requests: the connection closes."""
        self._plan(Fault(cut=True, times=times, namespace=namespace), verbs, plural)

    def drop_watches(self, *, expired: bool = False) -> None:
        """End all running watches: with a clean end, or with an ERROR event 410."""
        for callback in self.on_drop:
            callback(expired)

    def clear(self) -> None:
        """Forget all planned failures."""
        self.planned.clear()

    def _plan(self, fault: Fault, verbs: str, plural: str) -> None:
        fault.verbs = frozenset(
            verb.strip() for verb in verbs.split(",") if verb.strip()
        )
        fault.plural = plural
        self.planned.append(fault)

    def take(self, verb: str, plural: str, namespace: str = "") -> Fault | None:
        """Return the failure planned for a request, if any, and count it."""
        for fault in self.planned:
            if fault.matches(verb, plural, namespace):
                if fault.times > 0:
                    fault.times -= 1
                    if fault.times == 0:
                        self.planned.remove(fault)
                return fault
        return None
