"""A cluster for one test: made in milliseconds, driven from the test, thrown away."""

from __future__ import annotations

import atexit
import functools
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from fairlead.devcluster import (
    Clock,
    DevCluster,
    ExecHandler,
    Faults,
    Limits,
    StaticToken,
)
from fairlead.testing.host import ClusterHost
from fairlead.testing.manifests import Manifest, apply_all

T = TypeVar("T")


@functools.cache
def default_host() -> ClusterHost:
    """Return the host that all clusters of the process share."""
    host = ClusterHost()
    atexit.register(host.close)
    return host


class ThrowawayCluster:
    """A Kubernetes-compatible API server of one test's own.

    Real clients talk to it over HTTPS: give them `kubeconfig_path`, or `url`, `ca_path` and
    `admin_token`. Everything else here is what a test cannot do with a real cluster: move
    its time, and make it fail. All methods may be called from any thread, with or without
    an event loop; they block for milliseconds.

    Args:
        tokens: Further users beside `admin`; bind roles to them as in a real cluster.
        manifests: Objects to begin with, definitions of kinds first: dictionaries, or YAML
            files and folders of them.
        limits: Bounds of sizes, times and histories.
        on_exec: What answers `exec` in a pod, instead of the echo shell.
        host: Where it runs; the process's own host when left out.
    """

    def __init__(
        self,
        *,
        tokens: Sequence[StaticToken] = (),
        manifests: Iterable[Manifest | Path | str] = (),
        limits: Limits | None = None,
        on_exec: ExecHandler | None = None,
        host: ClusterHost | None = None,
    ) -> None:
        self._host = host or default_host()
        self._clock = Clock()
        self._manifests = list(manifests)
        self._cluster = DevCluster(
            tokens=tokens,
            limits=limits,
            clock=self._clock,
            on_exec=on_exec,
            authority=self._host.authority,
        )

    def start(self) -> None:
        """Start, and create the manifests.

        Raises:
            ManifestError: The cluster refused one.
        """
        self._host.run(self._cluster.start())
        if self._manifests:
            try:
                self.apply(*self._manifests)
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Stop: running watches end cleanly, all data are gone."""
        self._host.run(self._cluster.aclose())

    def __enter__(self) -> ThrowawayCluster:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # where it is

    @property
    def url(self) -> str:
        """The address of the server."""
        return self._cluster.url

    @property
    def kubeconfig_path(self) -> Path:
        """The kubeconfig: one context per user, `admin` is the current one."""
        return self._cluster.kubeconfig_path

    @property
    def ca_path(self) -> Path:
        """The certificate authority of the server."""
        return self._cluster.ca_path

    @property
    def admin_token(self) -> str:
        """The token of `admin`, who may do everything."""
        return self._cluster.admin_token

    # what is in it

    def apply(self, *manifests: Manifest | Path | str) -> None:
        """Create objects, or replace what is there; a status is written, too.

        Raises:
            ManifestError: The cluster refused one.
        """
        apply_all(self.url, self.ca_path, self.admin_token, manifests)
        self.settle()

    def append_log(
        self,
        namespace: str,
        pod: str,
        container: str,
        text: str,
        *,
        previous: bool = False,
    ) -> None:
        """Add lines to a container's log."""
        add = self._cluster.append_log
        self._call(lambda: add(namespace, pod, container, text, previous=previous))

    # time

    @property
    def now(self) -> float:
        """The cluster's time, in seconds since 1970."""
        return self._clock()

    def freeze_time(self) -> None:
        """Hold the cluster's time: from now on only `advance` moves it."""
        self._call(self._clock.freeze)

    def advance(self, seconds: float) -> None:
        """Move the cluster's time forward, and return when what follows from it has happened.

        Tokens expire, events and terminating pods go, watches reach their time-out, history
        gets old (a resume from it is then answered with 410).
        """
        self._call(lambda: self._clock.advance(seconds))
        self.settle()

    def settle(self) -> None:
        """Return when the cluster's controllers have nothing left to do."""
        self._host.run(self._cluster.settle())

    # faults

    def fail(
        self,
        status: int,
        *,
        verbs: str = "",
        plural: str = "",
        times: int = 1,
        retry_after: int = 1,
    ) -> None:
        """Answer the next matching requests with a failure: 410, 429, 500, ...

        Args:
            status: The HTTP status. 410 on a watch is an ERROR event, as in Kubernetes.
            verbs: Only for these verbs, separated by commas; empty means all.
            plural: Only for this resource; empty means all.
            times: For how many requests; -1 until `heal`.
            retry_after: Seconds in `Retry-After` of 429 and 503.
        """
        self._fault(
            lambda faults: faults.fail(
                status, verbs=verbs, plural=plural, times=times, retry_after=retry_after
            )
        )

    def delay(
        self, seconds: float, *, verbs: str = "", plural: str = "", times: int = 1
    ) -> None:
        """Hold back the next matching requests: the cluster is slow."""
        self._fault(lambda faults: faults.delay(seconds, verbs=verbs, plural=plural, times=times))  # fmt: skip

    def cut(self, *, verbs: str = "", plural: str = "", times: int = 1) -> None:
        """Break off the answer to the next matching requests: the connection closes."""
        self._fault(lambda faults: faults.cut(verbs=verbs, plural=plural, times=times))

    def drop_watches(self, *, expired: bool = False) -> None:
        """End all running watches: cleanly, or with an ERROR event 410."""
        self._fault(lambda faults: faults.drop_watches(expired=expired))

    def cut_network(self) -> None:
        """Close every connection without a word; refuse new ones until `heal`."""
        self._call(self._cluster.cut_network)

    def expire_history(self) -> None:
        """Forget all versions up to now: lists and watches from there are answered with 410."""
        self._host.run(self._cluster.compact())

    def heal(self) -> None:
        """End all faults; connections are taken again."""
        self._call(self._cluster.heal_network)
        self._fault(Faults.clear)

    def _fault(self, work: Callable[[Faults], T]) -> T:
        return self._call(lambda: work(self._cluster.faults))

    def _call(self, work: Callable[[], T]) -> T:
        async def run() -> T:
            return work()

        return self._host.run(run())


@contextmanager
def throwaway_cluster(**options: Any) -> Generator[ThrowawayCluster, None, None]:
    """Run a cluster for the length of a block; takes what `ThrowawayCluster` takes."""
    with ThrowawayCluster(**options) as cluster:
        yield cluster
