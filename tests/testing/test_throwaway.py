"""Throw-away clusters with the official client: isolated, with their own time, failing on demand."""

from __future__ import annotations

import importlib
import ssl
import time
import unittest
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fairlead.testing import (
    Limits,
    ManifestError,
    StaticToken,
    ThrowawayCluster,
    throwaway_cluster,
)

# The official client leaves sockets for Python to close.
pytestmark = pytest.mark.filterwarnings(
    "ignore:unclosed:ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)

# The official client has no types.
client: Any = importlib.import_module("kubernetes.client")
config: Any = importlib.import_module("kubernetes.config")
watch: Any = importlib.import_module("kubernetes.watch")


def core_of(cluster: ThrowawayCluster, user: str = "admin") -> Any:
    api = config.new_client_from_config(str(cluster.kubeconfig_path), context=user)
    return client.CoreV1Api(api)


@pytest.fixture
def core(dev_cluster: ThrowawayCluster) -> Iterator[Any]:
    api = core_of(dev_cluster)
    yield api
    api.api_client.close()


def config_map(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default"},
    }


def names(core: Any) -> set[str]:
    return {each.metadata.name for each in core.list_namespaced_config_map("default").items}  # fmt: skip


# isolation and speed


def test_clusters_do_not_see_each_other(
    make_dev_cluster: Callable[..., ThrowawayCluster],
) -> None:
    first, second = make_dev_cluster(), make_dev_cluster()
    core_of(first).create_namespaced_config_map("default", config_map("a"))
    assert "a" in names(core_of(first))
    assert "a" not in names(core_of(second))
    # One authority for all: a client that trusts one trusts the other.
    assert first.ca_path.read_bytes() == second.ca_path.read_bytes()
    assert first.admin_token != second.admin_token


def test_a_cluster_costs_less_than_50_ms_of_work() -> None:
    with throwaway_cluster():
        pass  # the first one makes the certificates and loads the kinds
    before = time.process_time()
    for _ in range(5):
        with throwaway_cluster():
            pass
    assert (time.process_time() - before) / 5 < 0.05


def test_data_are_gone_afterwards() -> None:
    with throwaway_cluster() as cluster:
        folder = cluster.kubeconfig_path.parent
        assert folder.exists()
    assert not folder.exists()


# what it begins with


def test_manifests_are_there_from_the_start(
    tmp_path: Path, make_dev_cluster: Callable[..., ThrowawayCluster]
) -> None:
    (tmp_path / "a.yaml").write_text(
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: x, namespace: team}}\n---\n"
        "{apiVersion: v1, kind: Namespace, metadata: {name: team}}\n"
    )
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "c", "image": "i"}]},
        "status": {"phase": "Running"},
    }
    cluster = make_dev_cluster(manifests=[tmp_path, pod])
    core = core_of(cluster)
    assert core.read_namespaced_config_map("x", "team").metadata.name == "x"
    assert core.read_namespaced_pod("p", "default").status.phase == "Running"
    cluster.apply({**config_map("x"), "metadata": {"name": "x", "namespace": "team"}, "data": {"a": "b"}})  # fmt: skip
    assert core.read_namespaced_config_map("x", "team").data == {"a": "b"}
    with pytest.raises(ManifestError, match="serves no Widget"):
        cluster.apply({"apiVersion": "demo.dev/v1", "kind": "Widget", "metadata": {"name": "w"}})  # fmt: skip
    with pytest.raises(ManifestError, match="cannot be read"):
        cluster.apply(tmp_path / "none.yaml")


def test_users_have_the_rights_they_are_given(
    make_dev_cluster: Callable[..., ThrowawayCluster],
) -> None:
    view = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "v"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        "subjects": [{"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "devs"}],
    }  # fmt: skip
    cluster = make_dev_cluster(tokens=[StaticToken("alice", "t", ("devs",))], manifests=[view])  # fmt: skip
    alice = core_of(cluster, "alice")
    assert "kube-root-ca.crt" in names(alice)
    with pytest.raises(client.ApiException) as caught:
        alice.create_namespaced_config_map("default", config_map("a"))
    assert caught.value.status == 403


# time


def test_time_moves_when_the_test_says_so(
    dev_cluster: ThrowawayCluster, core: Any
) -> None:
    dev_cluster.freeze_time()
    first = core.create_namespaced_config_map("default", config_map("a"))
    dev_cluster.advance(3600)
    second = core.create_namespaced_config_map("default", config_map("b"))
    apart = second.metadata.creation_timestamp - first.metadata.creation_timestamp
    assert apart.total_seconds() == 3600
    with pytest.raises(ValueError, match="does not go back"):
        dev_cluster.advance(-1)


def test_tokens_expire(dev_cluster: ThrowawayCluster, core: Any) -> None:
    dev_cluster.freeze_time()
    wanted = client.AuthenticationV1TokenRequest(
        spec=client.V1TokenRequestSpec(audiences=[], expiration_seconds=600)
    )
    token = core.create_namespaced_service_account_token("default", "default", wanted)
    review = client.V1TokenReview(spec=client.V1TokenReviewSpec(token=token.status.token))  # fmt: skip
    reviews = client.AuthenticationV1Api(core.api_client)
    assert reviews.create_token_review(review).status.authenticated
    dev_cluster.advance(599)
    assert reviews.create_token_review(review).status.authenticated
    dev_cluster.advance(2)
    assert not reviews.create_token_review(review).status.authenticated


def test_events_and_deleted_pods_go_when_their_time_is_over(
    dev_cluster: ThrowawayCluster, core: Any
) -> None:
    dev_cluster.freeze_time()
    event = {
        "metadata": {"name": "e"},
        "involvedObject": {"namespace": "default", "kind": "Pod", "name": "p"},
        "reason": "R",
        "message": "m",
        "type": "Normal",
    }
    core.create_namespaced_event("default", event)
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}  # fmt: skip
    core.create_namespaced_pod("default", pod)
    core.delete_namespaced_pod("p", "default")
    assert core.read_namespaced_pod("p", "default").metadata.deletion_timestamp
    dev_cluster.advance(5)
    assert not core.list_namespaced_pod("default").items
    assert core.list_namespaced_event("default").items
    dev_cluster.advance(3600)
    assert not core.list_namespaced_event("default").items


