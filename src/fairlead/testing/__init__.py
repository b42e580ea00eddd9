"""Clusters for tests: the fake Kubernetes that real clients cannot tell from one.

In `conftest.py`:

    pytest_plugins = ["fairlead.testing"]

and in a test, with any client:

    def test_restart(dev_cluster):
        kubernetes.config.load_kube_config(str(dev_cluster.kubeconfig_path))
        ...
        dev_cluster.drop_watches(expired=True)

Fixtures: `dev_cluster`, a fresh one for the test; `make_dev_cluster`, for several or with
options. Without pytest: `with throwaway_cluster() as cluster:`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

from fairlead.devcluster import Limits, StaticToken
from fairlead.testing.clusters import ThrowawayCluster, throwaway_cluster
from fairlead.testing.manifests import ManifestError

if TYPE_CHECKING:
    import pytest
else:
    try:
        import pytest
    except ImportError:  # `throwaway_cluster` needs no pytest
        pytest = None

__all__ = [
    "Limits",
    "ManifestError",
    "StaticToken",
    "ThrowawayCluster",
    "throwaway_cluster",
]

if pytest is not None:

    @pytest.fixture
    def make_dev_cluster() -> Iterator[Callable[..., ThrowawayCluster]]:
        """A function that starts a cluster; takes what `ThrowawayCluster` takes."""
        with ExitStack() as stack:

            def make(**options: object) -> ThrowawayCluster:
                return stack.enter_context(throwaway_cluster(**options))

            yield make

    @pytest.fixture
    def dev_cluster(
        make_dev_cluster: Callable[..., ThrowawayCluster],
    ) -> ThrowawayCluster:
        """A Kubernetes-compatible API server of this test's own."""
        return make_dev_cluster()