def test_a_watch_reaches_its_time_out(dev_cluster: ThrowawayCluster, core: Any) -> None:
    dev_cluster.freeze_time()
    seen: list[str] = []
    stream = watch.Watch().stream(core.list_namespaced_config_map, "default", timeout_seconds=300)  # fmt: skip
    for event in stream:
        seen.append(event["object"].metadata.name)
        dev_cluster.advance(301)
    assert seen == ["kube-root-ca.crt"]


def test_old_versions_expire(dev_cluster: ThrowawayCluster, core: Any) -> None:
    version = core.list_namespaced_config_map("default").metadata.resource_version
    core.create_namespaced_config_map("default", config_map("a"))
    dev_cluster.expire_history()
    with pytest.raises(client.ApiException) as caught:
        for _ in watch.Watch().stream(
            core.list_namespaced_config_map, "default", resource_version=version
        ):
            pass
    assert caught.value.status == 410


# faults


@pytest.mark.parametrize("status", [409, 429, 500, 503])
def test_requests_fail_as_planned(
    dev_cluster: ThrowawayCluster, core: Any, status: int
) -> None:
    core.api_client.rest_client.pool_manager.connection_pool_kw["retries"] = False
    dev_cluster.fail(status, verbs="create", plural="configmaps", times=2)
    assert names(core)
    for _ in range(2):
        with pytest.raises(client.ApiException) as caught:
            core.create_namespaced_config_map("default", config_map("a"))
        assert caught.value.status == status
    core.create_namespaced_config_map("default", config_map("a"))


def test_the_official_watch_survives_dropped_watches(
    dev_cluster: ThrowawayCluster, core: Any
) -> None:
    seen: list[str] = []
    source = watch.Watch()
    for event in source.stream(core.list_namespaced_config_map, "default"):
        seen.append(event["object"].metadata.name)
        if len(seen) == 1:
            dev_cluster.drop_watches()
            core.create_namespaced_config_map("default", config_map("later"))
        else:
            source.stop()
    assert seen == ["kube-root-ca.crt", "later"]


def test_the_network_is_cut_and_comes_back(
    dev_cluster: ThrowawayCluster, core: Any
) -> None:
    trusted = ssl.create_default_context(cafile=str(dev_cluster.ca_path))

    def ask() -> bytes:
        with urllib.request.urlopen(f"{dev_cluster.url}/readyz", context=trusted, timeout=5) as answer:  # noqa: S310  # fmt: skip
            body: bytes = answer.read()
            return body

    assert ask() == b"ok"
    dev_cluster.cut_network()
    with pytest.raises((urllib.error.URLError, OSError)):
        ask()
    dev_cluster.heal()
    assert ask() == b"ok"


def test_a_slow_cluster_runs_into_the_clients_time_out(
    dev_cluster: ThrowawayCluster, core: Any
) -> None:
    urllib3: Any = importlib.import_module("urllib3")
    dev_cluster.delay(30, plural="configmaps", times=-1)
    with pytest.raises(urllib3.exceptions.HTTPError):
        core.list_namespaced_config_map("default", _request_timeout=0.1)
    dev_cluster.heal()
    assert names(core)


def test_logs_can_be_written(dev_cluster: ThrowawayCluster, core: Any) -> None:
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}  # fmt: skip
    core.create_namespaced_pod("default", pod)
    dev_cluster.append_log("default", "p", "c", "one\ntwo")
    assert core.read_namespaced_pod_log("p", "default", tail_lines=1) == "two\n"


async def test_it_works_beside_an_event_loop(
    make_dev_cluster: Callable[..., ThrowawayCluster],
) -> None:
    kr8s: Any = importlib.import_module("kr8s.asyncio")
    cluster = make_dev_cluster(limits=Limits(bookmark_seconds=0.2))
    api = await kr8s.api(kubeconfig=str(cluster.kubeconfig_path))
    found = [each.name async for each in api.get("namespaces")]
    assert "default" in found
    await api._session.aclose()  # kr8s keeps its connections to itself


class PlainUnittest(unittest.TestCase):
    """Without pytest's fixtures."""

    def test_with_a_block(self) -> None:
        with throwaway_cluster() as cluster:
            assert "kube-root-ca.crt" in names(core_of(cluster))
